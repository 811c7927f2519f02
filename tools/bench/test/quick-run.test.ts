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
    ['events', 'P2', ['P2', 'P2.control', 'P2.syncs', 'P15.p2']],
    ['events', 'P10', ['P10.raw', 'P10.envelope', 'P10.parsed', 'P10.control']],
    ['host-runtime', 'P4.cpu', ['P4.cpu', 'P4.cpu-door', 'P4.cpu-read', 'P4.cpu-door-read']],
    ['host-runtime', 'P4c', ['P4c', 'P4c.p99', 'P4c.control', 'P4c.syncs', 'P15.p4c']],
    ['host-runtime', 'P11.grants', ['P11.authorise-grants']],
  ])(
    'of %s, %s, measures its rows without a verdict, and writes them in the form that is agreed on',
    async (area, group, ids) => {
      const folder = await mkdtemp(join(tmpdir(), 'reborn-bench-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const result = await runArea(area, { plan, only: [group], say: quiet });
      const file = await writeResult(result, folder);
      expect(resultSchema.parse(JSON.parse(await readFile(file, 'utf8')))).toEqual(result);
      const ours = result.rows.filter((row) => !row.id.includes('.emmett'));
      expect(ours.map((row) => row.id)).toEqual(ids);
      expect(ours.filter((row) => row.met !== null)).toEqual([]);
      expect(ours.filter((row) => row.note.endsWith('it failed'))).toEqual([]);
      const known = ['node', 'v8', 'better-sqlite3', 'pg', 'zod', 'lockfile'];
      expect(Object.keys(result.versions).filter((name) => known.includes(name))).toEqual(known);
    },
  );

  test('of something that there is not is an error', async () => {
    await expect(runArea('events', { plan, only: ['P99'], say: quiet })).rejects.toThrow(
      'There is nothing to measure: events P99',
    );
    await expect(runArea('weather', { plan, only: [], say: quiet })).rejects.toThrow('weather');
  });
});
