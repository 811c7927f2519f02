import { createInMemoryStore, parseTenantId } from '@reborn/host-api';
import { createFakePlatform } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffMs } from './delivery.ts';
import { createConsumer } from './follower.ts';
import { subscriptionKey, subscriptionNameIn } from './subscription-key.ts';

const stream = { family: 'runtime', tenantId: parseTenantId('acme') } as const;

describe('The key of a subscription', () => {
  test('is pinned, since stored cursors are found by it', () => {
    expect(subscriptionKey(stream, 'hook:notes')).toBe('subscription|runtime|4:acme|10:hook:notes');
  });

  test('tells tenants and names apart whatever they hold', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '|', ':', '1', 'ä'), minLength: 1, maxLength: 6 });
    const pair = fc.tuple(text, text);
    fc.assert(
      fc.property(pair, pair, ([tenant, name], [otherTenant, otherName]) => {
        const key = subscriptionKey({ family: 'runtime', tenantId: parseTenantId(tenant) }, name);
        const other = subscriptionKey({ family: 'runtime', tenantId: parseTenantId(otherTenant) }, otherName);
        expect(key === other).toBe(tenant === otherTenant && name === otherName);
        const otherStream = { family: 'runtime', tenantId: parseTenantId(otherTenant) } as const;
        expect(subscriptionNameIn(otherStream, key)).toBe(tenant === otherTenant ? name : undefined);
      }),
    );
  });
});

describe('The pause after a failed delivery', () => {
  test('doubles up to half a minute', () => {
    const pauses = [1, 2, 3, 4, 8, 9, 100].map((attempt) => backoffMs(attempt));
    expect(pauses).toEqual([200, 400, 800, 1_600, 25_600, 30_000, 30_000]);
  });

  test('is shortened by up to half, so that failures of one moment are not tried again in one moment', () => {
    expect([0, 0.25, 1, -1, 7].map((jitter) => backoffMs(2, jitter))).toEqual([400, 350, 200, 400, 200]);
  });
});

describe('A follower', () => {
  test.each([{ name: '' }, { name: 'a\nb' }, { name: 'x'.repeat(257) }, { holder: '' }, { holder: 'ä'.repeat(129) }])(
    'is not made of %j',
    (part) => {
      const platform = createFakePlatform();
      const store = createInMemoryStore({ machines: [], ...platform });
      const options = {
        store,
        ...platform,
        name: 'n',
        holder: 'h',
        stream,
        from: 'origin' as const,
        handle: async () => [],
        onFailure: () => [],
      };
      expect(() => createConsumer({ ...options, ...part })).toThrow(
        /^A request to the log does not have the required form/,
      );
    },
  );
});
