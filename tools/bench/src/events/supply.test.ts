import { toAppends } from '@reborn/events';
import { describe, expect, test } from 'vitest';
import { createDrafts, createLogRecords } from './supply.ts';

describe('The supply of events', () => {
  test.each([512, 8192])('makes bodies of about %i bytes', (bytes) => {
    expect(Math.abs(JSON.stringify(createDrafts(bytes, 1)().body).length - bytes)).toBeLessThan(bytes / 20);
  });

  test('makes records that the log takes, of about 512 bytes', () => {
    const [write] = toAppends([createLogRecords(1)()]);
    expect(Math.abs(JSON.stringify(write?.records[0]?.body).length - 512)).toBeLessThan(26);
  });
});
