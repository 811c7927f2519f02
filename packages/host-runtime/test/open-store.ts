/** Real storage: an empty file, or an empty schema on a server that all tests of this package share. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgres } from '@reborn/adapter-postgres';
import { sqlite } from '@reborn/adapter-sqlite';
import { createInMemoryStore, type Clock, type DurableStore, type StoredMachine, type Timers } from '@reborn/host-api';
import { inject, onTestFinished } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
  }
}

export const BACKENDS = ['memory', 'SQLite', 'PostgreSQL'] as const;
export type Backend = (typeof BACKENDS)[number];

/** The store has timers of its own: what it does meanwhile is not the test's to move. */
const timers: Timers = {
  schedule: (delayMs, callback) => {
    const pending = setTimeout(callback, delayMs);
    return () => clearTimeout(pending);
  },
};

let schemas = 0;

/** Whoever opens it closes it. */
export async function openStore(
  backend: Backend,
  machines: readonly StoredMachine[],
  clock: Clock,
): Promise<DurableStore> {
  const opening = { machines, clock, timers };
  switch (backend) {
    case 'memory':
      return createInMemoryStore(opening);
    case 'SQLite': {
      const folder = await mkdtemp(join(tmpdir(), 'reborn-door-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      return sqlite(join(folder, 'agent.db')).open(opening);
    }
    case 'PostgreSQL':
      schemas += 1;
      return postgres(inject('postgresUrl'), { schema: `door_${process.pid}_${schemas}`, time: 'host' }).open(opening);
  }
}
