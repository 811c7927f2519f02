/**
 * How the door reaches what does the work, whatever lane it runs in: the port of every lane.
 *
 * Not here: whether a call is made at all (`../invoke/`), how tools are written (`define-tool.ts`).
 */
import type {
  CapabilityDescriptor,
  CorrelationId,
  HttpEgress,
  InvocationId,
  JsonValue,
  MountView,
  PackageIdentity,
  ResourceAmounts,
  ResourceScope,
  SecretHandle,
} from '@reborn/host-api';
import type { StagedSecrets } from '../secret/staged-secrets.ts';

/** Where work is done. Closed: a new lane is a new word here, and everybody who decides by it has to say what it means. */
export type LaneKind = 'in_process' | 'process';

/** Whether a lane is there, and what it holds its programs with. `detail` is for people. */
export interface LaneState {
  readonly ready: boolean;
  readonly detail: string;
}

/** Finds out about lanes other than `in_process`. */
export type LaneProbe = (lane: LaneKind) => Promise<LaneState>;

/** What one use of a capability took, as far as only the capability knows; the host measures time and bytes itself. */
export type ReportedUsage = Pick<ResourceAmounts, 'usd' | 'inputTokens' | 'outputTokens'>;

/**
 * `signal` aborts at the deadline and when the call is cancelled: stop, and say what happened. `http` is there for
 * capabilities that declare `network`, `secrets` for those that declare `use_secret`; both are for this call alone.
 */
export interface HandlerCall {
  readonly input: JsonValue;
  readonly scope: ResourceScope;
  readonly invocationId: InvocationId;
  readonly correlationId: CorrelationId;
  readonly signal: AbortSignal;
  /** What the grant leaves of the folders that the host mounted for the capability; absent, all of them. */
  readonly mounts?: MountView;
  readonly http?: HttpEgress;
  readonly secrets?: StagedSecrets;
  /** Text that a background process shows while it runs. Bounded: the host keeps the end. */
  readonly progress?: (text: string) => void;
}

/** `code`: a closed token of the capability. `message`: for people and models, without paths of the host or secrets. */
export type HandlerOutcome =
  | { readonly kind: 'completed'; readonly output: JsonValue; readonly usage?: ReportedUsage }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly message: string;
      readonly effect: 'none' | 'happened' | 'uncertain';
    }
  /** The other side took none of the credentials, and nothing happened. */
  | { readonly kind: 'auth_required'; readonly handles: readonly SecretHandle[] };

export type InputCheck =
  | { readonly kind: 'valid'; readonly input: JsonValue }
  | { readonly kind: 'invalid'; readonly field: string; readonly rule: string };

/** A rejection of `run` is a failure whose effect nobody knows, unless the capability only reads. */
export interface CapabilityHandler {
  readonly descriptor: CapabilityDescriptor;
  /** Who provides it, and from where; the host's trust policy decides what that is worth. */
  readonly provider: PackageIdentity;
  /** Where it runs; absent, in this process. */
  readonly lane?: LaneKind;
  /** Its programs run in a sandbox or not at all. */
  readonly sandboxed?: boolean;
  /** The folders that the host lets it see; a grant may narrow them. */
  readonly mounts?: MountView;
  /**
   * Pure. The valid input is what is judged, shown to approvers and executed; it is valid again and stays as it is, or
   * the call fails before anything happens.
   */
  checkInput(input: JsonValue): InputCheck;
  run(call: HandlerCall): Promise<HandlerOutcome>;
}
