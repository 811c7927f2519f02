import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toAuthor, toErrorKind, toHookLabel, toLabel, toSubscriptionName, UNCLASSIFIED } from './redaction.ts';
import { ERROR_KIND_TABLE } from './testkit/event-log/append-cases.ts';

const hookId = `hook:${'0a'.repeat(32)}`;

/** What no field takes, whatever its form. */
const HOSTILE: readonly unknown[] = [
  '',
  ' ',
  '/home/alice/.ssh/id_rsa',
  'https://example.org/?token=1',
  'Bearer abc',
  'sk-live-4242424242424242',
  'sk_live_4242424242424242',
  'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
  'xoxb-123456789012-abcdef',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
  'eyjhbgcioijiuzi1nij9',
  'a\nb',
  'Ä',
  'a'.repeat(300),
  undefined,
  null,
  42,
  ['hook_refused'],
  { toString: () => 'hook_refused' },
];

/** What stands on the left becomes what stands on the right. */
type Table = readonly (readonly [unknown, string])[];

const LABELS: Table = [
  ['before_capability', 'before_capability'],
  ['a', 'a'],
  ['a'.repeat(48), 'a'.repeat(48)],
  ['a'.repeat(49), UNCLASSIFIED],
  ['internal_invariant_violation', 'internal_invariant_violation'],
  ['Refuse', UNCLASSIFIED],
  ['1st', UNCLASSIFIED],
  ['_a', UNCLASSIFIED],
  ['a-b', UNCLASSIFIED],
  ['a.b', UNCLASSIFIED],
];
const HOOK_IDS: Table = [
  [hookId, hookId],
  [hookId.toUpperCase(), UNCLASSIFIED],
  [hookId.slice(0, -1), UNCLASSIFIED],
  [`${hookId}0`, UNCLASSIFIED],
  [hookId.replace('0a', '0g'), UNCLASSIFIED],
  ['0a'.repeat(32), UNCLASSIFIED],
  ['hook:notes', UNCLASSIFIED],
];
const AUTHORS: Table = [
  ['authoriser', 'authoriser'],
  ['hook:spend-cap.v2', 'hook:spend-cap.v2'],
  ['gate:0a1b2c3d-0000-4000-8000-000000000001', 'gate:0a1b2c3d-0000-4000-8000-000000000001'],
  [`hook:${'a'.repeat(128)}`, `hook:${'a'.repeat(128)}`],
  ['hook:', UNCLASSIFIED],
  ['hook:Alice', UNCLASSIFIED],
  ['somebody else', UNCLASSIFIED],
  ['hook:sk-live-4242424242424242', UNCLASSIFIED],
];
const SUBSCRIPTIONS: Table = [
  ['lifecycle-projection', 'lifecycle-projection'],
  [`event_hook:${'0a'.repeat(32)}`, `event_hook:${'0a'.repeat(32)}`],
  ['a'.repeat(128), 'a'.repeat(128)],
  ['a'.repeat(129), UNCLASSIFIED],
  ['my projection', UNCLASSIFIED],
  ['../etc', UNCLASSIFIED],
];

describe.each<[string, (value: unknown) => string, Table]>([
  ['An error kind', toErrorKind, ERROR_KIND_TABLE],
  ['A label', toLabel, LABELS],
  ['A hook id', toHookLabel, HOOK_IDS],
  ['An author', toAuthor, AUTHORS],
  ['The name of a subscription', toSubscriptionName, SUBSCRIPTIONS],
])('%s', (_, clean, table) => {
  test.each(table)('of %j is %j', (raw, expected) => {
    expect(clean(raw)).toBe(expected);
  });

  test.each(HOSTILE.map((raw) => [raw]))('is not made of %j', (raw) => {
    expect(clean(raw)).toBe(UNCLASSIFIED);
  });

  test('stays as it is when it is cleaned again', () => {
    for (const [, expected] of table) expect(clean(expected)).toBe(expected);
    expect(clean(UNCLASSIFIED)).toBe(UNCLASSIFIED);
  });

  test('holds no character that a path, a URL, a sentence or a query needs, whatever it was made of', () => {
    const pieces = fc.array(fc.constantFrom('a', 'ok', '_', '.', ':', '/', ' ', '-', 'A', '9', 'ä', '\n', 'sk', '?'), {
      maxLength: 80,
    });
    const anything = fc.oneof(
      pieces.map((parts) => parts.join('')),
      fc.string(),
    );
    fc.assert(
      fc.property(anything, (raw) => {
        const found = clean(raw);
        expect(found).toMatch(/^[a-z][a-z0-9_.:-]*$/);
        expect(found.length).toBeLessThanOrEqual(160);
        expect([raw, UNCLASSIFIED]).toContain(found);
      }),
    );
  });
});

describe('An error kind of any text', () => {
  test('is made of short words', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', '_', '.', ':', '9'), maxLength: 80 }), (raw) => {
        const found = toErrorKind(raw);
        expect(found).toMatch(/^[a-z][a-z0-9_]{0,23}([.:][a-z][a-z0-9_]{0,23})*$/);
        expect(found.length).toBeLessThanOrEqual(64);
      }),
    );
  });
});
