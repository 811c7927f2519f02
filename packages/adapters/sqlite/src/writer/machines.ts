/**
 * Finding machines again in the thread of the writer: functions cannot be sent there, so their modules are loaded.
 *
 * Not here: what a machine is (`state-machine.ts` of `@reborn/host-api`).
 */
import { indexMachines, type MachineIndex, type StoredMachine } from '@reborn/host-api';
import { unsuitable } from '../errors.ts';
import type { MachineAddress } from './protocol.ts';

/** Errors: `host-api/store_unsuitable` naming the machine. The loader's own errors name paths and are not passed on. */
export async function loadMachines(addresses: readonly MachineAddress[]): Promise<MachineIndex> {
  return indexMachines(await Promise.all(addresses.map(loadMachine)));
}

async function loadMachine({ name, module }: MachineAddress): Promise<StoredMachine> {
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = (await import(module)) as Readonly<Record<string, unknown>>;
  } catch {
    throw unsuitable({ machine: name, rule: 'its module must load in a thread of its own' });
  }
  const found = Object.values(exported).find((value): value is StoredMachine => isMachine(value, name));
  if (found === undefined) throw unsuitable({ machine: name, rule: 'its module must export it' });
  return found;
}

function isMachine(value: unknown, name: string): value is StoredMachine {
  if (typeof value !== 'object' || value === null || !('name' in value) || !('run' in value)) return false;
  return value.name === name && typeof value.run === 'function';
}
