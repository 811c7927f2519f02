import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  defaultPort,
  findTarget,
  intersectTargets,
  networkTargetSchema,
  type NetworkPlace,
  type NetworkTarget,
} from './http-egress.ts';

function place(host: string, overrides: Partial<NetworkPlace> = {}): NetworkPlace {
  return { scheme: 'https', host, port: 443, ...overrides };
}

function isReached(target: NetworkTarget, at: NetworkPlace): boolean {
  return findTarget([target], at) !== undefined;
}

describe('A network target', () => {
  test('is one host, written in any case', () => {
    const target = networkTargetSchema.parse({ host: 'API.Example.com' });
    expect(target).toEqual({ host: 'api.example.com' });
    expect(isReached(target, place('api.example.com'))).toBe(true);
    for (const other of ['example.com', 'x.api.example.com', 'api.example.com.evil.org', 'apiXexample.com']) {
      expect(isReached(target, place(other))).toBe(false);
    }
  });

  test('with a wildcard is every host that is exactly one label longer', () => {
    const target = { host: '*.example.com' };
    expect(isReached(target, place('a.example.com'))).toBe(true);
    for (const other of ['example.com', 'a.b.example.com', '.example.com', 'aexample.com', 'a.example.com.org']) {
      expect(isReached(target, place(other))).toBe(false);
    }
  });

  test('with a wildcard is no address', () => {
    expect(isReached({ host: '*.0.0.1' }, place('127.0.0.1'))).toBe(false);
    expect(isReached({ host: '127.0.0.1' }, place('127.0.0.1'))).toBe(true);
  });

  test('means https and the port of its scheme unless it says otherwise', () => {
    const http: Partial<NetworkPlace> = { scheme: 'http', port: 80 };
    const cases: readonly (readonly [NetworkTarget, Partial<NetworkPlace>, boolean])[] = [
      [{ host: 'a.example' }, {}, true],
      [{ host: 'a.example' }, http, false],
      [{ host: 'a.example' }, { port: 8443 }, false],
      [{ host: 'a.example' }, { scheme: 'http', port: 443 }, false],
      [{ host: 'a.example', port: 8443 }, { port: 8443 }, true],
      [{ host: 'a.example', port: 8443 }, {}, false],
      [{ host: 'a.example', scheme: 'http' }, http, true],
      [{ host: 'a.example', scheme: 'http' }, {}, false],
      [{ host: 'a.example', scheme: 'http', port: 8080 }, { scheme: 'http', port: 8080 }, true],
    ];
    expect(cases.map(([target, at]) => isReached(target, place('a.example', at)))).toEqual(
      cases.map(([, , reached]) => reached),
    );
    expect([defaultPort('https'), defaultPort('http')]).toEqual([443, 80]);
  });

  test('that fits first decides about private addresses', () => {
    const [open, closed] = [{ host: 'a.corp.example', private: true }, { host: '*.corp.example' }];
    expect(findTarget([open, closed], place('a.corp.example'))).toEqual(open);
    expect(findTarget([closed, open], place('a.corp.example'))).toEqual(closed);
  });

  test.each([
    '',
    '*',
    '*.',
    'a.*',
    '**.example.com',
    '*.*.example.com',
    'a*.example.com',
    '.example.com',
    'example.com.',
    'a..b',
    'exa mple.com',
    'example.com:443',
    'https://example.com',
    'user@example.com',
    '[::1]',
    'bücher.example',
    '-a.example',
    `${'a'.repeat(64)}.example`,
    'a.'.repeat(130),
  ])('is refused when its host is no host name: %s', (host) => {
    expect(networkTargetSchema.safeParse({ host }).success).toBe(false);
  });

  test.each([
    { host: 'a.example', port: 0 },
    { host: 'a.example', port: 65_536 },
    { host: 'a.example', scheme: 'ftp' },
    { host: 'a.example', path: '/' },
    { scheme: 'https' },
  ])('is refused with anything else that is not in its words: %j', (target) => {
    expect(networkTargetSchema.safeParse(target).success).toBe(false);
  });
});

describe('What a capability declares and what a grant allows', () => {
  const names = ['a.example', 'b.example', 'a.b.example', 'c.example'];
  const hosts = [...names, '*.example', '*.b.example', '127.0.0.1'];
  const target = fc.record(
    {
      host: fc.constantFrom(...hosts),
      scheme: fc.constantFrom('https' as const, 'http' as const),
      port: fc.constantFrom(443, 80),
      private: fc.boolean(),
    },
    { requiredKeys: ['host', 'private'] },
  );
  const targets = fc.array(target, { maxLength: 4 });
  const places = [...names, '127.0.0.1'].flatMap((host) => [
    place(host),
    place(host, { port: 80 }),
    place(host, { scheme: 'http', port: 80 }),
    place(host, { scheme: 'http', port: 443 }),
  ]);

  test('leave what both let through, and private what the grant opens', () => {
    fc.assert(
      fc.property(targets, targets, (declared, granted) => {
        const both = intersectTargets(declared, granted) ?? [];
        for (const at of places) {
          const grant = findTarget(granted, at);
          const expected = grant !== undefined && findTarget(declared, at) !== undefined ? grant.private : undefined;
          expect(findTarget(both, at)?.private).toBe(expected);
        }
      }),
    );
  });

  test('stand for each other where one of them is missing, but nothing is private without a grant', () => {
    const declared = [{ host: 'a.example', private: true }];
    expect(intersectTargets(declared, undefined)).toEqual([{ host: 'a.example', private: false }]);
    expect(intersectTargets(undefined, declared)).toEqual(declared);
    expect(intersectTargets(undefined, undefined)).toBeUndefined();
    expect(intersectTargets([], undefined)).toEqual([]);
    expect(intersectTargets(undefined, [])).toEqual([]);
  });
});
