import { InvariantError, type HttpEgressRequest } from '@reborn/host-api';
import { answered, createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { createEgressBench, KEY, PUBLIC, type BenchOptions } from '../../test/egress/egress-bench.ts';
import { failedOutcome } from './egress-failure.ts';

const TOKEN = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe('A request', () => {
  test('goes to the address that was looked up, once, in the form that was judged', async () => {
    const bench = createEgressBench({ answer: answered(201, 'made', { 'X-Made': 'yes' }) });
    const response = await bench.response({
      url: 'https://API.example.com.:8443/a%20b?c=d#fragment',
      method: 'POST',
      headers: [
        ['X-One', '1'],
        ['x-one', '2'],
      ],
      body: bytesOf('hello'),
    });
    expect(bench.network.resolved).toEqual(['api.example.com']);
    expect(bench.network.requests).toEqual([
      {
        url: 'https://api.example.com:8443/a%20b?c=d',
        method: 'POST',
        headers: { 'x-one': '1, 2', 'accept-encoding': 'identity' },
        body: bytesOf('hello'),
        addresses: [PUBLIC],
        timeoutMs: 10_000,
        responseBytesMax: 5 * 1024 * 1024,
        signal: expect.any(AbortSignal) as AbortSignal,
      },
    ]);
    expect(response).toEqual({
      status: 201,
      headers: [['x-made', 'yes']],
      body: bytesOf('made'),
      requestBytes: expect.any(Number) as number,
      responseBytes: 4,
      redacted: false,
    });
    expect(bench.facts).toEqual([
      {
        host: 'api.example.com',
        method: 'post',
        status: 201,
        requestBytes: response.requestBytes,
        responseBytes: 4,
      },
    ]);
    expect(bench.boundaries).toEqual([]);
  });

  test('is what it was when it was made, whatever its maker does to it afterwards', async () => {
    const bench = createEgressBench();
    const body = bytesOf('hello');
    const headers: [string, string][] = [['x-one', '1']];
    const running = bench.request({ method: 'POST', headers, body });
    body.fill(0);
    headers[0] = ['authorization', 'x'];
    await running;
    expect(bench.network.requests[0]).toMatchObject({ headers: { 'x-one': '1' }, body: bytesOf('hello') });
  });

  test('follows no redirect', async () => {
    const bench = createEgressBench({ answer: answered(302, '', { location: 'http://127.0.0.1/' }) });
    const response = await bench.response({});
    expect(response).toMatchObject({ status: 302, headers: [['location', 'http://127.0.0.1/']] });
    expect([bench.network.requests.length, bench.network.resolved.length]).toEqual([1, 1]);
  });
});

describe('The targets of a call', () => {
  const cases: readonly (readonly [string, BenchOptions, string, boolean])[] = [
    ['brokered without targets: any public host', {}, 'http://any.example:8080/', true],
    ['brokered with targets: those', { targets: [{ host: 'a.example' }] }, 'https://b.example/', false],
    ['brokered with an empty list: none', { targets: [] }, 'https://a.example/', false],
    ['allow-list without targets: none', { mode: 'allow_list' }, 'https://a.example/', false],
    ['allow-list: those', { mode: 'allow_list', targets: [{ host: 'a.example' }] }, 'https://a.example/', true],
    ['a scheme that is not named', { targets: [{ host: 'a.example' }] }, 'http://a.example/', false],
    ['a port that is not named', { targets: [{ host: 'a.example' }] }, 'https://a.example:8443/', false],
    ['a wildcard for one label', { targets: [{ host: '*.a.example' }] }, 'https://b.a.example/', true],
    ['a wildcard for two labels', { targets: [{ host: '*.a.example' }] }, 'https://c.b.a.example/', false],
    ['a wildcard for none', { targets: [{ host: '*.a.example' }] }, 'https://a.example/', false],
    ['a name that reads like a target', { targets: [{ host: 'a.example' }] }, 'https://a.example.evil.org/', false],
    ['a name in other letters', { targets: [{ host: 'xn--bcher-kva.example' }] }, 'https://BÜCHER.example./', true],
  ];
  test.each(cases)('decide: %s', async (_name, options, url, open) => {
    const bench = createEgressBench(options);
    const outcome = await bench.request({ url });
    expect(outcome.kind === 'answered' ? 'answered' : outcome).toEqual(
      open ? 'answered' : failedOutcome('target_denied'),
    );
    expect(bench.boundaries).toEqual(open ? [] : ['target_denied']);
    expect(bench.network.resolved.length).toBe(open ? 1 : 0);
  });

  const addresses: readonly (readonly [string, BenchOptions, readonly string[], boolean])[] = [
    ['a private address among public ones', {}, [PUBLIC, '10.0.0.1'], false],
    [
      'a private address where the operator opened it',
      { targets: [{ host: 'a.example', private: true }] },
      ['10.0.0.1'],
      true,
    ],
    ['a private address behind an ordinary target', { targets: [{ host: 'a.example' }] }, ['10.0.0.1'], false],
    [
      'the address of the keys of a cloud',
      { targets: [{ host: 'a.example', private: true }] },
      ['169.254.169.254'],
      false,
    ],
    ['a name instead of an address', {}, ['localhost'], false],
    ['only public addresses', {}, [PUBLIC, '2606:4700::1111'], true],
  ];
  test.each(addresses)('decide about %s', async (_name, options, answers, open) => {
    const bench = createEgressBench({ ...options, script: { hosts: () => answers } });
    const outcome = await bench.request({ url: 'https://a.example/' });
    expect(outcome.kind === 'answered' ? 'answered' : outcome).toEqual(
      open ? 'answered' : failedOutcome('address_private'),
    );
    expect(bench.boundaries).toEqual(open ? [] : ['address_private']);
    expect(bench.network.requests.map((request) => request.addresses)).toEqual(open ? [answers] : []);
  });

  test('decide about an address in the URL without looking anything up', async () => {
    const bench = createEgressBench({ targets: [{ host: '10.0.0.1', private: true }, { host: '10.0.0.2' }] });
    expect((await bench.request({ url: 'https://10.1/' })).kind).toBe('answered');
    expect(await bench.request({ url: 'https://10.0.0.2/' })).toEqual(failedOutcome('address_private'));
    expect(bench.network.requests.map((request) => request.addresses)).toEqual([['10.0.0.1']]);
    expect(bench.network.resolved).toEqual([]);
  });
});

describe('A request that does not end', () => {
  const never = (): Promise<never> => new Promise(() => undefined);

  test('is given up at its deadline, in the exchange', async () => {
    const bench = createEgressBench({ script: { otherwise: never } });
    const running = bench.request({ timeoutMs: 5_000 });
    await expect.poll(() => bench.network.requests.length).toBe(1);
    bench.platform.advance(4_999);
    expect(bench.network.requests[0]?.signal?.aborted).toBe(false);
    bench.platform.advance(1);
    expect(await running).toEqual(failedOutcome('timed_out', bench.http.requestBytes));
    expect(bench.network.requests[0]?.signal?.aborted).toBe(true);
    expect(bench.http.requestBytes).toBeGreaterThan(0);
  });

  test('is given up at its deadline, in the lookup', async () => {
    const bench = createEgressBench({ wrap: (network) => ({ ...network, resolve: never }) });
    const running = bench.request({});
    bench.platform.advance(10_000);
    expect(await running).toEqual(failedOutcome('timed_out'));
    expect([bench.http.requestBytes, bench.network.requests]).toEqual([0, []]);
  });

  test('is given up when the call ends, and none is begun afterwards', async () => {
    const bench = createEgressBench({ script: { otherwise: never } });
    const running = bench.request({});
    await expect.poll(() => bench.network.requests.length).toBe(1);
    bench.controller.abort();
    expect(await running).toMatchObject({ reason: 'cancelled' });
    expect(await bench.request({})).toEqual(failedOutcome('cancelled'));
    expect(bench.network.requests).toHaveLength(1);
  });

  test('leaves no timer behind', async () => {
    const bench = createEgressBench();
    await bench.request({});
    await bench.request({ url: 'https://127.0.0.1/' });
    expect(bench.platform.pendingTimers()).toBe(0);
  });
});

describe('The way out', () => {
  test('has no more requests than a call may make, and does not record the ones beyond', async () => {
    const bench = createEgressBench();
    for (let made = 0; made < 99; made += 1) await bench.request({ url: 'ftp://a.example/' });
    expect((await bench.request({})).kind).toBe('answered');
    expect(await bench.request({})).toEqual(failedOutcome('requests_exceeded'));
    expect([bench.network.requests.length, bench.boundaries.length]).toEqual([1, 99]);
  });

  test('does not reject when the network does, unless that is a bug', async () => {
    const fail = () => Promise.reject(new Error('socket 10.0.0.1:443 broke'));
    const resolving = createEgressBench({ wrap: (network) => ({ ...network, resolve: fail }) });
    expect(await resolving.request({})).toEqual(failedOutcome('no_address'));
    const exchanging = createEgressBench({ wrap: (network) => ({ ...network, exchange: fail }) });
    expect(await exchanging.request({})).toEqual(failedOutcome('protocol', exchanging.http.requestBytes));
    expect(exchanging.http.requestBytes).toBeGreaterThan(0);
    const bug = () => Promise.reject(new InvariantError('bug'));
    for (const part of ['resolve', 'exchange'] as const) {
      const broken = createEgressBench({ wrap: (network) => ({ ...network, [part]: bug }) });
      await expect(broken.request({})).rejects.toThrow(InvariantError);
    }
  });

  test('names the rule in its failures and nothing of the request', async () => {
    const sentinel = createSentinel('egress');
    const parts: readonly Partial<HttpEgressRequest>[] = [
      { url: `https://${sentinel}@api.example.com/` },
      { url: `https://${sentinel}.example.com:0/` },
      { url: `nonsense ${sentinel}` },
      { headers: [[`${sentinel} x`, sentinel]] },
      { headers: [['authorization', sentinel]] },
      { url: `https://api.example.com/?token=${sentinel}` },
      { method: 'POST', body: bytesOf(`${TOKEN} ${sentinel}`) },
      { credentials: [{ handle: KEY, target: { kind: 'header', name: sentinel }, required: true }] },
    ];
    const bench = createEgressBench();
    const failures = await Promise.all(parts.map((part) => bench.failure(part)));
    expect(findLeaks([failures, bench.facts, bench.boundaries], [sentinel])).toEqual([]);
  });
});
