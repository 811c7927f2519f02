/**
 * A capability of a package as the door takes it: a program of the package, started for each call, and only as long as the
 * package is what it was when it was judged.
 *
 * Not here: starting it and talking to it (the process lane of `@reborn/host-runtime`), whether a call is made at all (the
 * door).
 */
import type { Diagnostics, DigestPort, PackageIdentity } from '@reborn/host-api';
import {
  createProcessCapability,
  type CapabilityHandler,
  type HandlerCall,
  type HandlerOutcome,
  type ProcessCapabilityOptions,
} from '@reborn/host-runtime';
import type { ExtensionSource } from './extension-source.ts';
import { readPackageTree } from './package-tree.ts';
import { Quarantined } from './quarantine.ts';
import type { PackageCapability } from './read-package.ts';

/** Where a program in a sandbox finds its package. */
const MOUNTED_AT = '/extension';

const CHANGED: HandlerOutcome = Object.freeze({
  kind: 'failed',
  code: 'package_changed',
  message: 'The files of the extension are not those that the host loaded. Its operator has to look at it.',
  effect: 'none',
});
const UNLIKE_SCHEMA: HandlerOutcome = Object.freeze({
  kind: 'failed',
  code: 'invalid_output',
  message: 'What the program gave back does not have the form that its package declares, and is withheld.',
  effect: 'happened',
});

/** `sandboxOnly`: nothing runs without a sandbox. `diagnostics` hears why a program failed. */
export interface PackageHandlerParts {
  readonly source: ExtensionSource;
  readonly identity: PackageIdentity;
  readonly digest: DigestPort;
  readonly sandboxOnly: boolean;
  readonly diagnostics?: Diagnostics;
}

/** `prompt`: what a model should know to use it; the catalog publishes it. */
export interface PackageHandler extends CapabilityHandler {
  readonly prompt: string;
}

/** Errors: `host-runtime/invalid_composition`. */
export function toPackageHandler(capability: PackageCapability, parts: PackageHandlerParts): PackageHandler {
  const { source, identity, diagnostics } = parts;
  const { descriptor, checkInput, prompt } = capability;
  const [program, ...args] = capability.run.command;
  const sandbox = confinementOf(capability, parts);
  const handler = createProcessCapability({
    descriptor,
    provider: identity,
    checkInput,
    processes: source.processes,
    command: program === 'node' ? source.node : `./${program}`,
    args,
    workingFolder: source.folder,
    ...(sandbox === undefined ? {} : { sandbox }),
    ...(diagnostics === undefined ? {} : { diagnostics }),
  });
  return Object.freeze({ ...handler, prompt, run: (call: HandlerCall) => run(handler, capability, parts, call) });
}

/** A sandbox has no network: what needs one runs outside, where that is permitted. */
function confinementOf(
  { descriptor, run }: PackageCapability,
  { source, sandboxOnly }: PackageHandlerParts,
): ProcessCapabilityOptions['sandbox'] {
  const required = sandboxOnly || run.sandbox === 'required';
  if (!required && descriptor.effects.includes('network')) return undefined;
  return { required, mounts: [{ path: source.folder, at: MOUNTED_AT, access: 'read' }] };
}

async function run(
  handler: CapabilityHandler,
  { checkOutput }: PackageCapability,
  parts: PackageHandlerParts,
  call: HandlerCall,
): Promise<HandlerOutcome> {
  if (!(await isUnchanged(parts))) return CHANGED;
  const outcome = await handler.run(call);
  if (outcome.kind !== 'completed' || checkOutput?.(outcome.output).kind !== 'invalid') return outcome;
  return UNLIKE_SCHEMA;
}

/** Reads the package again: neither times nor sizes say what a program is. */
async function isUnchanged({ source, identity, digest }: PackageHandlerParts): Promise<boolean> {
  try {
    return (await readPackageTree(source, digest)).digest === identity.digest;
  } catch (error) {
    if (error instanceof Quarantined) return false;
    throw error;
  }
}
