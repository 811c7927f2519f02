/**
 * Names of capabilities as function names of the OpenAI form, and back: `builtin.read_file` is `builtin__read_file`.
 *
 * Not here: which capabilities a model may see (the request).
 */
import type { CapabilityId } from '@reborn/host-api';
import { FUNCTION_NAME_LENGTH_MAX } from './limits.ts';

/** One request's table. Names that would be the same get a number, by order of their capability ids. */
export interface FunctionNames {
  /** Also for capabilities that are not offered any more but stand in the conversation. */
  nameOf(capabilityId: CapabilityId): string;
  /** Nothing for a name that is not offered. */
  capabilityOf(name: string): CapabilityId | undefined;
}

/** Invariant: the name of an offered capability does not depend on what stands in the conversation. */
export function createFunctionNames(
  offered: readonly CapabilityId[],
  mentioned: readonly CapabilityId[],
): FunctionNames {
  const names = new Map<CapabilityId, string>();
  const capabilities = new Map<string, CapabilityId>();
  const taken = new Set<string>();
  const add = (capabilityId: CapabilityId): string => {
    const name = freeName(capabilityId, taken);
    taken.add(name);
    names.set(capabilityId, name);
    return name;
  };
  for (const capabilityId of inOrder(offered)) capabilities.set(add(capabilityId), capabilityId);
  for (const capabilityId of inOrder(mentioned)) if (!names.has(capabilityId)) add(capabilityId);
  return {
    nameOf: (capabilityId) => names.get(capabilityId) ?? freeName(capabilityId, new Set()),
    capabilityOf: (name) => capabilities.get(name),
  };
}

function inOrder(capabilityIds: readonly CapabilityId[]): readonly CapabilityId[] {
  return [...new Set(capabilityIds)].sort((a, b) => (a < b ? -1 : 1));
}

function freeName(capabilityId: CapabilityId, taken: ReadonlySet<string>): string {
  const plain = capabilityId.replaceAll('.', '__').replaceAll(/[^A-Za-z0-9_-]/g, '_');
  let name = plain.slice(0, FUNCTION_NAME_LENGTH_MAX);
  for (let number = 2; taken.has(name); number += 1) {
    const suffix = `-${number}`;
    name = plain.slice(0, FUNCTION_NAME_LENGTH_MAX - suffix.length) + suffix;
  }
  return name;
}
