import { describe, expect, test } from 'vitest';
import { InvariantError } from '../assert.ts';
import { createFakeNetwork } from './fake-network.ts';
import { createFakePlatform } from './fake-platform.ts';
import { createFakeProcesses, exited } from './fake-processes.ts';
import { createSentinel, findLeaks } from './sentinel.ts';
import { equals, rejects } from './contract-case.ts';
import { HostApiError } from '../errors.ts';

describe('The search for sentinels', () => {
  const sentinel = createSentinel('a b/ü"?');
  const bytes = Buffer.from(sentinel);
  const hidden: readonly (readonly [string, unknown])[] = [
    ['a text', `x${sentinel}y`],
    ['a member', { a: [{ b: sentinel }] }],
    ['a key', { [sentinel]: 1 }],
    ['JSON within JSON', { a: JSON.stringify({ b: sentinel }) }],
    ['a URL', `https://example.com/?q=${encodeURIComponent(sentinel)}`],
    ['a URL in lower case', encodeURIComponent(sentinel).toLowerCase()],
    ['a form', encodeURIComponent(sentinel).replaceAll('%20', '+')],
    ...[0, 1, 2].map(
      (offset) =>
        [
          `base64 at offset ${offset}`,
          Buffer.concat([Buffer.alloc(offset, 120), bytes, Buffer.from('tail')]).toString('base64'),
        ] as const,
    ),
    ['base64url', Buffer.concat([Buffer.from('xx'), bytes]).toString('base64url')],
    ['hex', bytes.toString('hex').toUpperCase()],
    ['bytes', new Uint8Array(bytes)],
    ['a map', new Map([['k', new Set([sentinel])]])],
    ['an error', new Error(sentinel)],
    ['a cause', new Error('outer', { cause: { deep: new Error(sentinel) } })],
    ['a hidden member', Object.defineProperty({}, 'hidden', { value: sentinel })],
    ['what toJSON gives', { toJSON: () => sentinel }],
    ['a symbol', { [Symbol(sentinel)]: 1 }],
  ];
  test.each(hidden)('finds one in %s', (_name, value) => {
    const other = createSentinel('other');
    expect(findLeaks(value, [other, sentinel])).toEqual([sentinel]);
  });
  test('finds none where there is none, also in a cycle', () => {
    const value: Record<string, unknown> = { text: 'sentinel', error: new Error('x') };
    value['self'] = value;
    expect(findLeaks(value, [sentinel])).toEqual([]);
  });
  test('looks for texts that differ from each other', () => {
    expect(createSentinel('same')).not.toBe(createSentinel('same'));
  });
});

describe('A fake platform', () => {
  test('runs timers in order of time, with the clock where each of them falls due', () => {
    const { timers, clock, advance, pendingTimers } = createFakePlatform({ startMs: 1000 });
    const seen: string[] = [];
    const note = (name: string) => () => void seen.push(`${name}@${clock.nowMs()}`);
    timers.schedule(30, note('c'));
    timers.schedule(10, () => {
      note('a')();
      timers.schedule(10, note('b'));
    });
    timers.schedule(100, note('late'));
    advance(50);
    expect(seen).toEqual(['a@1010', 'b@1020', 'c@1030']);
    expect([clock.nowMs(), pendingTimers()]).toEqual([1050, 1]);
  });

  test('keeps delays when the wall clock jumps', () => {
    const { timers, clock, advance, jumpClock } = createFakePlatform({ startMs: 1000 });
    let calls = 0;
    timers.schedule(10, () => (calls += 1));
    jumpClock(-500);
    advance(9);
    expect([calls, clock.nowMs()]).toEqual([0, 509]);
    advance(1);
    expect(calls).toBe(1);
  });

  test('is the same for the same seed, and another for another', () => {
    const draw = (seed: number) => {
      const { ids, random } = createFakePlatform({ seed });
      return [ids.uuid(), ids.uuid(), random.bytes(4).join()];
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  test('stops a timer that feeds itself', () => {
    const { timers, advance } = createFakePlatform();
    const feed = () => void timers.schedule(0, feed);
    feed();
    expect(() => advance(0)).toThrow(InvariantError);
  });
});

describe('A script', () => {
  test('of processes answers what it foresees and nothing else', async () => {
    const request = { command: 'b', args: [], env: {}, timeoutMs: 1, outputBytesMax: 1 };
    const processes = createFakeProcesses([
      { command: 'a', outcome: exited('A') },
      { outcome: ({ command }) => exited(command) },
    ]);
    expect(await processes.run(request)).toEqual(exited('b'));
    expect(processes.unused()).toHaveLength(1);
    await expect(processes.run(request)).rejects.toThrow(InvariantError);
    expect(processes.requests).toHaveLength(2);
  });

  test('of processes tells an outcome as output too, and starts nothing in a sandbox that is not there', async () => {
    const heard: string[] = [];
    const onOutput = (stream: string, chunk: Uint8Array): void =>
      void heard.push(`${stream} ${new TextDecoder().decode(chunk)}`);
    const request = { command: 'a', args: [], env: {}, timeoutMs: 1, outputBytesMax: 1, onOutput };
    const none = { available: false, mechanism: 'none', detail: 'by script' };
    const processes = createFakeProcesses([{ outcome: exited('A', 1, 'B') }], none);
    const outcome = await processes.run({ ...request, sandbox: { mounts: [] } });
    expect(outcome).toEqual({ kind: 'not_started', reason: 'no_sandbox' });
    expect(await processes.run(request)).toEqual(exited('A', 1, 'B'));
    expect(heard).toEqual(['stdout A', 'stderr B']);
  });

  test('of the network answers what it foresees and nothing else', async () => {
    const network = createFakeNetwork({ hosts: { 'a.example': ['192.0.2.1'] } });
    expect(await network.resolve('a.example')).toEqual(['192.0.2.1']);
    expect(await network.resolve('constructor')).toEqual([]);
    const request = {
      url: 'https://a.example/',
      method: 'GET',
      headers: {},
      addresses: [],
      timeoutMs: 1,
      responseBytesMax: 1,
    } as const;
    await expect(network.exchange(request)).rejects.toThrow(InvariantError);
    const patient = createFakeNetwork({
      hosts: (name, before) => [`${name} ${before}`],
      exchanges: [{ url: 'https://b.example/', outcome: { kind: 'failed', reason: 'protocol' } }],
      otherwise: { kind: 'failed', reason: 'unreachable' },
    });
    expect([await patient.resolve('a'), await patient.resolve('b'), await patient.resolve('a')]).toEqual([
      ['a 0'],
      ['b 0'],
      ['a 1'],
    ]);
    expect(await patient.exchange(request)).toEqual({ kind: 'failed', reason: 'unreachable' });
    expect(patient.unused()).toHaveLength(1);
  });
});

describe('A contract case', () => {
  test('compares data, whatever the order of members', () => {
    equals({ a: 1, b: [undefined, { d: 1, c: 2 }], e: undefined }, { b: [undefined, { c: 2, d: 1 }], a: 1 }, 'same');
    for (const [left, right] of [
      [1, 2],
      [[1], { 0: 1 }],
      [undefined, null],
      [new Uint8Array([1]), [1]],
    ]) {
      expect(() => equals(left, right, 'differs')).toThrow('Contract broken: differs');
    }
  });

  test('tells a wrong fault from the right one', async () => {
    const fault = () => Promise.reject(new HostApiError('host-api/store_closed'));
    await rejects(fault(), ['host-api/store_closed'], 'closed');
    await expect(rejects(fault(), ['host-api/invalid_value'], 'invalid')).rejects.toThrow(
      'found host-api/store_closed',
    );
    await expect(rejects(Promise.resolve(), ['host-api/store_closed'], 'closed')).rejects.toThrow('found a result');
  });
});
