/**
 * The port through which hooks take part in a call. `@reborn/reborn` binds the hook dispatcher to it.
 *
 * Not here: hooks (`@reborn/hooks`), not believing what a policy answers (`ask-policy.ts`, `mutate.ts`).
 * Source: rulings, section 2.
 */
import type {
  CapabilityId,
  Digest,
  EffectKind,
  ExecutionContext,
  ExtensionId,
  GateId,
  GateKind,
  JsonValue,
  ProcessId,
  Verdict,
  Write,
} from '@reborn/host-api';
import type { LogRecord } from '@reborn/events';
import type { Effect, FailureKind } from '../failure.ts';

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

/**
 * What mutators made of an input: the whole input after each that changed it, in order. `verdicts`: of mutators that had
 * to say something and could not; they count as those of a judgement.
 */
export interface Mutation extends Judgement {
  readonly steps: readonly { readonly by: string; readonly input: JsonValue }[];
}

/** How an executed call ended. */
export type CallEnd =
  | { readonly kind: 'completed'; readonly outputBytes: number }
  | { readonly kind: 'failed'; readonly failureKind: FailureKind; readonly effect: Effect };

/** What joins the unit of the result. */
export type Settlement = Pick<Judgement, 'records' | 'writes'>;

/** Something that is durable already. */
export type PolicyFact =
  | { readonly kind: 'gate_opened' | 'gate_resolved'; readonly gateId: GateId; readonly gateKind: GateKind }
  | { readonly kind: 'process_started' | 'process_ended'; readonly processId: ProcessId };

/**
 * A method that is not there has nothing to say. None rejects for a hook's fault: that is a verdict, or nothing.
 * `settle` and `observe` are synchronous and change nothing of what happened; what they throw is reported and dropped.
 */
export interface CallPolicy {
  /** Of everything that mutations and judgements depend on; an approval is void when it changes. */
  digest(): Digest;
  mutate?(call: JudgedCall): Promise<Mutation>;
  judge(call: JudgedCall): Promise<Judgement>;
  settle?(call: JudgedCall, end: CallEnd): Settlement;
  observe?(context: ExecutionContext, capabilityId: CapabilityId, fact: PolicyFact): void;
}
