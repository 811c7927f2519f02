/**
 * A capability by script, which counts what really happened.
 *
 * Not here: tools as people write them (`defineTool`).
 */
import type { CapabilityDescriptor, JsonValue, PackageIdentity } from '@reborn/host-api';
import { buildDescriptor } from '@reborn/host-api/testkit';
import type { CapabilityHandler, HandlerCall, HandlerOutcome, InputCheck } from '../lane/handler.ts';

/** What one call does: an outcome, or a function that may do anything. It may also return what no handler should. */
export type ScriptedRun = HandlerOutcome | ((call: HandlerCall) => unknown);

/** `checkInput` defaults to taking everything. */
export interface ScriptedHandlerOptions {
  readonly descriptor?: Parameters<typeof buildDescriptor>[0];
  readonly source?: PackageIdentity['source'];
  readonly checkInput?: (input: JsonValue) => InputCheck;
  readonly runs?: readonly ScriptedRun[];
  /** What calls beyond the script do. Without it they fail without effect. */
  readonly otherwise?: ScriptedRun;
}

export interface ScriptedHandler extends CapabilityHandler {
  readonly descriptor: CapabilityDescriptor;
  /** The inputs of all calls, copied as they came. */
  readonly inputs: readonly JsonValue[];
  readonly calls: readonly HandlerCall[];
  readonly unused: number;
}

/** `notes.write`, unless the options name another. */
export function scriptedHandler(options: ScriptedHandlerOptions = {}): ScriptedHandler {
  const descriptor = buildDescriptor(options.descriptor ?? {});
  const left = [...(options.runs ?? [])];
  const inputs: JsonValue[] = [];
  const calls: HandlerCall[] = [];
  const unscripted: HandlerOutcome = {
    kind: 'failed',
    code: 'unscripted',
    message: 'The script is over.',
    effect: 'none',
  };
  return {
    descriptor,
    provider: { packageId: descriptor.provider, source: options.source ?? 'composed' },
    checkInput: options.checkInput ?? ((input) => ({ kind: 'valid', input })),
    inputs,
    calls,
    get unused() {
      return left.length;
    },
    run: async (call) => {
      inputs.push(structuredClone(call.input));
      calls.push(call);
      const next = left.shift() ?? options.otherwise ?? unscripted;
      return (await (typeof next === 'function' ? next(call) : next)) as HandlerOutcome;
    },
  };
}
