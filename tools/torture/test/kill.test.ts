import { expect, test } from 'vitest';
import { chooseKills, describeKill } from '../src/choose-kills.ts';
import { findUnreachedPoints } from '../src/door/units.ts';
import { killRounds } from '../src/kill-rounds.ts';

test('a job that is killed four times anywhere is finished by the next process, each effect at most once', async () => {
  const report = await killRounds({ count: 4, seed: 7, report: () => undefined });
  expect(report.failures).toEqual([]);
  expect(report.rounds).toBe(4);
  expect(report.killed).toBeGreaterThanOrEqual(2);
}, 120_000);

test('with enough rounds every kind of unit is killed before and after, every effect and every step of a recovery too', () => {
  const units = new Map([
    ['gate.open idempotency.suspend', 6],
    ['gate.approve', 2],
    ['lease.renew subscription.acknowledge', 24],
  ]);
  const names = chooseKills(80, { units, ms: 1000 }, 1).map(describeKill);
  expect(names).toHaveLength(80);
  for (const moment of ['before', 'after']) {
    for (const unit of units.keys()) expect(names).toContain(`killed ${moment} unit ${unit} #1`);
    for (const effect of [1, 2, 3, 4, 5]) expect(names).toContain(`killed ${moment} effect ${effect}`);
    for (let nth = 1; nth <= 6; nth += 1) {
      expect(names.some((name) => name.endsWith(`then ${moment} unit ${nth} of the next process`))).toBe(true);
    }
    expect(names).toContain(`killed ${moment} unit gate.open idempotency.suspend #6`);
    expect(names).not.toContain(`killed ${moment} unit lease.renew subscription.acknowledge #2`);
  }
  expect(names.filter((name) => name.endsWith(' ms')).length).toBeGreaterThanOrEqual(20);
  expect(chooseKills(6, { units, ms: 1000 }, 1)).toHaveLength(6);
});

test('a write point that no unit holds is told', () => {
  expect(findUnreachedPoints(['run.submit', 'gate.open idempotency.suspend'])).not.toContain(
    'no unit holds the write point "approval save"',
  );
  expect(findUnreachedPoints(['run.submit'])).toContain('no unit holds the write point "intent"');
});
