import { createInMemoryStore, parseEventId, parseTenantId, type DurableStore } from '@reborn/host-api';
import { createFakePlatform, fixedUuid } from '@reborn/host-api/testkit';
import { createTurnCoordinator } from '@reborn/turns';
import { expect, test } from 'vitest';
import { HOST_MACHINES } from '../host-machines.ts';
import { createLifecycleProjection } from './projection.ts';

const tenantId = parseTenantId('default');
const source = { family: 'turn', tenantId } as const;

async function kindsIn(store: DurableStore): Promise<readonly string[]> {
  const page = await store.readStream({ stream: { family: 'runtime', tenantId }, after: 0, limit: 100 });
  return page.records.map(({ kind }) => kind);
}

test('an event that cannot be brought over is never passed by, however often it fails', async () => {
  const platform = createFakePlatform();
  const store = createInMemoryStore({ machines: HOST_MACHINES, ...platform });
  const turns = createTurnCoordinator({ ...platform, store });
  const scope = { tenantId: 'default', userId: 'ada', threadId: 't' };
  await turns.submitTurn({ scope, actor: { kind: 'user', id: 'ada' }, text: 'Hi' });
  const later = {
    eventId: parseEventId(fixedUuid(9)),
    kind: 'run_from_the_future',
    atMs: 0,
    labels: {},
    body: { v: 2 },
  };
  await store.commit([{ kind: 'append', stream: source, records: [later] }]);
  await turns.submitTurn({ scope: { ...scope, threadId: 'u' }, actor: { kind: 'user', id: 'ada' }, text: 'Hi' });
  const projection = createLifecycleProjection(
    { ...platform, store, jitter: () => 0, holder: 'h', leaseMs: 5_000 },
    tenantId,
  );
  projection.start();
  for (let stride = 0; stride < 400; stride += 1) {
    for (let step = 0; step < 60; step += 1) await Promise.resolve();
    platform.advance(1_000);
  }
  expect(await kindsIn(store)).toEqual(['run_submitted']);
  expect(platform.reports.length).toBeGreaterThan(5);
  expect(platform.reports[0]).toMatchObject({
    message: 'A lifecycle event could not be brought into the log',
    facts: { tenantId, cursor: 2, attempt: 1 },
  });
  await projection.stop();
});

test('what was brought over once is not brought over again by another host', async () => {
  const platform = createFakePlatform();
  const store = createInMemoryStore({ machines: HOST_MACHINES, ...platform });
  const turns = createTurnCoordinator({ ...platform, store });
  const scope = { tenantId: 'default', userId: 'ada', threadId: 't' };
  await turns.submitTurn({ scope, actor: { kind: 'user', id: 'ada' }, text: 'Hi' });
  for (const holder of ['one', 'two'])
    await createLifecycleProjection({ ...platform, store, jitter: () => 0, holder, leaseMs: 5_000 }, tenantId).drain(
      1_000,
    );
  expect(await kindsIn(store)).toEqual(['run_submitted']);
});
