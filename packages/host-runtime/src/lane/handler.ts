/**
 * How the door reaches what does the work: a handler in this process.
 *
 * Not here: whether a call is made at all (`../invoke/`), how tools are written (`define-tool.ts`).
 */
import type { CapabilityDescriptor, InvocationId, JsonValue, PackageIdentity, ResourceScope } from '@reborn/host-api';

/** `signal` aborts at the deadline and when the call is cancelled: stop, and say what happened. */
export interface HandlerCall {
  readonly input: JsonValue;
  readonly scope: ResourceScope;
  readonly invocationId: InvocationId;
  readonly signal: AbortSignal;
}

/** `code`: a closed token of the capability. `message`: for people and models, without paths of the host or secrets. */
export type HandlerOutcome =
  | { readonly kind: 'completed'; readonly output: JsonValue }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly message: string;
      readonly effect: 'none' | 'happened' | 'uncertain';
    };

export type InputCheck =
  | { readonly kind: 'valid'; readonly input: JsonValue }
  | { readonly kind: 'invalid'; readonly field: string; readonly rule: string };

/** A rejection of `run` is a failure whose effect nobody knows, unless the capability only reads. */
export interface CapabilityHandler {
  readonly descriptor: CapabilityDescriptor;
  /** Who provides it, and from where; the host's trust policy decides what that is worth. */
  readonly provider: PackageIdentity;
  /**
   * Pure. The valid input is what is judged, shown to approvers and executed; it is valid again and stays as it is, or
   * the call fails before anything happens.
   */
  checkInput(input: JsonValue): InputCheck;
  run(call: HandlerCall): Promise<HandlerOutcome>;
}
