import { expect, test } from 'vitest';
import { chooseKills, killRounds } from '../src/kill-rounds.ts';

test('a job that is killed four times anywhere is finished by the next process, each effect at most once', async () => {
  const report = await killRounds({ count: 4, seed: 7, report: () => undefined });
  expect(report.failures).toEqual([]);
  expect(report.rounds).toBe(4);
  expect(report.killed).toBeGreaterThanOrEqual(2);
}, 120_000);

test('with enough rounds every commit is killed before and after, and every effect too', () => {
  const kills = chooseKills(400, { commits: 50, ms: 1000 }, 1);
  const seen = new Set(kills.map((kill) => JSON.stringify(kill)));
  for (let commit = 1; commit <= 50; commit += 1) {
    for (const moment of ['before', 'after'])
      expect(seen).toContain(JSON.stringify({ kind: 'commit', commit, moment }));
  }
  expect(kills.filter((kill) => kill.kind === 'random').length).toBeGreaterThanOrEqual(100);
});
