import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  consumerContract,
  eventLogContract,
  eventStreamContract,
  projectionContract,
  retentionContract,
} from '@reborn/events/testkit';
import { createFakePlatform } from '@reborn/host-api/testkit';
import type { StoredMachine } from '@reborn/host-api';
import { turnStoreContract } from '@reborn/turns/testkit';
import { afterEach, describe, test } from 'vitest';
import { sqlite } from '../src/index.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A store on a file of its own, and the same file again. The timers of the platform are those of the room alone. */
function harness() {
  const folder = mkdtempSync(join(tmpdir(), 'reborn-rooms-'));
  folders.push(folder);
  const platform = createFakePlatform();
  const { timers } = createFakePlatform();
  const open = (machines: readonly StoredMachine[]) =>
    sqlite(join(folder, 'agent.db')).open({ machines, clock: platform.clock, timers });
  return { platform, open, reopen: open };
}

describe.each([
  ['The log on SQLite', eventLogContract],
  ['A durable follower on SQLite', consumerContract],
  ['Retention on SQLite', retentionContract],
  ['A projection of runs on SQLite', projectionContract],
  ['An event stream on SQLite', eventStreamContract],
  ['Turns on SQLite', turnStoreContract],
] as const)('%s', (_, contract) => {
  for (const { name, run } of contract) test(name, () => run(harness()));
});
