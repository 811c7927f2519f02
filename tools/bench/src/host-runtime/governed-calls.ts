/** Reborn's own sides: calls through the door, one caller or many, over SQLite. */
import { idempotencyMachine, type CapabilityGrant, type DurableStore } from '@reborn/host-api';
import type { HostRuntime, InvokeRequest } from '@reborn/host-runtime';
import { repeat, type Side } from '../measure/block.ts';
import { crowd } from '../measure/crowd.ts';
import { openBare } from '../measure/sqlite.ts';
import { Supply } from '../measure/supply.ts';
import { openDoor, openDoorStore } from './door.ts';

/** Calls that are made ready for each caller and millisecond; more than any machine gets through. */
const PER_MS = 8;
const PER_MS_AT_ONCE = 20;

/** Opens a store and a door of its own. */
export async function governedCalls(
  name: string,
  file: string,
  callers: number,
  make: () => InvokeRequest,
): Promise<Side> {
  const store = await openDoorStore(file);
  const door = openDoor(store);
  const supply = new Supply(make);
  let made = 0;
  const call = (): Promise<void> => {
    made += 1;
    return complete(door.runtime, supply.next());
  };
  return {
    name,
    prepare: (minMs) => supply.prepare(minMs * (callers === 1 ? PER_MS : PER_MS_AT_ONCE)),
    work: (minMs) => (callers === 1 ? repeat(minMs, call) : crowd(callers, minMs, call)),
    async verify() {
      if (door.executed() !== made) throw new Error(`${name}: ${door.executed()} of ${made} calls were executed`);
      expectSettled(name, file, made);
    },
    close: () => store.close(),
  };
}

/** Errors: a call that did not complete. */
export async function complete(runtime: HostRuntime, request: InvokeRequest): Promise<void> {
  const outcome = await runtime.invokeCapability(request);
  if (outcome.kind !== 'completed') throw new Error(`A call came to ${outcome.kind}`);
}

/** Calls as they are, without counting anything. */
export function callsThrough(
  name: string,
  store: DurableStore,
  make: () => InvokeRequest,
  grants?: readonly CapabilityGrant[],
): Side {
  const { runtime } = openDoor(store, grants);
  const supply = new Supply(make);
  return {
    name,
    prepare: (minMs) => supply.prepare(minMs * PER_MS),
    work: (minMs) => repeat(minMs, () => complete(runtime, supply.next())),
  };
}

/** Errors: effects whose result is not in the file. */
function expectSettled(name: string, file: string, made: number): void {
  const database = openBare(file);
  const count = database
    .prepare<[string], { count: number }>(
      `SELECT count(*) AS count FROM record WHERE machine = ? AND status = 'settled'`,
    )
    .get(idempotencyMachine.name)?.count;
  database.close();
  if (count !== made) throw new Error(`${name}: ${String(count)} of ${made} results are there`);
}
