import { acquireLease } from '@reborn/host-api';
import { describe, expect, test } from 'vitest';
import { openStore, temporaryFile } from '../test/support.ts';
import { fromKeyBytes, toKeyBytes } from './record-key.ts';

describe('keys', () => {
  test('come back as they were and sort by code unit', async () => {
    const keys = ['a', 'Z', 'é', '\ud7ff', '😀', '\u{10ffff}', '\ue000', 'ﬀ', '￿', '|5:acme|-#', '😀\ue000', 'x😀'];
    expect(keys.map((key) => fromKeyBytes(toKeyBytes(key)))).toEqual(keys);
    const store = await openStore(await temporaryFile());
    await store.commit(keys.map((key) => acquireLease(key, 'me', 1000)));
    const listed = await store.list('lease', { limit: 99, status: 'held' });
    expect(listed.map(({ key }) => key)).toEqual([...keys].sort());
  });
});
