import { expect, test } from 'vitest';
import { runPostgres } from '../src/postgres/run-postgres.ts';

test('two hosts go on after their server was killed, with everything that was acknowledged and nothing by half', async () => {
  const report = await runPostgres({ count: 2, seed: 1, only: 'the server is killed', report: () => undefined });
  expect(report).toMatchObject({ cases: 1, failures: [] });
}, 120_000);
