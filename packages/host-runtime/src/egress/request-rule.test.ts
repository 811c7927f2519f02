import { type HttpEgressRequest } from '@reborn/host-api';
import { describe, expect, test } from 'vitest';
import { createEgressBench, KEY } from '../../test/egress/egress-bench.ts';
import { failedOutcome, type EgressFailureRule } from './egress-failure.ts';

const SECRET = 'correct/horse+battery staple"ü';
const TOKEN = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe('A request', () => {
  const unreadable: readonly unknown[] = [
    undefined,
    'https://api.example.com/',
    { url: 1 },
    { method: 'TRACE' },
    { method: 'CONNECT' },
    { url: `https://api.example.com/${'a'.repeat(8 * 1024)}` },
    { headers: Array.from({ length: 65 }, () => ['x', 'y']) },
    { headers: [['x'.repeat(513), 'y']] },
    { headers: [['x', 'y'.repeat(8 * 1024 + 1)]] },
    { headers: { x: 'y' } },
    { body: 'text' },
    { body: new Uint8Array(256 * 1024 + 1) },
    { timeoutMs: 0 },
    { timeoutMs: 30_001 },
    { responseBytesMax: 5 * 1024 * 1024 + 1 },
    { followRedirects: true },
    { credentials: [{ handle: KEY, target: { kind: 'header', name: 'X-Key' }, required: true, value: 'mine' }] },
    { credentials: [{ handle: KEY, target: { kind: 'body', name: 'key' }, required: true }] },
    { credentials: [{ target: { kind: 'header', name: 'X-Key' }, required: true }] },
  ];
  test.each(unreadable)('is refused when it does not have the form or the size of one (%#)', async (part) => {
    const bench = createEgressBench();
    const whole = { url: 'https://api.example.com/', method: 'GET', headers: [] };
    const request = typeof part === 'object' ? { ...whole, ...part } : part;
    expect(await bench.http.request(request as HttpEgressRequest)).toEqual(failedOutcome('malformed'));
    expect([bench.network.resolved, bench.boundaries, bench.facts]).toEqual([[], ['request_refused'], []]);
  });

  test('is refused when it throws while it is read', async () => {
    const url = 'https://api.example.com/';
    const body = new Proxy(new Uint8Array(1), {
      get() {
        throw new Error('no');
      },
    });
    const request = { url, method: 'GET', headers: [], body } as const;
    expect(await createEgressBench().http.request(request)).toEqual(failedOutcome('malformed'));
  });

  const refused: readonly (readonly [EgressFailureRule, Partial<HttpEgressRequest>])[] = [
    ['scheme', { url: 'ftp://api.example.com/' }],
    ['scheme', { url: 'file:///etc/passwd' }],
    ['scheme', { url: 'data:text/plain,x' }],
    ['host_form', { url: 'https://' }],
    ['host_form', { url: 'nonsense' }],
    ['host_form', { url: 'https://api.example.com:0/' }],
    ['host_form', { url: 'https://api.example.com:99999/' }],
    ['host_form', { url: 'https://api..example.com/' }],
    ['host_form', { url: 'https://*.example.com/' }],
    ['host_form', { url: 'https://1.2.3.4../' }],
    ['host_form', { url: `https://${'a.'.repeat(127)}example/` }],
    ['ambiguous_url', { url: ' https://api.example.com/' }],
    ['ambiguous_url', { url: 'https://api.example.com\\@evil.example/' }],
    ['ambiguous_url', { url: 'https://api.exa\u00admple.com/' }],
    ['ambiguous_url', { url: 'https://api.example.com/\u202emoc' }],
    ['userinfo', { url: 'https://user@api.example.com/' }],
    ['userinfo', { url: 'https://:pass@api.example.com/' }],
    ['header_form', { headers: [['x y', '1']] }],
    ['header_form', { headers: [['', '1']] }],
    ['header_form', { headers: [['x', 'a\r\nhost: evil']] }],
    ['header_form', { headers: [['x', 'a\u0000']] }],
    ['header_form', { headers: [['x', 'ü']] }],
    ['framing_header', { headers: [['Host', 'evil.example']] }],
    ['framing_header', { headers: [['Transfer-Encoding', 'chunked']] }],
    ['framing_header', { headers: [['Accept-Encoding', 'gzip']] }],
    ['framing_header', { headers: [['Content-Encoding', 'gzip']] }],
    ['framing_header', { headers: [['Proxy-Connection', 'x']] }],
    ['sensitive_header', { headers: [['Authorization', 'x']] }],
    ['sensitive_header', { headers: [['Cookie', 'a=b']] }],
    ['sensitive_header', { headers: [['X-Api-Key', 'x']] }],
    ['sensitive_header', { headers: [['X-Acme-Session-Token', 'x']] }],
    ['credential_parameter', { url: 'https://api.example.com/?api_key=x' }],
    ['credential_parameter', { url: 'https://api.example.com/?a=b&%61ccess%5Ftoken=x' }],
    ['credential_parameter', { url: 'https://api.example.com/?%2561pi_key=x' }],
    ['credential_parameter', { url: 'https://api.example.com/?X-Amz-Signature=x' }],
    ['credential_parameter', { url: 'https://api.example.com/a;password=x/b' }],
    ['credential_parameter', { url: 'https://api.example.com/#access_token=x' }],
    ['credential_parameter', { url: 'https://api.example.com/?ａｐｉ＿ｋｅｙ=x' }],
    ['credential_parameter', { headers: [['x-note', 'a=b; client_secret=x']] }],
    ['request_leak', { url: `https://api.example.com/${TOKEN}` }],
    ['request_leak', { url: `https://api.example.com/?q=${TOKEN.replace('_', '%255f')}` }],
    ['request_leak', { url: `https://api.example.com/#${TOKEN}` }],
    ['request_leak', { headers: [['x-note', TOKEN]] }],
    ['request_leak', { url: 'https://api.example.com/?q=a+Bearer+abcdefghijklmnop0123456789' }],
    ['request_leak', { headers: [[TOKEN, '1']] }],
    ['request_leak', { method: 'POST', body: bytesOf(`{"note":"${TOKEN}"}`) }],
    ['request_leak', { method: 'POST', body: bytesOf('a=b&Bearer+abcdefghijklmnop0123456789') }],
  ];
  test.each(refused)('is refused before anything is looked up: %s (%#)', async (rule, part) => {
    const bench = createEgressBench();
    expect(await bench.request(part)).toEqual(failedOutcome(rule));
    const boundary = rule === 'request_leak' ? 'request_leak' : 'request_refused';
    expect([bench.network.resolved, bench.network.requests, bench.boundaries]).toEqual([[], [], [boundary]]);
    expect(bench.http.requestBytes).toBe(0);
  });

  test.each([
    'https://api.example.com/?page_token=abc&key=v&next=a%3Db',
    'https://api.example.com/tokens/password-reset?sort=signature',
    'https://bücher.example/ä?ö=ü',
  ])('is not refused for words in everyday use: %s', async (url) => {
    expect((await createEgressBench().request({ url, headers: [['X-RateLimit-Tokens', '1']] })).kind).toBe('answered');
  });

  test('is refused when it holds a secret that the call was lent, in any spelling', async () => {
    const spellings = [
      SECRET,
      JSON.stringify(SECRET),
      encodeURIComponent(SECRET),
      Buffer.from(`x${SECRET}`).toString('base64'),
      Buffer.from(SECRET).toString('hex'),
    ];
    for (const spelling of spellings) {
      const bench = createEgressBench({ secrets: { [KEY]: SECRET } });
      expect(await bench.request({ method: 'POST', body: bytesOf(spelling) })).toEqual(failedOutcome('request_leak'));
      const asked = await bench.request({ url: `https://api.example.com/?q=${encodeURIComponent(spelling)}` });
      expect(asked).toEqual(failedOutcome('request_leak'));
    }
  });
});
