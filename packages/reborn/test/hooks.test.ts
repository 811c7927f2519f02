import { parseCapabilityGrant } from '@reborn/host-api';
import { createFakePlatform, fixedUuid } from '@reborn/host-api/testkit';
import { readScopeFor } from '@reborn/events';
import type { HookSpec } from '@reborn/hooks';
import { expect, test } from 'vitest';
import { answer, bench, deskOf, gatesOf, modelOf, rest, resultsOf, scope, told, type Step } from './support.ts';

const look: Step = [['desk.look', { name: 'x' }]];

function watcher(seen: string[], fails: () => boolean = () => false): HookSpec {
  return {
    id: 'watch',
    version: 1,
    point: 'event_triggered',
    kinds: ['run_completed', 'dispatch_succeeded'],
    body: (event, delivery) => {
      if (fails()) throw new Error('not now');
      seen.push(`${event.kind} ${event.eventId}`);
      delivery.note(event.kind);
    },
  };
}

test('an event hook goes on behind what it acknowledged, in whatever host, and sees nothing twice', async () => {
  const seen: string[] = [];
  const { open, submit, pump } = bench([look, 'Done.'], { hooks: [watcher(seen)] });
  for (let round = 0; round < 3; round += 1) {
    const host = await open();
    await pump(host.drive(await submit(host)));
    await pump(host.close());
  }
  const host = await open();
  await pump(host.settle());
  expect(seen).toHaveLength(6);
  expect(new Set(seen).size).toBe(6);
});

test('an event that a host died with is delivered by the next one, and noted once', async () => {
  const seen: string[] = [];
  let broken = true;
  const { open, submit, pump, storage } = bench([look, 'Done.'], { hooks: [watcher(seen, () => broken)] });
  const first = await open();
  await first.drive(await submit(first));
  await rest();
  expect(seen).toEqual([]);
  storage.kill();
  broken = false;
  const second = await open();
  const settled = pump(second.settle());
  await settled;
  expect(seen.map((line) => line.split(' ')[0])).toEqual(['dispatch_succeeded', 'run_completed']);
  const page = await second.log.read({
    family: 'journal',
    scope: readScopeFor({ tenantId: scope.tenantId, userId: scope.userId }),
    limit: 100,
    kinds: ['hook_note'],
  });
  expect(page.kind === 'page' && page.entries.length).toBe(2);
});

test('a gate that failed keeps refusing for its run in the next host, and is asked again in the next run', async () => {
  let asked = 0;
  const moody: HookSpec = {
    id: 'moody',
    version: 1,
    point: 'before_capability',
    capabilities: ['desk.look'],
    body: (_, mint) => {
      asked += 1;
      if (asked === 1) throw new Error('out of order');
      return mint.observe();
    },
  };
  const steps: readonly Step[] = [look, [['desk.write', { text: 'tea' }]], [['desk.look', { name: 'y' }]], 'Done.'];
  const { open, submit } = bench(steps, { hooks: [moody] });
  const first = await open();
  const target = await submit(first);
  expect(told(await first.drive(target))).toBe('parked parked');
  await first.close();
  const second = await open();
  await answer(second, (await gatesOf(second))[0]);
  expect(told(await second.drive(target))).toBe('ended completed');
  expect(await resultsOf(second)).toEqual(['0-0 denied none', '1-0 completed', '2-0 denied none']);
  expect(asked).toBe(1);
  const next = await submit(second);
  await second.drive(next);
  expect(asked).toBe(2);
});

test('an approval given under another set of hooks is void, and the question is asked again', async () => {
  const { open, submit, written } = bench([[['desk.write', { text: 'tea' }]], 'Done.']);
  const first = await open();
  const target = await submit(first);
  await first.drive(target);
  await answer(first, (await gatesOf(first))[0]);
  await first.close();
  const hook: HookSpec = { id: 'new', version: 1, point: 'before_capability', body: (_, mint) => mint.observe() };
  const second = await open({ extensions: [deskOf(written, [hook])] });
  expect(told(await second.drive(target))).toBe('parked parked');
  expect(written).toEqual([]);
  await answer(second, (await gatesOf(second))[0]);
  expect(told(await second.drive(target))).toBe('ended completed');
  expect(written).toEqual(['tea']);
});

test.each([
  ['without a grant to read', [], false],
  ['with a grant to another tenant', [{ grantee: { kind: 'tenant', id: 'other' } }], false],
  ['with a grant to a person', [{ grantee: { kind: 'user', id: 'ada' } }], false],
  ['with a grant that has run out', [{ expiresAtMs: 1 }], false],
  ['with one that has run out and one that has not', [{ expiresAtMs: 1 }, {}], true],
])('an event hook %s', async (_, given, follows) => {
  const platform = createFakePlatform();
  const grants = given.map((parts, at) =>
    parseCapabilityGrant({
      id: fixedUuid(at + 1),
      capability: 'log.read',
      grantee: { kind: 'tenant', id: 'default' },
      issuedBy: { kind: 'host' },
      allowedEffects: [],
      ...parts,
    }),
  );
  const { open } = bench([], { hooks: [watcher([])] });
  const attempt = open({ grants, platform, model: modelOf([]) });
  if (follows) return void (await (await attempt).close());
  await expect(attempt).rejects.toMatchObject({ code: 'reborn/invalid_configuration', detail: { field: 'grants' } });
});
