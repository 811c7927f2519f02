import { parseSecretHandle, type HttpEgressRequest } from '@reborn/host-api';
import { findLeaks } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { createEgressBench, KEY, type BenchOptions } from '../../test/egress/egress-bench.ts';
import { failedOutcome, type EgressFailureRule } from './egress-failure.ts';

const BEARER = { kind: 'header', name: 'Authorization', prefix: 'Bearer ' } as const;
const QUERY = { kind: 'query', name: 'app key' } as const;
const TOKEN = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';
const ASCII_SECRET = 'correct/horse+battery staple"';

describe('A credential', () => {
  const credentials = [{ handle: KEY, target: BEARER, required: true }];

  test('is put into a header or a parameter, and into nothing that is shown', async () => {
    const bench = createEgressBench({ secrets: { [KEY]: ASCII_SECRET } });
    const response = await bench.response({
      url: 'https://api.example.com/a?b=c',
      credentials: [...credentials, { handle: KEY, target: QUERY, required: true }],
    });
    const [sent] = bench.network.requests;
    expect(sent?.headers).toEqual({ authorization: `Bearer ${ASCII_SECRET}`, 'accept-encoding': 'identity' });
    expect(sent?.url).toBe(`https://api.example.com/a?b=c&app%20key=${encodeURIComponent(ASCII_SECRET)}`);
    expect(findLeaks([response, bench.facts, bench.boundaries], [ASCII_SECRET])).toEqual([]);
  });

  const other = parseSecretHandle('other-key');
  const taken = { handle: KEY, target: { kind: 'header', name: 'X-Note' }, required: true } as const;
  const refused: readonly (readonly [
    EgressFailureRule,
    string | undefined,
    BenchOptions,
    Partial<HttpEgressRequest>,
  ])[] = [
    [
      'credential_not_granted',
      'secret_not_granted',
      {},
      { credentials: [{ handle: other, target: BEARER, required: false }] },
    ],
    ['credential_not_granted', 'secret_not_granted', { injectable: [] }, { credentials }],
    ['credential_missing', 'secret_missing', { secrets: {} }, { credentials }],
    ['credential_unusable', undefined, { secrets: { [KEY]: 'two\r\nlines-of-text' } }, { credentials }],
    ['credential_unusable', undefined, { secrets: { [KEY]: 'ü-ber-secret' } }, { credentials }],
    ['credential_unusable', undefined, { secrets: { [KEY]: ' padded-secret' } }, { credentials }],
    ['credential_place', 'request_refused', {}, { credentials: [taken], headers: [['x-note', 'mine']] }],
    ['credential_place', 'request_refused', {}, { credentials: [taken, taken] }],
    [
      'credential_place',
      'request_refused',
      {},
      { credentials: [{ ...taken, target: { kind: 'header', name: 'X-Note', prefix: 'a\r\nb: ' } }] },
    ],
    [
      'credential_unusable',
      undefined,
      { secrets: { [KEY]: 'a'.repeat(8 * 1024 + 1) } },
      { credentials: [{ ...taken, target: { kind: 'query', name: 'app' } }] },
    ],
    [
      'request_leak',
      'request_leak',
      {},
      { credentials: [{ ...taken, target: { kind: 'header', name: 'X-Note', prefix: TOKEN } }] },
    ],
    ['request_leak', 'request_leak', {}, { credentials: [{ ...taken, target: { kind: 'query', name: TOKEN } }] }],
    [
      'credential_place',
      'request_refused',
      {},
      { credentials: [{ ...taken, target: { kind: 'header', name: 'a b' } }] },
    ],
    ['credential_place', 'request_refused', {}, { credentials: [{ ...taken, target: { kind: 'query', name: '' } }] }],
    [
      'credential_place',
      'request_refused',
      {},
      { url: 'https://api.example.com/?%61pp=1', credentials: [{ ...taken, target: { kind: 'query', name: 'app' } }] },
    ],
    [
      'framing_header',
      'request_refused',
      {},
      { credentials: [{ ...taken, target: { kind: 'header', name: 'Host' } }] },
    ],
    ['plain_credentials', 'request_refused', {}, { url: 'http://api.example.com/', credentials }],
    [
      'plain_credentials',
      'request_refused',
      { targets: [{ scheme: 'http', host: 'localhost', private: true }] },
      { url: 'http://localhost/', credentials },
    ],
    [
      'plain_credentials',
      'request_refused',
      { targets: [{ scheme: 'http', host: '10.0.0.1', private: true }] },
      { url: 'http://10.0.0.1/', credentials },
    ],
    [
      'plain_credentials',
      'request_refused',
      { targets: [{ scheme: 'http', host: '127.0.0.1' }] },
      { url: 'http://127.0.0.1/', credentials },
    ],
  ];
  test.each(refused)('is not sent: %s (%#)', async (rule, boundary, options, part) => {
    const bench = createEgressBench({ secrets: { [KEY]: ASCII_SECRET }, ...options });
    expect(await bench.request(part)).toEqual(failedOutcome(rule));
    expect(bench.boundaries).toEqual(boundary === undefined ? [] : [boundary]);
    expect([bench.network.resolved, bench.network.requests]).toEqual([[], []]);
  });

  test('goes over plain http to this machine where the operator opened it', async () => {
    const targets = [{ scheme: 'http', host: '127.0.0.1', port: 8080, private: true } as const];
    const bench = createEgressBench({ targets, secrets: { [KEY]: ASCII_SECRET } });
    await bench.response({ url: 'http://127.0.0.1:8080/', credentials });
    expect(bench.network.requests[0]?.headers['authorization']).toBe(`Bearer ${ASCII_SECRET}`);
  });

  test('that is missing and not required is left out, each for itself', async () => {
    const bench = createEgressBench({ secrets: { [KEY]: ASCII_SECRET }, injectable: [KEY, other] });
    const optional = { handle: other, target: { kind: 'header', name: 'X-Other' }, required: false } as const;
    expect((await bench.request({ credentials: [optional, ...credentials] })).kind).toBe('answered');
    expect(bench.network.requests[0]?.headers).toEqual({
      authorization: `Bearer ${ASCII_SECRET}`,
      'accept-encoding': 'identity',
    });
    expect(await bench.request({ credentials: [{ ...optional, required: true }] })).toEqual(
      failedOutcome('credential_missing'),
    );
  });

  test('that was lent is not there once it was taken back', async () => {
    const bench = createEgressBench();
    expect(await bench.request({ credentials })).toEqual(failedOutcome('credential_missing'));
  });
});
