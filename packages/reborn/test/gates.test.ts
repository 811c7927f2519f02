import { parseUserId, type Principal } from '@reborn/host-api';
import { describe, expect, test } from 'vitest';
import { answer, bench, gatesOf, resultsOf, scope, told, type Step } from './support.ts';

const two: readonly Step[] = [
  [
    ['desk.write', { text: 'one' }],
    ['desk.look', { name: 'x' }],
    ['desk.write', { text: 'two' }],
  ],
  'Done.',
];

describe('Two questions of one step', () => {
  test.each([
    ['in order', 0, 1, 'approve', ['one', 'two']],
    ['the other way round', 1, 0, 'approve', ['two', 'one']],
    ['one of them with no', 0, 1, 'deny', ['one']],
  ] as const)('are answered %s', async (_, first, second, decision, expected) => {
    const { open, submit, written } = bench(two);
    const host = await open();
    const target = await submit(host);
    expect(told(await host.drive(target))).toBe('parked parked');
    expect(await resultsOf(host)).toEqual(['0-1 completed']);
    const gates = await gatesOf(host);
    expect(gates.map((gate) => gate.input)).toEqual([{ text: 'one' }, { text: 'two' }]);
    await answer(host, gates[first]);
    expect(told(await host.drive(target))).toBe('parked parked');
    expect((await gatesOf(host)).map((gate) => gate.gateId)).toEqual([gates[second]?.gateId]);
    await answer(host, gates[second], decision);
    expect(told(await host.drive(target))).toBe('ended completed');
    expect(written).toEqual(expected);
  });

  test('are answered together before anybody looks again', async () => {
    const { open, submit, written } = bench(two);
    const host = await open();
    const target = await submit(host);
    await host.drive(target);
    for (const gate of await gatesOf(host)) await answer(host, gate);
    expect(told(await host.drive(target))).toBe('ended completed');
    expect(written).toEqual(['one', 'two']);
  });
});

const one: readonly Step[] = [[['desk.write', { text: 'tea' }]], 'Done.'];

describe('An answer', () => {
  test('that says no is told to the model, and nothing happens', async () => {
    const { open, submit, written } = bench(one);
    const host = await open();
    const target = await submit(host);
    await host.drive(target);
    await answer(host, (await gatesOf(host))[0], 'deny');
    expect(told(await host.drive(target))).toBe('ended completed');
    expect(await resultsOf(host)).toEqual(['0-0 approval_denied none']);
    expect((await host.explain(scope, { runId: target.runId }))?.calls.map((call) => call.end)).toEqual(['denied']);
    expect(written).toEqual([]);
  });

  test('with an edit executes what was edited, and both stand in the explanation', async () => {
    const { open, submit, written } = bench(one);
    const host = await open();
    const target = await submit(host);
    await host.drive(target);
    const [gate] = await gatesOf(host);
    expect(await answer(host, gate, 'approve', { input: { wrong: 1 } })).toMatchObject({ kind: 'invalid_edit' });
    expect(await answer(host, gate, 'approve', { input: { text: 'coffee' } })).toMatchObject({ kind: 'resolved' });
    expect(told(await host.drive(target))).toBe('ended completed');
    expect(written).toEqual(['coffee']);
    const explanation = await host.explain(scope, { runId: target.runId });
    expect(explanation?.calls[0]?.gates).toMatchObject([
      {
        status: 'consumed',
        input: { text: 'coffee' },
        resolution: { decision: 'edit', replacedInput: { text: 'tea' } },
      },
    ]);
  });

  test('that comes too late is refused, and the question is asked again', async () => {
    const { open, submit, platform, written } = bench(one);
    const host = await open({ gateTtlMs: 60_000 });
    const target = await submit(host);
    await host.drive(target);
    const [old] = await gatesOf(host);
    platform.advance(60_000);
    expect(await answer(host, old)).toEqual({ kind: 'already_closed', status: 'expired' });
    expect(told(await host.drive(target))).toBe('parked parked');
    const [fresh] = await gatesOf(host);
    expect(fresh?.gateId).not.toBe(old?.gateId);
    await answer(host, fresh);
    expect(told(await host.drive(target))).toBe('ended completed');
    expect(written).toEqual(['tea']);
  });

  test.each([
    ['somebody else', { kind: 'user', id: parseUserId('eve') }],
    ['an agent', { kind: 'agent', id: 'ada' }],
    ['the host', { kind: 'host' }],
  ] as [string, Principal][])('of %s changes nothing', async (_, approver) => {
    const { open, submit, written } = bench(one);
    const host = await open();
    const target = await submit(host);
    await host.drive(target);
    const [gate] = await gatesOf(host);
    expect(await answer(host, gate, 'approve', { approver })).toEqual({ kind: 'not_authorised' });
    expect(await gatesOf(host)).toEqual([gate]);
    expect(told(await host.drive(target))).toBe('parked parked');
    expect(written).toEqual([]);
  });
});

test('a follower goes on as soon as its question is answered elsewhere', async () => {
  const { open, submit, pump, written } = bench(one);
  const host = await open();
  const other = await open();
  const target = await submit(host);
  const following = pump(host.follow(target));
  let gates = await gatesOf(other);
  while (gates.length === 0) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    gates = await gatesOf(other);
  }
  await answer(other, gates[0]);
  expect(told(await following)).toBe('ended completed');
  expect(written).toEqual(['tea']);
});
