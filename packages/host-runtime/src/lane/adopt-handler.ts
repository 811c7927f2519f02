/**
 * A handler as the door uses it. What it declared at composition cannot change afterwards, and its answers about inputs
 * are data of the door's own.
 *
 * Not here: executing it (`../invoke/dispatch.ts`).
 */
import {
  digestOf,
  InvariantError,
  isFault,
  packageIdentitySchema,
  parseCapabilityDescriptor,
  parseMountView,
  parseWith,
  toCanonicalJson,
  utf8Bytes,
  type CapabilityDescriptor,
  type Digest,
  type DigestPort,
  type JsonValue,
  type MountView,
  type PackageIdentity,
} from '@reborn/host-api';
import { z } from 'zod';
import { boundText } from '../bound-text.ts';
import { HostRuntimeError } from '../errors.ts';
import { dropRejection } from '../invoke/drop-rejection.ts';
import { deepFreeze, ownJson } from '../invoke/own-json.ts';
import { CHECK_TEXT_BYTES_MAX, INPUT_BYTES_MAX } from '../limits.ts';
import type { CapabilityHandler, HandlerCall, HandlerOutcome, InputCheck, LaneKind } from './handler.ts';

const laneSchema = z.enum(['in_process', 'process'] satisfies readonly LaneKind[]);

/** `broken`: the capability could not check the input, or would not know its own answer again. */
export type AdoptedCheck = InputCheck | { readonly kind: 'broken' };

export interface AdoptedHandler {
  readonly descriptor: CapabilityDescriptor;
  readonly provider: PackageIdentity;
  /** Of the descriptor, the package, the lane with its sandbox, and the mounts: what an approval is bound to. */
  readonly digest: Digest;
  readonly lane: LaneKind;
  readonly mounts: MountView | undefined;
  /** Never throws. A valid input is a frozen copy that is valid again, and the same. */
  check(input: JsonValue): AdoptedCheck;
  run(call: HandlerCall): Promise<HandlerOutcome>;
}

/** Errors: `host-runtime/invalid_composition` naming the part of the handler that is wrong. */
export function adoptHandler(handler: CapabilityHandler, digest: DigestPort): AdoptedHandler {
  const { descriptor, provider, lane, mounts } = parseParts(handler);
  const sandboxed = handler.sandboxed === true;
  return Object.freeze({
    descriptor,
    provider,
    digest: digestOf(
      JSON.parse(JSON.stringify({ descriptor, provider, lane, sandboxed, mounts })) as JsonValue,
      digest,
    ),
    lane,
    mounts,
    check: (input: JsonValue) => check(handler, input),
    run: (call: HandlerCall) => handler.run(call),
  });
}

function parseParts(handler: CapabilityHandler): Pick<AdoptedHandler, 'descriptor' | 'provider' | 'lane' | 'mounts'> {
  try {
    const descriptor = parseCapabilityDescriptor(structuredClone(handler.descriptor));
    const provider = parseWith(packageIdentitySchema, handler.provider, 'provider');
    const lane = parseWith(laneSchema, handler.lane ?? 'in_process', 'lane');
    const mounts = handler.mounts === undefined ? undefined : parseMountView(structuredClone(handler.mounts));
    checkLane(descriptor, lane);
    return deepFreeze({ descriptor, provider, lane, mounts });
  } catch (error) {
    const detail = isFault(error) ? error.detail : { field: 'capabilities', rule: 'must be plain data' };
    throw new HostRuntimeError('host-runtime/invalid_composition', { detail });
  }
}

/** A program runs code, whatever its package says of it: a posture without programs goes by the effects. */
function checkLane({ effects }: CapabilityDescriptor, lane: LaneKind): void {
  if (lane === 'in_process' || effects.includes('execute_code')) return;
  const detail = { field: 'effects', rule: 'must name execute_code: a program runs' };
  throw new HostRuntimeError('host-runtime/invalid_composition', { detail });
}

function check(handler: CapabilityHandler, input: JsonValue): AdoptedCheck {
  try {
    const first = checkOnce(handler, input);
    if (first.kind === 'invalid') return first;
    const again = checkOnce(handler, first.input);
    const stable = again.kind === 'valid' && toCanonicalJson(again.input) === toCanonicalJson(first.input);
    return stable ? first : { kind: 'broken' };
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    return { kind: 'broken' };
  }
}

function checkOnce(handler: CapabilityHandler, input: JsonValue): InputCheck {
  const answer = handler.checkInput(input);
  dropRejection(answer);
  if (answer.kind === 'valid') {
    const own = ownJson(answer.input, 'input');
    const rule = `must be at most ${INPUT_BYTES_MAX} bytes`;
    return utf8Bytes(toCanonicalJson(own)) > INPUT_BYTES_MAX
      ? { kind: 'invalid', field: 'input', rule }
      : { kind: 'valid', input: own };
  }
  const [field, rule] = [answer.field, answer.rule].map((text) => boundText(text, CHECK_TEXT_BYTES_MAX));
  return { kind: 'invalid', field: field ?? 'input', rule: rule ?? 'is not valid' };
}
