import { parseResourceScope, parseRunId } from '@reborn/host-api';
import { fixedUuid } from '@reborn/host-api/testkit';
import { applyUpdate, type EventStream, type EventStreamItem, type ProjectionSnapshot } from '@reborn/events';
import { describe, expect, test } from 'vitest';
import type { Reborn, WatchRequest } from '../src/index.ts';
import { ada, answer, bench, gatesOf, scope, type Bench, type Step } from './support.ts';

const steps: readonly Step[] = [[['desk.write', { text: 'tea' }]], 'Done.'];

async function watch(host: Reborn, more: Partial<WatchRequest> = {}): Promise<EventStream> {
  const opened = await host.events.open({ scope, actor: ada, limit: 50, ...more });
  if (opened.kind !== 'opened') throw new Error(`not opened: ${opened.kind}`);
  return opened.stream;
}

/** Takes items until the first run stands there. */
async function watchUntil(
  { pump }: Bench,
  stream: EventStream,
  status: string,
  seen: ProjectionSnapshot | undefined,
): Promise<ProjectionSnapshot> {
  let state = seen;
  while (state?.runs[0]?.status !== status) {
    const next = await pump(stream.next());
    const item: EventStreamItem | undefined = next.value;
    if (item?.kind === 'snapshot') state = item;
    if (item?.kind === 'update' && state !== undefined) state = applyUpdate(state, item, 50);
    if (next.done === true || item?.kind === 'lagged') throw new Error('The stream has ended');
  }
  return state;
}

describe('Watching a run', () => {
  test('shows where it stands, live and whoever asks later', async () => {
    const desk = bench(steps);
    const host = await desk.open();
    const target = await desk.submit(host);
    const stream = await watch(host, target);
    await desk.pump(host.drive(target));
    let state = await watchUntil(desk, stream, 'parked', undefined);
    await answer(host, (await gatesOf(host))[0]);
    await desk.pump(host.drive(target));
    state = await watchUntil(desk, stream, 'completed', state);
    await stream.return();
    await desk.pump(host.settle());
    const later = await desk.pump(host.events.snapshot({ ...target, limit: 50 }));
    const caughtUp = await host.events.updates({ ...target, after: state.next, limit: 50 });
    if (caughtUp.kind !== 'update') throw new Error('The cursor is its own');
    expect(applyUpdate(state, caughtUp, 50)).toEqual(later);
    expect(later.runs).toMatchObject([{ subject: { kind: 'run', runId: target.runId }, status: 'completed' }]);
    expect(later.runs).toHaveLength(1);
    const run = await host.turns.getRun(scope, target.runId);
    expect(run?.status).toBe('completed');
    await desk.pump(host.close());
  });

  test('shows nothing of others, and nobody else may', async () => {
    const desk = bench(steps);
    const host = await desk.open();
    const target = await desk.submit(host);
    await desk.pump(host.drive(target));
    const eve = parseResourceScope({ tenantId: 'default', userId: 'eve' });
    const ofEve = await desk.pump(host.events.snapshot({ scope: eve, runId: target.runId }));
    const ofAnother = await desk.pump(host.events.snapshot({ scope, runId: parseRunId(fixedUuid(7)) }));
    expect([ofEve.entries, ofEve.runs, ofAnother.entries, ofAnother.runs]).toEqual([[], [], [], []]);
    const asEve: WatchRequest = { scope, actor: { kind: 'user', id: eve.userId } };
    expect(await host.events.open(asEve)).toEqual({ kind: 'refused', reason: 'not_the_user' });
    const refused = await host.events.open({ scope, actor: ada, access: () => 'denied' });
    expect(refused).toEqual({ kind: 'refused', reason: 'access_denied' });
    const mine = await desk.pump(host.events.snapshot({ scope }));
    const foreign = await host.events.open({ scope, runId: target.runId, actor: ada, after: mine.next });
    expect(foreign).toEqual({ kind: 'refused', reason: 'foreign_cursor' });
    await desk.pump(host.close());
  });

  test('ends with its own signal and with the host, which then refuses', async () => {
    const desk = bench(steps);
    const host = await desk.open();
    const control = new AbortController();
    const [own, open] = [await watch(host, { signal: control.signal }), await watch(host)];
    await own.next();
    await open.next();
    const waiting = [own.next(), open.next()];
    control.abort();
    expect(await waiting[0]).toEqual({ done: true, value: undefined });
    await desk.pump(host.close());
    expect(await waiting[1]).toEqual({ done: true, value: undefined });
    const calls = [
      () => host.events.snapshot({ scope }),
      () => host.events.updates({ scope, after: 'x' }),
      () => host.events.open({ scope, actor: ada }),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'reborn/closed' });
  });

  test('takes nothing without form', async () => {
    const desk = bench(steps);
    const host = await desk.open();
    const nobody = { scope: { userId: 'ada' } as never };
    await expect(host.events.snapshot(nobody)).rejects.toMatchObject({ code: 'host-api/invalid_value' });
    await expect(host.events.updates({ scope, after: '7' })).rejects.toMatchObject({ code: 'events/invalid_cursor' });
    await expect(host.events.open({ scope, actor: ada, limit: 0 })).rejects.toMatchObject({
      code: 'events/invalid_request',
    });
    await desk.pump(host.close());
  });
});
