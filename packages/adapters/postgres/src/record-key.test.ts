import { acquireLease } from '@reborn/host-api';
import { describe, expect, test } from 'vitest';
import { emptySchema, openStore, opening } from '../test/support.ts';
import { KEY_SLOT_BYTES_MAX } from './limits.ts';
import { fromKeyBytes, toKeyBytes, toKeySlot } from './record-key.ts';

const keys = ['a', 'Z', 'é', '\ud7ff', '😀', '\u{10ffff}', '\ue000', 'ﬀ', '￿', '|5:acme|-#', '😀\ue000', 'x😀'];
const long = 'k'.repeat(KEY_SLOT_BYTES_MAX);
const longKeys = [
  long,
  `${long}a`,
  `${long}b`,
  `${long}😀`,
  `${long}\ue000`,
  `${long}${'z'.repeat(3000)}`,
  `${long.slice(1)}z`,
];

describe('keys', () => {
  test('come back as they were and sort by code unit, however long they are', async () => {
    const all = [...keys, ...longKeys];
    expect(all.map((key) => fromKeyBytes(toKeyBytes(key)))).toEqual(all);
    const store = await openStore(await emptySchema(), {
      time: 'host',
      opening: { ...opening, clock: { nowMs: () => 1 } },
    });
    await store.commit(all.map((key) => acquireLease(key, 'me', 1000)));
    for (const request of [{ status: 'held' }, { owner: 'me' }, {}]) {
      const listed = await store.list('lease', { limit: 99, ...request });
      expect(listed.map(({ key }) => key)).toEqual([...all].sort());
      const newest = await store.list('lease', { limit: 99, order: 'newest', ...request });
      expect(newest.map(({ key }) => key)).toEqual([...all].sort().reverse());
    }
    expect(await store.get('lease', `${long}b`)).toMatchObject({ holder: 'me' });
    expect(await store.get('lease', `${long}c`)).toBeUndefined();
  });

  test('have slots of their own, none longer than an index takes', () => {
    const slots = [...keys, ...longKeys].map((key) => Buffer.from(toKeySlot(key).slot).toString('hex'));
    expect(new Set(slots).size).toBe(slots.length);
    expect(slots.every((slot) => slot.length <= 2 * (KEY_SLOT_BYTES_MAX + 33))).toBe(true);
  });
});
