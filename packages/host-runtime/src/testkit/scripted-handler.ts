/**
 * A capability by script, of any lane, which counts what really happened and tells what it was given for it.
 *
 * Not here: tools as people write them (`defineTool`), programs (`createFakeProcesses` of `@reborn/host-api/testkit`).
 */
import type { CapabilityDescriptor, JsonValue, MountView, PackageIdentity, SecretHandle } from '@reborn/host-api';
import { buildDescriptor } from '@reborn/host-api/testkit';
import type { CapabilityHandler, HandlerCall, HandlerOutcome, InputCheck } from '../lane/handler.ts';
import type { SecretValue } from '../secret/secret-value.ts';

/** What one call does: an outcome, or a function that may do anything. It may also return what no handler should. */
export type ScriptedRun = HandlerOutcome | ((call: HandlerCall) => unknown);

/** `checkInput` defaults to taking everything. */
export interface ScriptedHandlerOptions extends Pick<CapabilityHandler, 'lane' | 'mounts'> {
  readonly descriptor?: Parameters<typeof buildDescriptor>[0];
  readonly source?: PackageIdentity['source'];
  readonly checkInput?: (input: JsonValue) => InputCheck;
  readonly runs?: readonly ScriptedRun[];
  /** What calls beyond the script do. Without it they fail without effect. */
  readonly otherwise?: ScriptedRun;
}

/** What one call was given for the way. `secrets`: those that it asked for, without their values. */
export interface RecordedEquipment {
  readonly mounts: MountView | undefined;
  readonly http: boolean;
  readonly progress: boolean;
  readonly secrets: readonly { readonly handle: SecretHandle; readonly given: boolean }[];
}

export interface ScriptedHandler extends CapabilityHandler {
  readonly descriptor: CapabilityDescriptor;
  /** The inputs of all calls, copied as they came. */
  readonly inputs: readonly JsonValue[];
  /** As they were handed over: what is lent in them is worth nothing when the call is over. */
  readonly calls: readonly HandlerCall[];
  /** Order: as `calls`. */
  readonly equipment: readonly RecordedEquipment[];
  readonly unused: number;
}

/** `notes.write`, unless the options name another. */
export function scriptedHandler(options: ScriptedHandlerOptions = {}): ScriptedHandler {
  const { lane, mounts } = options;
  const descriptor = buildDescriptor(options.descriptor ?? {});
  const left = [...(options.runs ?? [])];
  const inputs: JsonValue[] = [];
  const calls: HandlerCall[] = [];
  const equipment: RecordedEquipment[] = [];
  return {
    descriptor,
    provider: { packageId: descriptor.provider, source: options.source ?? 'composed' },
    ...(lane === undefined ? {} : { lane }),
    ...(mounts === undefined ? {} : { mounts }),
    checkInput: options.checkInput ?? ((input) => ({ kind: 'valid', input })),
    inputs,
    calls,
    equipment,
    get unused() {
      return left.length;
    },
    run: async (call) => {
      const { recorded, watched } = watch(call);
      inputs.push(structuredClone(call.input));
      calls.push(call);
      equipment.push(recorded);
      const next = left.shift() ?? options.otherwise ?? UNSCRIPTED;
      return (await (typeof next === 'function' ? next(watched) : next)) as HandlerOutcome;
    },
  };
}

const UNSCRIPTED: HandlerOutcome = {
  kind: 'failed',
  code: 'unscripted',
  message: 'The script is over.',
  effect: 'none',
};

/** The call, and what of its equipment is remembered. */
function watch(call: HandlerCall): { readonly recorded: RecordedEquipment; readonly watched: HandlerCall } {
  const taken: { handle: SecretHandle; given: boolean }[] = [];
  const { mounts, http, progress, secrets } = call;
  const recorded: RecordedEquipment = {
    mounts: structuredClone(mounts),
    http: http !== undefined,
    progress: progress !== undefined,
    secrets: taken,
  };
  if (secrets === undefined) return { recorded, watched: call };
  const take = (handle: SecretHandle): SecretValue | undefined => {
    const value = secrets.take(handle);
    taken.push({ handle, given: value !== undefined });
    return value;
  };
  return { recorded, watched: Object.freeze({ ...call, secrets: Object.freeze({ take }) }) };
}
