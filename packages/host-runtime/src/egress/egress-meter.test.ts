import { toErrorKind } from '@reborn/events';
import type { NetworkOutcome, NetworkRequest } from '@reborn/host-api';
import { answered } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEgressBench, KEY } from '../../test/egress/egress-bench.ts';
import { failedOutcome, type EgressFailureRule } from './egress-failure.ts';

const ASCII_SECRET = 'correct/horse+battery staple"';
const TOKEN = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const FAILED = (['unreachable', 'protocol', 'timed_out', 'aborted', 'too_large'] as const).map(
  (reason) => ({ kind: 'failed', reason }) as const,
);

describe('The bytes of a call', () => {
  /** 'GET / HTTP/1.1', host, accept-encoding and connection, each with a line break, and one more. */
  const bareBytes = 'GET / HTTP/1.1\r\nhost: api.example.com\r\naccept-encoding: identity\r\nconnection: close\r\n\r\n'
    .length;

  test('are those of the message, with what is injected and what the host adds', async () => {
    const bench = createEgressBench({ secrets: { [KEY]: ASCII_SECRET } });
    expect((await bench.response({})).requestBytes).toBe(bareBytes);
    const credentials = [{ handle: KEY, target: { kind: 'header', name: 'X-Key' }, required: true } as const];
    const more = await bench.response({ method: 'POST', headers: [['X-A', 'b']], body: bytesOf('ü'), credentials });
    const added = `Px-a: b\r\nx-key: ${ASCII_SECRET}\r\ncontent-length: 2\r\n`.length + 2;
    expect(more.requestBytes).toBe(bareBytes + added);
    expect(bench.http.requestBytes).toBe(2 * bareBytes + added);
  });

  const failures: readonly (readonly [NetworkOutcome, EgressFailureRule, number])[] = [
    [{ kind: 'failed', reason: 'unreachable' }, 'unreachable', 0],
    [{ kind: 'failed', reason: 'protocol' }, 'protocol', bareBytes],
    [{ kind: 'failed', reason: 'timed_out' }, 'timed_out', bareBytes],
    [{ kind: 'failed', reason: 'aborted' }, 'cancelled', bareBytes],
    [{ kind: 'failed', reason: 'too_large' }, 'response_too_large', bareBytes],
    [answered(999), 'protocol', bareBytes],
    [answered(200, TOKEN), 'response_leak', bareBytes],
  ];
  test.each(failures)('are counted when a request fails, unless nothing was sent (%#)', async (answer, rule, bytes) => {
    const bench = createEgressBench({ answer });
    expect(await bench.failure({})).toEqual(failedOutcome(rule, bytes));
    expect(bench.http.requestBytes).toBe(bytes);
    expect(bench.facts).toMatchObject([{ errorKind: rule, requestBytes: bytes }]);
  });

  test('are recorded with names that records take', () => {
    const rules = ['no_address', 'response_encoded', 'cancelled', ...failures.map(([, rule]) => rule)];
    expect(rules.map(toErrorKind)).toEqual(rules);
  });

  test('are bounded to the byte over all requests of the call', async () => {
    const bench = createEgressBench({ egressBytesMax: 2 * bareBytes });
    expect((await bench.request({})).kind).toBe('answered');
    expect((await bench.request({})).kind).toBe('answered');
    expect(await bench.request({})).toEqual(failedOutcome('bytes_exceeded'));
    expect([bench.http.requestBytes, bench.network.requests.length]).toEqual([2 * bareBytes, 2]);
    const short = createEgressBench({ egressBytesMax: bareBytes - 1 });
    expect(await short.request({})).toEqual(failedOutcome('bytes_exceeded'));
    expect([short.network.resolved, short.boundaries]).toEqual([[], ['request_refused']]);
  });

  test('are bounded for requests that run at once, and given back when nothing was sent', async () => {
    const answers: ((outcome: NetworkOutcome) => void)[] = [];
    const otherwise = (): Promise<NetworkOutcome> => new Promise((resolve) => void answers.push(resolve));
    const bench = createEgressBench({ egressBytesMax: 3 * bareBytes - 1, script: { otherwise } });
    const running = [bench.request({}), bench.request({}), bench.request({})];
    expect(await running[2]).toEqual(failedOutcome('bytes_exceeded'));
    await expect.poll(() => answers.length).toBe(2);
    expect(bench.http.requestBytes).toBe(2 * bareBytes);
    answers[0]?.({ kind: 'failed', reason: 'unreachable' });
    await running[0];
    expect(bench.http.requestBytes).toBe(bareBytes);
    const fourth = bench.request({});
    await expect.poll(() => answers.length).toBe(3);
    answers[1]?.(answered(200));
    answers[2]?.(answered(200));
    expect([(await running[1])?.kind, (await fourth).kind]).toEqual(['answered', 'answered']);
    expect(bench.http.requestBytes).toBe(2 * bareBytes);
  });

  test('are never more than the call may send, in whatever order its requests go and end', async () => {
    const ends = fc.constantFrom<NetworkOutcome>(answered(200), answered(200, TOKEN), ...FAILED);
    const request = fc.record({ body: fc.nat(200), end: ends });
    const property = fc.asyncProperty(
      fc.scheduler(),
      fc.nat(1000),
      fc.array(request, { maxLength: 8 }),
      async (scheduler, egressBytesMax, requests) => {
        let [sent, peak] = [0, 0];
        const otherwise = async ({ body }: NetworkRequest): Promise<NetworkOutcome> => {
          const { end } = requests[body?.[0] ?? 0] ?? { end: answered(200) };
          const bytes = bareBytes + `content-length: ${body?.byteLength ?? 0}\r\nP`.length + (body?.byteLength ?? 0);
          sent += bytes;
          peak = Math.max(peak, sent);
          await scheduler.schedule(Promise.resolve());
          if (end.kind === 'failed' && end.reason === 'unreachable') sent -= bytes;
          return end;
        };
        const bench = createEgressBench({ egressBytesMax, script: { otherwise } });
        const running = requests.map(async ({ body }, at) => {
          await scheduler.schedule(Promise.resolve());
          return bench.request({ method: 'POST', body: new Uint8Array(body + 1).fill(at) });
        });
        await scheduler.waitFor(Promise.all(running));
        expect(peak).toBeLessThanOrEqual(egressBytesMax);
        expect(bench.http.requestBytes).toBe(sent);
      },
    );
    await fc.assert(property, { numRuns: Number(process.env['REBORN_MODEL_RUNS'] ?? 60) });
  });

  test('are given back when the name leads nowhere or to a closed address', async () => {
    for (const hosts of [() => [], () => ['10.0.0.1']]) {
      const bench = createEgressBench({ script: { hosts }, egressBytesMax: bareBytes });
      await bench.failure({});
      expect([bench.http.requestBytes, bench.network.requests]).toEqual([0, []]);
    }
  });
});
