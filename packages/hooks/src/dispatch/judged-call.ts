/**
 * What is judged. It has the form of the call that the port `CallPolicy` of `@reborn/host-runtime` hands over.
 *
 * Not here: what a gate sees of it (`GateCall` in `../registry/hook-spec.ts`): no lease, no digest.
 */
import type { CapabilityId, Digest, EffectKind, ExecutionContext, ExtensionId, JsonValue } from '@reborn/host-api';

/** A call to be judged, as it will be executed. */
export interface JudgedCall {
  readonly context: ExecutionContext;
  readonly capabilityId: CapabilityId;
  readonly provider: ExtensionId;
  readonly effects: readonly EffectKind[];
  readonly input: JsonValue;
  readonly inputDigest: Digest;
  readonly signal: AbortSignal;
}
