import {
  parseCorrelationId,
  parseInvocationId,
  type HttpEgressFailure,
  type HttpEgressOutcome,
  type HttpEgressRequest,
  type HttpEgressResponse,
  type JsonObject,
} from '@reborn/host-api';
import { answered, buildScope, fixedUuid } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { createEgressBench } from '../../test/egress/egress-bench.ts';
import type { HandlerCall, HandlerOutcome } from '../lane/handler.ts';
import { createHttpTool } from './http.ts';

const tool = createHttpTool();
const URL_OF = 'https://api.example.com/';

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function ruleOf(input: JsonObject): string {
  const check = tool.checkInput(input);
  return check.kind === 'valid' ? 'valid' : `${check.field} ${check.rule}`;
}

async function run(input: JsonObject, http?: HandlerCall['http']): Promise<HandlerOutcome> {
  const check = tool.checkInput(input);
  if (check.kind === 'invalid') throw new Error(`invalid: ${check.field} ${check.rule}`);
  return tool.run({
    input: check.input,
    scope: buildScope(),
    invocationId: parseInvocationId(fixedUuid(1)),
    correlationId: parseCorrelationId(fixedUuid(2)),
    signal: new AbortController().signal,
    ...(http === undefined ? {} : { http }),
  });
}

/** A way out that answers all alike and keeps what it was asked. */
function wayOut(outcome: HttpEgressOutcome) {
  const requests: HttpEgressRequest[] = [];
  const request = async (asked: HttpEgressRequest): Promise<HttpEgressOutcome> => {
    requests.push(asked);
    return outcome;
  };
  return { requests, request };
}

function response(body: Uint8Array, overrides: Partial<HttpEgressResponse> = {}): HttpEgressOutcome {
  const base = { status: 200, headers: [], requestBytes: 90, responseBytes: body.byteLength, redacted: false } as const;
  return { kind: 'answered', response: { ...base, body, ...overrides } };
}

describe('The tool for HTTP', () => {
  test('is declared as one that talks to networks and asks first', () => {
    expect(tool.descriptor).toMatchObject({
      id: 'builtin.http',
      effects: ['network'],
      permission: 'ask',
      deadlineMs: 35_000,
      outputBytesMax: 1024 * 1024,
      estimate: { wallClockMs: 100, outputBytes: 16 * 1024, egressBytes: 1024 },
    });
    expect(tool.descriptor.credentials).toBeUndefined();
  });

  test('sends what it is told and returns what comes back', async () => {
    const http = wayOut(response(bytesOf('made'), { status: 201, headers: [['x-made', 'yes']], redacted: true }));
    const input = {
      url: URL_OF,
      method: 'POST',
      headers: [
        { name: 'X-A', value: '1' },
        { name: 'X-A', value: '2' },
      ],
      body: 'text',
      timeout_ms: 5,
      response_body_limit: 9,
    };
    expect(await run(input, http)).toEqual({
      kind: 'completed',
      output: {
        status: 201,
        headers: { 'x-made': 'yes' },
        body_text: 'made',
        request_bytes: 90,
        response_bytes: 4,
        redacted: true,
      },
    });
    expect(http.requests).toEqual([
      {
        url: URL_OF,
        method: 'POST',
        headers: [
          ['X-A', '1'],
          ['X-A', '2'],
        ],
        body: bytesOf('text'),
        timeoutMs: 5,
        responseBytesMax: 9,
      },
    ]);
  });

  test('gets, waits ten seconds and takes half a mebibyte unless it is told otherwise', async () => {
    const http = wayOut(response(bytesOf('')));
    await run({ url: URL_OF }, http);
    expect(http.requests).toEqual([
      { url: URL_OF, method: 'GET', headers: [], timeoutMs: 10_000, responseBytesMax: 512 * 1024 },
    ]);
  });

  test('writes JSON out and says that it is some, unless it is told what it is', async () => {
    const http = wayOut(response(bytesOf('')));
    await run({ url: URL_OF, method: 'POST', body: { a: [1, 'ü'] } }, http);
    await run({ url: URL_OF, method: 'POST', body: [1], headers: { 'Content-Type': 'application/x' } }, http);
    await run({ url: URL_OF, method: 'POST', body: '{}' }, http);
    expect(http.requests.map(({ headers, body }) => [headers, new TextDecoder().decode(body)])).toEqual([
      [[['content-type', 'application/json']], '{"a":[1,"ü"]}'],
      [[['Content-Type', 'application/x']], '[1]'],
      [[], '{}'],
    ]);
  });

  test('takes bytes in base64, and returns them so where they are no text or too long for one', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    const http = wayOut(response(bytes));
    const outcome = await run(
      { url: URL_OF, method: 'POST', body_base64: Buffer.from(bytes).toString('base64') },
      http,
    );
    expect(http.requests[0]?.body).toEqual(bytes);
    expect(outcome).toMatchObject({ output: { body_base64: Buffer.from(bytes).toString('base64') } });
    const quotes = wayOut(response(bytesOf('"'.repeat(600 * 1024))));
    const long = await run({ url: URL_OF, response_body_limit: 700 * 1024 }, quotes);
    expect(long.kind === 'completed' ? Object.keys(long.output as JsonObject) : long).toContain('body_base64');
    const largest = wayOut(response(new Uint8Array(700 * 1024).fill(255)));
    const whole = await run({ url: URL_OF, response_body_limit: 700 * 1024 }, largest);
    expect(whole.kind === 'completed' && JSON.stringify(whole.output).length).toBeLessThan(1024 * 1024 - 64 * 1024);
  });

  test.each<JsonObject>([
    {},
    { url: '' },
    { url: `https://a.example/${'a'.repeat(8 * 1024)}` },
    { url: URL_OF, method: 'TRACE' },
    { url: URL_OF, headers: { 'x-a': 'a\r\nb' } },
    { url: URL_OF, headers: { 'x-a': 'a\u0000' } },
    { url: URL_OF, headers: { 'x-a': 'a'.repeat(8 * 1024 + 1) } },
    { url: URL_OF, headers: { [`x-${'a'.repeat(512)}`]: 'a' } },
    { url: URL_OF, headers: Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`x-${at}`, 'a'])) },
    { url: URL_OF, headers: Array.from({ length: 65 }, () => ({ name: 'x', value: 'a' })) },
    { url: URL_OF, body: 'a'.repeat(256 * 1024 + 1) },
    { url: URL_OF, body: { a: 'ü'.repeat(128 * 1024) } },
    { url: URL_OF, body: 1 },
    { url: URL_OF, body_base64: 'not base64!' },
    { url: URL_OF, body_base64: 'A'.repeat(360 * 1024) },
    { url: URL_OF, body: 'a', body_base64: 'YQ==' },
    { url: URL_OF, timeout_ms: 0 },
    { url: URL_OF, timeout_ms: 30_001 },
    { url: URL_OF, response_body_limit: 700 * 1024 + 1 },
    { url: URL_OF, credential: 'example-key' },
  ])('takes no input beyond its bounds (%#)', (input) => {
    expect(ruleOf(input)).not.toBe('valid');
  });

  test('takes input up to its bounds, and none of it becomes another one', () => {
    const inputs: readonly JsonObject[] = [
      { url: URL_OF, body: 'a'.repeat(256 * 1024) },
      { url: URL_OF, headers: Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`x-${at}`, 'a'])) },
      { url: URL_OF, timeout_ms: 30_000, response_body_limit: 700 * 1024 },
    ];
    expect(inputs.map(ruleOf)).toEqual(['valid', 'valid', 'valid']);
    const check = tool.checkInput({ url: URL_OF });
    expect(check.kind === 'valid' && tool.checkInput(check.input)).toEqual(check);
  });

  test('fails closed where the host gives it no way out', async () => {
    expect(await run({ url: URL_OF, method: 'POST' })).toEqual({
      kind: 'failed',
      code: 'network_unavailable',
      message: 'This host gives the call no way out to a network.',
      effect: 'none',
    });
  });

  const failures: readonly (readonly [HttpEgressFailure, string, effect: string])[] = [
    ['credential_unavailable', 'client_error', 'uncertain'],
    ['request_denied', 'invalid_request', 'uncertain'],
    ['network_denied', 'network_denied', 'uncertain'],
    ['network_error', 'network_error', 'uncertain'],
    ['timed_out', 'timed_out', 'uncertain'],
    ['cancelled', 'cancelled', 'uncertain'],
    ['response_blocked', 'response_error', 'happened'],
    ['response_body_limit_exceeded', 'output_too_large', 'happened'],
  ];
  test.each(failures)('tells %s as %s, and what may have happened', async (reason, code, effect) => {
    const failed = (requestBytes: number) => wayOut({ kind: 'failed', reason, message: 'The rule.', requestBytes });
    const base = { kind: 'failed', code, message: 'The rule.' };
    expect(await run({ url: URL_OF, method: 'POST' }, failed(90))).toEqual({ ...base, effect });
    expect(await run({ url: URL_OF, method: 'POST' }, failed(0))).toEqual({ ...base, effect: 'none' });
    expect(await run({ url: URL_OF }, failed(90))).toEqual({ ...base, effect: 'none' });
    expect(await run({ url: URL_OF, method: 'HEAD' }, failed(90))).toEqual({ ...base, effect: 'none' });
  });

  test('returns a refusal of the other side and a redirect as answers', async () => {
    const bench = createEgressBench({ answer: answered(401, 'who are you', { 'www-authenticate': 'Bearer' }) });
    expect(await run({ url: URL_OF }, bench.http)).toMatchObject({
      kind: 'completed',
      output: { status: 401, headers: {}, body_text: 'who are you', request_bytes: bench.http.requestBytes },
    });
    const moved = createEgressBench({ answer: answered(302, '', { location: 'http://10.0.0.1/' }) });
    expect(await run({ url: URL_OF }, moved.http)).toMatchObject({
      output: { status: 302, headers: { location: 'http://10.0.0.1/' } },
    });
    expect(await run({ url: 'http://10.0.0.1/' }, moved.http)).toMatchObject({
      code: 'network_denied',
      effect: 'none',
    });
  });
});
