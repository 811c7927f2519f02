/** Worlds on real storage: an empty file, or an empty schema on a server that all tests of this package share. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgres } from '@reborn/adapter-postgres';
import { sqlite } from '@reborn/adapter-sqlite';
import type { DurableStore, StoreOpening } from '@reborn/host-api';
import { createFakePlatform } from '@reborn/host-api/testkit';
import { inject, onTestFinished } from 'vitest';
import { createWorld, DOOR_MACHINES, type World } from './support.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
  }
}

export const BACKENDS = ['memory', 'SQLite', 'PostgreSQL'] as const;
export type Backend = (typeof BACKENDS)[number];

/** The store has timers of its own: what it does meanwhile is not the test's to move. */
const timers: StoreOpening['timers'] = {
  schedule: (delayMs, callback) => {
    const pending = setTimeout(callback, delayMs);
    return () => clearTimeout(pending);
  },
};

let schemas = 0;

export async function createWorldOn(backend: Backend): Promise<World> {
  const platform = createFakePlatform();
  if (backend === 'memory') return createWorld(platform);
  const store = await openStore(backend, { machines: DOOR_MACHINES, clock: platform.clock, timers });
  onTestFinished(() => store.close());
  return createWorld(platform, store);
}

async function openStore(backend: Exclude<Backend, 'memory'>, opening: StoreOpening): Promise<DurableStore> {
  if (backend === 'PostgreSQL') {
    schemas += 1;
    return postgres(inject('postgresUrl'), { schema: `door_${process.pid}_${schemas}`, time: 'host' }).open(opening);
  }
  const folder = await mkdtemp(join(tmpdir(), 'reborn-door-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return sqlite(join(folder, 'agent.db')).open(opening);
}
