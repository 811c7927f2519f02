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
  parseWith,
  toCanonicalJson,
  utf8Bytes,
  type CapabilityDescriptor,
  type DigestPort,
  type JsonValue,
  type PackageIdentity,
} from '@reborn/host-api';
import { boundText } from '../bound-text.ts';
import { HostRuntimeError } from '../errors.ts';
import { deepFreeze, ownJson } from '../invoke/own-json.ts';
import { CHECK_TEXT_BYTES_MAX, INPUT_BYTES_MAX } from '../limits.ts';
import type { CapabilityHandler, HandlerCall, HandlerOutcome, InputCheck } from './handler.ts';

/** `broken`: the capability could not check the input, or would not know its own answer again. */
export type AdoptedCheck = InputCheck | { readonly kind: 'broken' };

export interface AdoptedHandler {
  readonly descriptor: CapabilityDescriptor;
  readonly provider: PackageIdentity;
  /** Never throws. A valid input is a frozen copy that is valid again, and the same. */
  check(input: JsonValue): AdoptedCheck;
  run(call: HandlerCall): Promise<HandlerOutcome>;
}

/** Errors: `host-runtime/invalid_composition` naming the part of the handler that is wrong. */
export function adoptHandler(handler: CapabilityHandler, digest: DigestPort): AdoptedHandler {
  const { descriptor, provider } = parseParts(handler);
  return Object.freeze({
    descriptor,
    provider,
    check: (input: JsonValue) => check(handler, input, digest),
    run: (call: HandlerCall) => handler.run(call),
  });
}

function parseParts(handler: CapabilityHandler): Pick<AdoptedHandler, 'descriptor' | 'provider'> {
  try {
    const descriptor = parseCapabilityDescriptor(structuredClone(handler.descriptor));
    const provider = parseWith(packageIdentitySchema, handler.provider, 'provider');
    return deepFreeze({ descriptor, provider });
  } catch (error) {
    const detail = isFault(error) ? error.detail : { field: 'capabilities', rule: 'must be plain data' };
    throw new HostRuntimeError('host-runtime/invalid_composition', { detail });
  }
}

function check(handler: CapabilityHandler, input: JsonValue, digest: DigestPort): AdoptedCheck {
  try {
    const first = checkOnce(handler, input);
    if (first.kind === 'invalid') return first;
    const again = checkOnce(handler, first.input);
    const stable = again.kind === 'valid' && digestOf(again.input, digest) === digestOf(first.input, digest);
    return stable ? first : { kind: 'broken' };
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    return { kind: 'broken' };
  }
}

function checkOnce(handler: CapabilityHandler, input: JsonValue): InputCheck {
  const answer = handler.checkInput(input);
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
