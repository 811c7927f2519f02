import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Plan } from '../src/measure/alternate.ts';
import { writeResult } from '../src/measure/report.ts';
import { resultSchema } from '../src/measure/row.ts';
import { runArea } from '../src/run-area.ts';

const plan: Plan = { mode: 'quick', warmups: 0, rounds: 2, blockMs: 5 };
const quiet = (): void => undefined;

describe('A quick run', () => {
  test.each([
    ['P2', ['P2', 'P2.control', 'P2.syncs', 'P15.p2']],
    ['P10', ['P10.raw', 'P10.envelope', 'P10.parsed', 'P10.control']],
  ])('of %s measures its rows without a verdict, and writes them in the form that is agreed on', async (group, ids) => {
    const folder = await mkdtemp(join(tmpdir(), 'reborn-bench-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const result = await runArea('events', { plan, only: [group], say: quiet });
    const file = await writeResult(result, folder);
    expect(resultSchema.parse(JSON.parse(await readFile(file, 'utf8')))).toEqual(result);
    const ours = result.rows.filter((row) => !row.id.includes('.emmett'));
    expect(ours.map((row) => row.id)).toEqual(ids);
    expect(ours.filter((row) => row.met !== null)).toEqual([]);
    expect(ours.filter((row) => row.note.endsWith('it failed'))).toEqual([]);
    expect(Object.keys(result.versions)).toEqual(['node', 'v8', 'better-sqlite3', 'pg', 'zod', 'lockfile']);
  });

  test('of something that there is not is an error', async () => {
    await expect(runArea('events', { plan, only: ['P99'], say: quiet })).rejects.toThrow(
      'There is nothing to measure: events P99',
    );
    await expect(runArea('weather', { plan, only: [], say: quiet })).rejects.toThrow('weather');
  });
});
