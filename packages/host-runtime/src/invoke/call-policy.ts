/**
 * The port through which hooks judge a call. `@reborn/reborn` binds the hook dispatcher to it.
 *
 * Not here: hooks (`@reborn/hooks`).
 * Source: rulings, section 2.
 */
import type {
  CapabilityId,
  Digest,
  EffectKind,
  ExecutionContext,
  ExtensionId,
  JsonValue,
  Verdict,
  Write,
} from '@reborn/host-api';
import type { LogRecord } from '@reborn/events';

/** A call as it will be executed. `input` is a deep-frozen copy. */
export interface JudgedCall {
  readonly context: ExecutionContext;
  readonly capabilityId: CapabilityId;
  readonly provider: ExtensionId;
  readonly effects: readonly EffectKind[];
  readonly input: JsonValue;
  readonly inputDigest: Digest;
  readonly signal: AbortSignal;
}

/**
 * What the policy says. `records` and `writes` join the call's first durable unit. A policy restricts: an `allow` among
 * the verdicts only abstains, and the authoriser alone allows.
 */
export interface Judgement {
  readonly verdicts: readonly Verdict[];
  readonly records: readonly LogRecord[];
  readonly writes: readonly Write[];
}

/** Never rejects for a hook's fault: that is a verdict. */
export interface CallPolicy {
  /** Of everything that the judgement depends on; an approval is void when it changes. */
  digest(): Digest;
  judge(call: JudgedCall): Promise<Judgement>;
}
