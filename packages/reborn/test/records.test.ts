/** What a host writes down about its work, and what can be read from it: replies, decisions, ends of subscriptions. */
import { parseCapabilityGrant, parseEventId, type DurableStore, type RunId } from '@reborn/host-api';
import { fixedUuid } from '@reborn/host-api/testkit';
import {
  readScopeByGrant,
  readScopeFor,
  replayJournal,
  toAppends,
  type LogFamily,
  type LogRecord,
} from '@reborn/events';
import { buildLogRecord } from '@reborn/events/testkit';
import type { HookSpec } from '@reborn/hooks';
import { describe, expect, test } from 'vitest';
import type { HostStorage, Reborn } from '../src/index.ts';
import { answer, bench, dying, gatesOf, modelOf, resultsOf, scope, submit, told, type Step } from './support.ts';

const tea: Step = [['desk.write', { text: 'tea' }]];
const owner = { tenantId: scope.tenantId, userId: scope.userId };

async function recordsOf(host: Reborn, family: LogFamily, runId?: RunId): Promise<readonly LogRecord[]> {
  const about = readScopeFor(owner, runId === undefined ? {} : { runId });
  const page = await host.log.read({ family, scope: about, limit: 1000 });
  return page.kind === 'page' ? page.entries.flatMap((entry) => (entry.known ? [entry.record] : [])) : [];
}

describe('The last words of a run', () => {
  const repliesOf = async (host: Reborn, runId: RunId) =>
    (await recordsOf(host, 'runtime', runId)).filter(({ kind }) => kind === 'assistant_reply_finalized');

  test('are an event under the id of what was said', async () => {
    const { open } = bench([tea, 'Done.']);
    const host = await open();
    const { runId } = await submit(host);
    await host.drive({ scope, runId });
    expect(await repliesOf(host, runId)).toEqual([]);
    await answer(host, (await gatesOf(host))[0]);
    await host.drive({ scope, runId });
    const said = (await host.turns.readThread(scope)).at(-1);
    expect(said).toMatchObject({ kind: 'assistant_message', text: 'Done.' });
    expect(await repliesOf(host, runId)).toMatchObject([
      { eventId: said?.entryId, entryId: said?.entryId, runId, scope },
    ]);
  });

  test.each([
    ['died before it was written', false],
    ['died after it was written', true],
  ])('are one event, in the unit that keeps them, when the host %s', async (_, happens) => {
    const { open, storage, submit: send, pump } = bench(['Done.']);
    const first = await open();
    const target = await send(first);
    await first.close();
    // Claim, lease, before the model, two events about it, the reply.
    for (let commit = 1; commit <= 8; commit += 1) {
      const host = await open({ storage: dying(storage, commit, happens) });
      await pump(host.drive(target)).catch(() => undefined);
      await pump(host.close()).catch(() => undefined);
      storage.kill();
    }
    const host = await open();
    const { runId } = target;
    await pump(host.follow(target));
    const said = (await host.turns.readThread(scope)).filter(({ kind }) => kind === 'assistant_message');
    expect((await repliesOf(host, runId)).map(({ eventId }) => eventId)).toEqual(said.map(({ entryId }) => entryId));
  });
});

test('events about a model say how long it took', async () => {
  const { open, platform, pump } = bench({
    label: 'slow',
    complete: async () => {
      await new Promise<void>((resolve) => void platform.timers.schedule(900, resolve));
      return { kind: 'reply', text: 'Done.', calls: [] };
    },
  });
  const host = await open();
  const { runId } = await submit(host);
  await pump(host.drive({ scope, runId }), 100);
  expect((await recordsOf(host, 'runtime', runId)).filter(({ kind }) => kind === 'model_completed')).toMatchObject([
    { durationMs: 900 },
  ]);
});

describe('The explanation of a call', () => {
  const careful: HookSpec = {
    id: 'careful',
    version: 1,
    point: 'before_capability',
    body: (call, mint) => (call.capabilityId === 'desk.write' ? mint.refuse('hook_blocklist') : mint.observe()),
  };

  test('holds what hooks decided, and whether it took effect', async () => {
    const look: Step = [['desk.look', { name: 'x' }]];
    const { open } = bench([tea, look, 'Done.'], { hooks: [careful] });
    const host = await open();
    const target = await submit(host);
    expect(told(await host.drive(target))).toBe('ended completed');
    expect(await resultsOf(host)).toEqual(['0-0 denied none', '1-0 completed']);
    const explanation = await host.explain(scope, { runId: target.runId });
    expect(explanation?.findings).toEqual([]);
    expect(
      explanation?.calls.map(({ decisions, effects, attempts, end }) => ({
        decisions: decisions.map(({ record, state }) => [record.verb, record.code, record.provider, state]),
        effects: effects.map(({ attempt, state }) => [attempt, state]),
        attempts,
        end,
      })),
    ).toEqual([
      { decisions: [['refuse', 'hook_blocklist', 'desk', 'applied']], effects: [], attempts: 0, end: 'denied' },
      {
        decisions: [['observe', undefined, 'desk', 'applied']],
        effects: [[0, 'settled']],
        attempts: 1,
        end: 'succeeded',
      },
    ]);
    const [denied] = await recordsOf(host, 'security', target.runId);
    expect(denied).toMatchObject({ boundary: 'hook_deny', decision: 'blocked', code: 'hook_refused' });
  });

  test('says that its journal was tampered with', async () => {
    const { open } = bench([tea, 'Done.']);
    const host = await open();
    const target = await submit(host);
    await host.drive(target);
    await answer(host, (await gatesOf(host))[0]);
    await host.drive(target);
    const [intent] = (await recordsOf(host, 'journal', target.runId)).filter(({ kind }) => kind === 'effect_intended');
    const forged = { ...intent, eventId: parseEventId(fixedUuid(7000)) } as LogRecord;
    await host.log.append([forged]);
    const explanation = await host.explain(scope, { runId: target.runId });
    expect(explanation?.findings).toMatchObject([{ code: 'after_end', eventId: forged.eventId }]);
    expect(explanation?.calls[0]?.end).toBe('succeeded');
  });
});

describe('The subscription of an event hook', () => {
  const seen: string[] = [];
  const watch: HookSpec = {
    id: 'watch',
    version: 1,
    point: 'event_triggered',
    kinds: ['run_completed'],
    body: (event) => void seen.push(event.eventId),
  };
  const grant = parseCapabilityGrant({
    id: fixedUuid(1),
    capability: 'log.read',
    grantee: { kind: 'tenant', id: 'default' },
    issuedBy: { kind: 'host' },
    allowedEffects: [],
  });

  test('is ended by an operator: the log says so, its hook hears nothing more, and the host goes on', async () => {
    const { open, platform, pump } = bench(['Done.', 'Done.'], { hooks: [watch] });
    const host = await open();
    await host.drive(await submit(host));
    await pump(host.settle());
    expect(seen).toHaveLength(1);
    const [subscription] = await host.subscriptions(scope.tenantId);
    const { name } = subscription ?? { name: '' };
    expect(subscription).toMatchObject({ status: 'active' });
    expect(await host.endSubscription({ tenantId: scope.tenantId, name })).toBe('ended');
    expect(await host.endSubscription({ tenantId: scope.tenantId, name })).toBe('already_ended');
    expect((await host.subscriptions(scope.tenantId)).map(({ status }) => status)).toEqual(['terminated']);
    await host.drive(await submit(host, 'Again'));
    await pump(host.settle());
    expect(seen).toHaveLength(1);
    const whole = readScopeByGrant(scope.tenantId, grant, platform.clock.nowMs());
    const page = await host.log.read({
      family: 'runtime',
      scope: whole,
      limit: 100,
      kinds: ['subscription_terminated'],
    });
    expect(page.kind === 'page' && page.entries.map((entry) => entry.known && entry.record)).toMatchObject([
      {
        kind: 'subscription_terminated',
        scope: { tenantId: 'default' },
        subscription: name,
        reason: 'ended_by_operator',
      },
    ]);
    expect((await recordsOf(host, 'runtime')).filter(({ kind }) => kind === 'subscription_terminated')).toEqual([]);
  });

  test('is nobody that the host itself follows, and nobody that is not there', async () => {
    const host = await bench(['Done.']).open();
    await host.drive(await submit(host));
    await host.settle();
    for (const name of ['lifecycle-projection', 'nobody']) {
      expect(await host.endSubscription({ tenantId: scope.tenantId, name })).toBe('unknown_subscription');
    }
    await expect(host.endSubscription({ tenantId: scope.tenantId, name: 'a\nb' })).rejects.toMatchObject({
      code: 'host-api/invalid_value',
    });
  });
});

test('the journal of a run that was left in the middle of an effect keeps it from going on by itself', async () => {
  const kept: DurableStore[] = [];
  const { open, storage } = bench(modelOf([tea, 'Done.']));
  const watching: HostStorage = {
    durability: storage.durability,
    open: async (opening) => {
      const store = await storage.open(opening);
      kept.push(store);
      return store;
    },
  };
  const host = await open({ storage: watching });
  const { runId } = await submit(host);
  const intent = buildLogRecord('effect_intended', 1, { scope, runId, invocationId: fixedUuid(2) as never });
  await kept[0]?.commit(toAppends([intent]));
  const page = await host.log.read({ family: 'journal', scope: readScopeFor(owner, { runId }), limit: 10 });
  const entries = page.kind === 'page' ? page.entries : [];
  expect(replayJournal({ mode: 'resume', entries }).blockers).toMatchObject([
    { kind: 'effect_pending', effect: { attempt: 1, state: 'pending' } },
  ]);
  expect((await host.explain(scope, { runId }))?.calls).toMatchObject([{ end: 'open', attempts: 1 }]);
});
