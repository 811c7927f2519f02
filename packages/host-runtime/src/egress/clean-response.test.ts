import { type NetworkOutcome } from '@reborn/host-api';
import { answered, findLeaks } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { createEgressBench, KEY } from '../../test/egress/egress-bench.ts';
import { failedOutcome, type EgressFailureRule } from './egress-failure.ts';

const QUERY = { kind: 'query', name: 'app key' } as const;
const SECRET = 'correct/horse+battery staple"ü';
const TOKEN = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

describe('An answer', () => {
  const credentials = [{ handle: KEY, target: QUERY, required: true }];

  test.each([
    ['as it is', SECRET],
    ['URL-encoded', encodeURIComponent(SECRET)],
    ['URL-encoded in lower case', encodeURIComponent(SECRET).toLowerCase()],
    ['as a form', encodeURIComponent(SECRET).replaceAll('%20', '+')],
    ['as JSON', JSON.stringify(SECRET)],
    ['as ASCII JSON', JSON.stringify(SECRET).replace('ü', '\\u00fc')],
    ['as HTML', SECRET.replace('"', '&quot;')],
    ['in base64', Buffer.from(`:${SECRET}`).toString('base64')],
    ['in base64url', Buffer.from(`::${SECRET}`).toString('base64url')],
    ['in hex', Buffer.from(SECRET).toString('hex')],
  ])('does not give back what was injected: %s', async (_name, echo) => {
    const answer = answered(200, `before ${echo} after`, { 'x-echo': `a ${Buffer.from(echo).toString('latin1')}` });
    const bench = createEgressBench({ secrets: { [KEY]: SECRET }, answer });
    const response = await bench.response({ credentials });
    expect(findLeaks(response, [SECRET])).toEqual([]);
    expect(textOf(response.body)).toMatch(/^before .*\[redacted\].* after$/);
    expect(response).toMatchObject({ redacted: true, responseBytes: bytesOf(`before ${echo} after`).byteLength });
  });

  test('keeps every byte when nothing has to go', async () => {
    const body = Uint8Array.from({ length: 256 }, (_, at) => at);
    const bench = createEgressBench({
      secrets: { [KEY]: SECRET },
      answer: { kind: 'answered', status: 200, headers: {}, body },
    });
    expect(await bench.response({})).toMatchObject({ body, redacted: false });
  });

  test('comes without the headers that carry credentials', async () => {
    const headers = {
      'Set-Cookie': 'a=b',
      'WWW-Authenticate': 'Basic realm="x"',
      Authorization: 'x',
      'X-Api-Key': 'x',
      'x-acme-token': 'x',
      'x-ratelimit-limit-tokens': '100',
      ETag: '"1"',
    };
    const response = await createEgressBench({ answer: answered(401, '', headers) }).response({});
    expect(response.headers).toEqual([
      ['x-ratelimit-limit-tokens', '100'],
      ['etag', '"1"'],
    ]);
  });

  test('is said to be redacted when only a header was', async () => {
    const answer = answered(200, 'body', { location: `https://a.example/?app=${encodeURIComponent(SECRET)}` });
    const response = await createEgressBench({ secrets: { [KEY]: SECRET }, answer }).response({});
    expect(response).toMatchObject({
      headers: [['location', 'https://a.example/?app=[redacted]']],
      body: bytesOf('body'),
      redacted: true,
    });
  });

  test('comes without a header whose name is the secret', async () => {
    const bench = createEgressBench({
      secrets: { [KEY]: 'abcdefgh-ijkl' },
      answer: answered(200, '', { 'x-abcdefgh-ijkl': '1' }),
    });
    expect(await bench.response({})).toMatchObject({ headers: [] });
  });

  test('loses credentials that somebody else wrote where protocols carry them', async () => {
    const answer = answered(200, 'curl https://user:hunter2222@api.example.com/');
    const response = await createEgressBench({ answer }).response({});
    expect(textOf(response.body)).toBe('curl https://[redacted]@api.example.com/');
    expect(response.redacted).toBe(true);
  });

  const blocked: readonly (readonly [string, NetworkOutcome, EgressFailureRule])[] = [
    ['a key in the body', answered(200, `key: ${TOKEN}`), 'response_leak'],
    ['a key in a header', answered(200, '', { 'x-note': TOKEN }), 'response_leak'],
    ['a coding that cannot be searched', answered(200, 'x', { 'Content-Encoding': 'gzip' }), 'response_encoded'],
  ];
  test.each(blocked)('with %s is withheld, and said to have come', async (_name, answer, rule) => {
    const bench = createEgressBench({ answer });
    const outcome = await bench.failure({ method: 'POST' });
    expect(outcome).toEqual(failedOutcome(rule, bench.http.requestBytes));
    expect(outcome.requestBytes).toBeGreaterThan(0);
    expect(bench.facts).toMatchObject([{ status: 200, errorKind: rule, requestBytes: outcome.requestBytes }]);
    expect(bench.boundaries).toEqual(rule === 'response_leak' ? ['response_leak'] : []);
  });

  test('that is larger than asked for is withheld, whoever measures', async () => {
    const bench = createEgressBench({ answer: answered(200, 'four') });
    expect(await bench.failure({ responseBytesMax: 3 })).toMatchObject({ reason: 'response_body_limit_exceeded' });
    expect((await bench.response({ responseBytesMax: 4 })).responseBytes).toBe(4);
    const measured = createEgressBench({ answer: { kind: 'failed', reason: 'too_large' } });
    expect(await measured.failure({})).toMatchObject({ reason: 'response_body_limit_exceeded' });
  });
});
