import { HostApiError, parseTenantId, type DurableStore } from '@reborn/host-api';
import { readScopeFor, toAppends } from '@reborn/events';
import { buildGrant, buildScope, createFakePlatform, wrapStore } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { createEventHookFollower, type EventBody, type EventHookPin } from '../src/index.ts';
import { recordingEventHook } from '../src/testkit/index.ts';
import { drain, follow, journal, runCompleted, THREAD } from './follow.ts';
import { createStore, settle } from './harness.ts';

describe('an event hook', () => {
  test('gets the events of its kinds, in order, frozen', async () => {
    const recorder = recordingEventHook(['run_completed']);
    const harness = follow(recorder);
    const [one, two] = [runCompleted(), runCompleted()];
    await harness.log.append([one, { ...runCompleted(), kind: 'run_claimed', attempt: 1 }, two]);
    expect(await drain(harness)).toBe('caught_up');
    expect(recorder.deliveries.map(({ event }) => event.eventId)).toEqual([one.eventId, two.eventId]);
    const event = recorder.deliveries[0]?.event;
    expect(Object.isFrozen(event) && Object.isFrozen(event?.scope)).toBe(true);
  });

  test('goes on behind the last acknowledged event after a restart, even into another holder', async () => {
    const first = recordingEventHook(['run_completed']);
    const harness = follow(first);
    await harness.log.append([runCompleted(), runCompleted()]);
    await drain(harness);
    const third = runCompleted();
    await harness.log.append([third]);
    const second = recordingEventHook(['run_completed']);
    await drain(follow(second, harness));
    expect(first.deliveries).toHaveLength(2);
    expect(second.deliveries.map(({ event }) => event.eventId)).toEqual([third.eventId]);
  });

  test('is told what is a replay: what was there when its follower first looked', async () => {
    const recorder = recordingEventHook(['run_completed']);
    const harness = follow(recorder);
    await harness.log.append([runCompleted(), runCompleted()]);
    await drain(harness);
    await harness.log.append([runCompleted()]);
    await drain(harness);
    expect(recorder.deliveries.map(({ isReplay }) => isReplay)).toEqual([true, true, false]);
  });

  test('may begin behind the history', async () => {
    const recorder = recordingEventHook(['run_completed']);
    const harness = follow(recorder, { from: 'head' });
    await harness.log.append([runCompleted()]);
    await drain(harness);
    await harness.log.append([runCompleted()]);
    await drain(harness);
    expect(recorder.deliveries.map(({ isReplay }) => isReplay)).toEqual([false]);
  });

  test('passes by what a newer version wrote', async () => {
    const recorder = recordingEventHook(['run_completed']);
    const harness = follow(recorder);
    const [append] = toAppends([runCompleted()]);
    const [draft] = append?.records ?? [];
    if (append === undefined || draft === undefined) throw new Error('one event is one draft');
    const newer = { ...draft, body: { ...draft.body, v: 2, color: 'blue' } };
    const known = runCompleted();
    await harness.store.commit([{ ...append, records: [newer] }]);
    await harness.log.append([known]);
    expect(await drain(harness)).toBe('caught_up');
    expect(recorder.deliveries.map(({ event }) => event.eventId)).toEqual([known.eventId]);
    expect(await journal(harness.store)).toEqual([]);
  });

  test('wakes nobody: what it leaves behind stands outside the family that it follows', async () => {
    const recorder = recordingEventHook(['run_completed'], (_event, { note }) => void note('seen'));
    const harness = follow(recorder);
    await harness.log.append([runCompleted()]);
    const head = await harness.log.head('runtime', readScopeFor(buildScope()));
    await drain(harness);
    expect(await harness.log.head('runtime', readScopeFor(buildScope()))).toBe(head);
  });
});

describe('a failing event hook', () => {
  const failing: EventBody = () => {
    throw new Error('/secret/path');
  };

  test('gets the event again, with the number of the attempt', async () => {
    const recorder = recordingEventHook(['run_completed'], (_event, { attempt }) => {
      if (attempt < 3) throw new Error('not yet');
    });
    const harness = follow(recorder);
    await harness.log.append([runCompleted()]);
    await drain(harness);
    expect(recorder.deliveries.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect((await journal(harness.store)).map(({ kind, attempt, errorKind }) => [kind, attempt, errorKind])).toEqual([
      ['delivery_failed', 1, 'panic'],
      ['delivery_failed', 2, 'panic'],
    ]);
  });

  test('leaves a dead letter after the last attempt and gets the next event', async () => {
    const [bad, good] = [runCompleted(), runCompleted()];
    const recorder = recordingEventHook(['run_completed'], (event) => {
      if (event.eventId === bad.eventId) throw new Error('never');
    });
    const harness = follow(recorder);
    await harness.log.append([bad, good]);
    expect(await drain(harness)).toBe('caught_up');
    const kinds = (await journal(harness.store)).map(({ kind }) => kind);
    expect(kinds).toEqual([...Array<string>(5).fill('delivery_failed'), 'delivery_dead_lettered']);
    expect(recorder.deliveries.at(-1)).toMatchObject({ attempt: 1, event: { eventId: good.eventId } });
  });

  test('waits between attempts, longer each time', async () => {
    const recorder = recordingEventHook(['run_completed'], failing);
    const harness = follow(recorder);
    await harness.log.append([runCompleted()]);
    await drain(harness, 0);
    await drain(harness, 0);
    expect(recorder.deliveries).toHaveLength(1);
    harness.platform.advance(200);
    await drain(harness, 0);
    await drain(harness, 0);
    harness.platform.advance(200);
    await drain(harness, 0);
    expect(recorder.deliveries).toHaveLength(2);
  });

  test('is not waited for beyond the deadline of a delivery', async () => {
    const recorder = recordingEventHook(['run_completed'], (_event, { attempt }) =>
      attempt === 1 ? new Promise(() => undefined) : undefined,
    );
    const harness = follow(recorder);
    await harness.log.append([runCompleted()]);
    await drain(harness);
    expect(recorder.deliveries).toHaveLength(2);
    expect((await journal(harness.store))[0]).toMatchObject({ kind: 'delivery_failed', errorKind: 'timeout' });
  });

  test('that gives up when its signal says so has run out of time all the same', async () => {
    const recorder = recordingEventHook(['run_completed'], (_event, { attempt, signal }) =>
      attempt === 1
        ? new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
        : undefined,
    );
    const harness = follow(recorder);
    await harness.log.append([runCompleted()]);
    await drain(harness);
    expect((await journal(harness.store))[0]).toMatchObject({ kind: 'delivery_failed', errorKind: 'timeout' });
  });

  test('says nothing of its exceptions to the journal or the operator', async () => {
    const harness = follow(recordingEventHook(['run_completed'], failing));
    await harness.log.append([runCompleted()]);
    await drain(harness);
    expect(harness.platform.reports.length).toBeGreaterThan(0);
    expect(JSON.stringify([await journal(harness.store), harness.platform.reports])).not.toContain('secret');
  });
});

describe('a host that dies between the work and its acknowledgement', () => {
  /** The unit that would acknowledge never reaches the store. */
  function dyingStore(store: DurableStore): DurableStore {
    const acknowledges = (writes: Parameters<DurableStore['commit']>[0]) =>
      writes.some((write) => write.kind === 'transition' && write.command['trigger'] === 'acknowledge');
    return wrapStore(store, {
      commit: (writes) =>
        acknowledges(writes) ? Promise.reject(new HostApiError('host-api/store_unavailable')) : store.commit(writes),
    });
  }

  test('delivers the event again, and its note stands in the journal once', async () => {
    const platform = createFakePlatform();
    const store = createStore(platform);
    const noting: EventBody = (_event, { note }) => void note('done');
    const before = recordingEventHook(['run_completed'], noting);
    const dying = follow(before, { platform, store: dyingStore(store) });
    await dying.log.append([runCompleted()]);
    await expect(drain(dying)).rejects.toMatchObject({ code: 'host-api/store_unavailable' });
    const after = recordingEventHook(['run_completed'], noting);
    platform.advance(10_000);
    await drain(follow(after, { platform, store }));
    expect(before.deliveries).toHaveLength(1);
    expect(after.deliveries.map(({ attempt, isReplay }) => ({ attempt, isReplay }))).toEqual([
      { attempt: 1, isReplay: true },
    ]);
    expect((await journal(store)).map(({ kind, text }) => [kind, text])).toEqual([['hook_note', 'done']]);
  });

  test('would write the note under the same id again', async () => {
    const idOf = async () => {
      const harness = follow(recordingEventHook(['run_completed'], (_event, { note }) => void note('done')));
      await harness.log.append([runCompleted()]);
      await drain(harness);
      return (await journal(harness.store))[0]?.['eventId'];
    };
    const id = await idOf();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8/);
    expect(await idOf()).toBe(id);
  });
});

describe('notes', () => {
  const notesOf = async (body: EventBody) => {
    const harness = follow(recordingEventHook(['run_completed'], body));
    const event = runCompleted();
    await harness.log.append([event]);
    await drain(harness);
    return {
      event,
      hook: harness.hook,
      notes: (await journal(harness.store)).filter(({ kind }) => kind === 'hook_note'),
    };
  };

  test('name the hook, the event’s place and its owner', async () => {
    const { notes, event, hook } = await notesOf((_event, { note }) => void note('counted 3'));
    expect(notes).toEqual([
      expect.objectContaining({ hookId: hook.id, cursor: 1, text: 'counted 3', scope: event.scope }),
    ]);
  });

  test('are cut at 512 bytes', async () => {
    const { notes } = await notesOf((_event, { note }) => void note('é'.repeat(400)));
    expect(notes[0]?.['text']).toBe('é'.repeat(256));
  });

  test('are at most eight a delivery, and the hook hears of the ninth', async () => {
    const taken: boolean[] = [];
    const { notes } = await notesOf((_event, { note }) => {
      for (let at = 0; at < 10; at += 1) taken.push(note(`note ${at}`));
    });
    expect(notes).toHaveLength(8);
    expect(taken).toEqual([...Array<boolean>(8).fill(true), false, false]);
  });

  test('of a failed attempt are not written', async () => {
    const { notes } = await notesOf((_event, { note, attempt }) => {
      note(`attempt ${attempt}`);
      if (attempt === 1) throw new Error('no');
    });
    expect(notes.map(({ text }) => text)).toEqual(['attempt 2']);
  });

  test('after the hook returned are not taken', async () => {
    let late: boolean | undefined;
    let later: Promise<void> = Promise.resolve();
    const { notes } = await notesOf((_event, { note }) => {
      later = settle().then(() => void (late = note('late')));
    });
    await later;
    expect(late).toBe(false);
    expect(notes).toEqual([]);
  });
});

test('a started follower is woken by what is written and stops when told', async () => {
  const recorder = recordingEventHook(['run_completed']);
  const { consumer, log, platform } = follow(recorder);
  consumer.start();
  await settle();
  await log.append([runCompleted()]);
  for (let turn = 0; turn < 20; turn += 1) await settle();
  expect(recorder.deliveries).toHaveLength(1);
  await consumer.stop();
  expect(platform.pendingTimers()).toBe(0);
});

test('a hook that is not out of a registry is refused', () => {
  const { hook, platform, store } = follow(recordingEventHook(['run_completed']));
  expect(() => createEventHookFollower({ ...platform, store, pin: THREAD, holder: 'host', hook: { ...hook } })).toThrow(
    expect.objectContaining({ code: 'hooks/invalid_composition' }),
  );
});

describe('a hook whose events were cut off before it had seen them', () => {
  const stream = { family: 'runtime', tenantId: parseTenantId('acme') } as const;
  const grant = buildGrant({ capability: 'log.read', grantee: { kind: 'tenant', id: 'acme' } });
  const pins: readonly (readonly [string, EventHookPin, object])[] = [
    ['a thread', THREAD, buildScope()],
    ['a tenant', { kind: 'tenant', tenantId: stream.tenantId, grant }, { tenantId: 'acme' }],
  ];
  test.each(pins)('ends, and the log says so in the same unit: %s', async (_, pin, scope) => {
    const recorder = recordingEventHook(['run_completed']);
    const harness = follow(recorder, { pin });
    await harness.log.append([runCompleted()]);
    await drain(harness);
    await harness.log.append([runCompleted(), runCompleted()]);
    await harness.store.commit([{ kind: 'truncate', stream, through: 2 }]);
    await drain(harness);
    expect(await drain(follow(recorder, { ...harness, pin }))).toBe('terminated');
    expect(recorder.deliveries).toHaveLength(1);
    const [subscription] = await harness.store.list('subscription', { limit: 10 });
    expect(subscription?.row).toMatchObject({ status: 'terminated' });
    const { records } = await harness.store.readStream({ stream, after: 3, limit: 10 });
    const name = subscription?.key.slice(subscription.key.indexOf('event_hook:'));
    expect(records.map(({ cursor, body }) => [cursor, body['kind'], body['scope'], body['subscription']])).toEqual([
      [4, 'subscription_terminated', scope, name],
    ]);
    expect(records[0]?.body).toMatchObject({ family: 'runtime', reason: 'history_gone' });
  });
});
