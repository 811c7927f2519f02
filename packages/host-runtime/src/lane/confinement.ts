/**
 * What holds a program: a sandbox, its process group alone, or nothing would be enough and it is not started.
 *
 * Not here: the sandbox (the `Processes` port), which posture wants one (`runtimeProfile` of `@reborn/host-api`).
 * Source: rulings, section 4; specification 2, d and f.2-19.
 */
import {
  toCanonicalJson,
  type MountView,
  type Processes,
  type ProcessSandbox,
  type SandboxMount,
} from '@reborn/host-api';

/**
 * `required`: it runs in a sandbox or not at all; otherwise in one where the machine has one. `mounts`: what the program
 * itself needs to see, whoever calls it.
 */
export interface Confinement {
  readonly required: boolean;
  readonly mounts: readonly SandboxMount[];
}

/** `composed`: what the host lets the capability see. `granted`: what the grant of this call leaves of it; absent, all. */
interface ReachOfCall {
  readonly composed: MountView | undefined;
  readonly granted: MountView | undefined;
}

/** `refused`: nothing but a sandbox could hold it to its mounts, and there is none. */
export type Hold =
  | { readonly kind: 'bare' }
  | { readonly kind: 'sandboxed'; readonly sandbox: ProcessSandbox }
  | { readonly kind: 'refused' };

/** Without a confinement it never runs in a sandbox. */
export async function confine(
  processes: Processes,
  confinement: Confinement | undefined,
  { composed, granted }: ReachOfCall,
): Promise<Hold> {
  const offered = confinement !== undefined && (await processes.sandbox()).available;
  if (offered) {
    const shown = toSandboxMounts(granted ?? composed ?? { mounts: [] });
    return { kind: 'sandboxed', sandbox: { mounts: [...confinement.mounts, ...shown] } };
  }
  const narrowed = granted !== undefined && !isSame(granted, composed);
  return confinement?.required === true || narrowed ? { kind: 'refused' } : { kind: 'bare' };
}

/**
 * A sandbox knows less than a mount: what may not be both read and listed is hidden, and only what may be both written and
 * deleted in can be written. A program that may be read can be run.
 */
function toSandboxMounts({ mounts }: MountView): readonly SandboxMount[] {
  return mounts.map(({ alias, target, permissions }) => ({ path: target, at: alias, access: accessOf(permissions) }));
}

function accessOf(permissions: MountView['mounts'][number]['permissions']): SandboxMount['access'] {
  if (!permissions.read || !permissions.list) return 'none';
  return permissions.write && permissions.delete ? 'write' : 'read';
}

function isSame(left: MountView, right: MountView | undefined): boolean {
  return right !== undefined && toCanonicalJson(left) === toCanonicalJson(right);
}
