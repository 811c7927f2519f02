import { parseTenantId, type StreamKey } from '@reborn/host-api';
import { createFakePlatform } from '@reborn/host-api/testkit';
import { expect, test } from 'vitest';
import { openOperatorLog } from '../src/index.ts';
import { keptInMemory, runTurn } from '../src/testkit/index.ts';
import { ada, deskOf } from './support.ts';

const DAY = 24 * 60 * 60 * 1000;
const runtime: StreamKey = { family: 'runtime', tenantId: parseTenantId('default') };
const rules = [
  { family: 'runtime', keepMs: DAY },
  { family: 'transcript', keepMs: DAY },
] as const;

test('nothing that a live run still needs is taken away, however old it is', async () => {
  const storage = keptInMemory();
  const platform = createFakePlatform();
  const turn = { storage, platform, extensions: [deskOf([])] };
  const finished = await runTurn({ ...turn, model: [{ say: 'Done.' }], say: 'first' });
  const parked = await runTurn({
    ...turn,
    model: [{ calls: [{ tool: 'desk.write', input: { text: 'x' } }] }],
    say: 'second',
  });
  expect([finished.outcome, parked.outcome]).toEqual(['completed', 'parked']);
  platform.advance(40 * DAY);
  const log = await openOperatorLog({ platform, storage, operator: ada });
  const asked = { family: 'runtime', scope: log.scopeOf(runtime.tenantId), runId: parked.run.runId } as const;
  const [first] = (await log.log.query({ ...asked, order: 'oldest', limit: 1 })).entries;
  const plans = await all(log.planRetention({ rules }));
  const plan = plans.find(({ stream }) => stream.family === 'runtime');
  expect(plan).toMatchObject({ cutThrough: (first?.cursor ?? 0) - 1, removed: 0 });
  expect(plan?.heldBy).toMatchObject([{ kind: 'hold', name: 'live_runs' }]);
  expect(plans.find(({ stream }) => stream.family === 'transcript')?.heldBy).toMatchObject([{ name: 'live_runs' }]);
  await log.close();
});

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
