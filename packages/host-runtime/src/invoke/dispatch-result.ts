/**
 * What an execution came to, as the door takes it: bounded, redacted, and with what is known of the effect.
 *
 * Not here: executing (`dispatch.ts`), writing it down (`settle.ts`).
 */
import type { JsonValue, SecretHandle } from '@reborn/host-api';
import type { SecurityCode } from '@reborn/events';
import type { Effect, FailureKind } from '../failure.ts';
import type { ReportedUsage } from '../lane/handler.ts';

/** `code`: the capability's own token, for the journal. `boundary`: what the host found in the output. */
export type DispatchResult =
  | {
      readonly kind: 'completed';
      readonly output: JsonValue;
      readonly outputBytes: number;
      readonly usage?: ReportedUsage;
      readonly boundary?: SecurityCode;
    }
  | {
      readonly kind: 'failed';
      readonly failureKind: FailureKind;
      readonly effect: Effect;
      readonly code: string;
      readonly message: string;
      readonly boundary?: SecurityCode;
    }
  /** Nothing happened: the other side took none of the credentials. */
  | { readonly kind: 'auth_required'; readonly handles: readonly SecretHandle[] };
