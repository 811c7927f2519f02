import { createFakePlatform } from '@reborn/host-api/testkit';
import { scriptedHandler } from '@reborn/host-runtime/testkit';
import { expect, test } from 'vitest';
import { adoptHandler } from './adopt-handler.ts';

test('whether a program runs in a sandbox is a part of what an approval is bound to', () => {
  const { digest } = createFakePlatform();
  const program = scriptedHandler({ descriptor: { effects: ['execute_code'] }, lane: 'process' });
  const digests = [true, false].map((sandboxed) => adoptHandler({ ...program, sandboxed }, digest).digest);
  expect(new Set(digests).size).toBe(2);
  expect(adoptHandler(program, digest).digest).toBe(digests[1]);
});
