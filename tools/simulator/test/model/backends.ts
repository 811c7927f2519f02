/**
 * The stores that models and differences are tried on.
 *
 * Not here: what is tried.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgres } from '@reborn/adapter-postgres';
import { sqlite } from '@reborn/adapter-sqlite';
import { createInMemoryStore, type DurableStore, type StoredMachine, type StoreOpening } from '@reborn/host-api';
import { createFakePlatform, wrapCalls } from '@reborn/host-api/testkit';
import { createSimulatedBackend } from '@reborn/simulator';
import { inject, onTestFinished } from 'vitest';
import type { OpenBackend } from './store-model.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
  }
}

export interface Backend {
  readonly name: string;
  /** Opens an empty store. */
  open(opening: StoreOpening): Promise<DurableStore>;
}

export const MEMORY: Backend = { name: 'memory', open: async (opening) => createInMemoryStore(opening) };

/** Whatever comes out crosses a wire: nothing depends on objects being the same. */
const overJson: Backend = {
  name: 'memory behind JSON',
  open: async (opening) =>
    wrapCalls(createInMemoryStore(opening), async (_on, _args, work) => throughJson(await work())),
};

const simulated: Backend = {
  name: 'the simulated disk',
  open: (opening) => createSimulatedBackend('models').open(opening),
};

const onSqlite: Backend = {
  name: 'SQLite',
  open: (opening) => {
    const folder = mkdtempSync(join(tmpdir(), 'reborn-model-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    return sqlite(join(folder, 'agent.db')).open(opening);
  },
};

let schemas = 0;

const onPostgres: Backend = {
  name: 'PostgreSQL',
  open: (opening) => {
    schemas += 1;
    const schema = `model_${process.pid}_${schemas}`;
    return postgres(inject('postgresUrl'), { schema, time: 'host' }).open(opening);
  },
};

export const BACKENDS: readonly Backend[] = [MEMORY, overJson, simulated, onSqlite, onPostgres];

/** Opens one with a clock that only the test moves, and closes it when the test is over. */
export async function openBackend(backend: Backend, machines: readonly StoredMachine[]): Promise<OpenBackend> {
  let nowMs = 1_000_000;
  const store = await backend.open({ machines, clock: { nowMs: () => nowMs }, timers: createFakePlatform().timers });
  onTestFinished(() => store.close());
  return { store, nowMs: () => nowMs, advance: (ms) => void (nowMs += ms) };
}

function throughJson<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}
