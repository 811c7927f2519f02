import { createHash, randomBytes } from 'node:crypto';
import { parseUserId, portableDigest } from '@reborn/host-api';
import { describe, expect, test, vi } from 'vitest';
import { createNodeCipher, createNodeDiagnostics, createNodeTimers, node, operatingSystemUser } from './index.ts';
import { bytesOf, textOf } from '../test/support.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('the machine', () => {
  const machine = node();

  test('tells whole milliseconds', () => {
    const before = Date.now();
    expect(machine.clock.nowMs()).toBeGreaterThanOrEqual(before);
    expect(Number.isInteger(machine.clock.nowMs())).toBe(true);
  });

  test('makes ids that grow and never repeat', () => {
    const ids = Array.from({ length: 2000 }, () => machine.ids.uuid());
    expect(ids.every((id) => UUID_V7.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(ids);
  });

  test('gives as many random bytes as asked for, different each time', () => {
    expect(machine.random.bytes(0)).toHaveLength(0);
    expect(machine.random.bytes(32)).toHaveLength(32);
    expect(machine.random.bytes(32)).not.toEqual(machine.random.bytes(32));
    expect(() => machine.random.bytes(-1)).toThrow('Invariant');
  });

  test('digests as the portable digest does', () => {
    const bytes = randomBytes(1000);
    expect(machine.digest.sha256Hex(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(machine.digest.sha256Hex(bytes)).toBe(portableDigest.sha256Hex(bytes));
  });
});

describe('timers', () => {
  test('run a callback after schedule returned, and not once it is disposed', async () => {
    const timers = createNodeTimers();
    const called: string[] = [];
    const dispose = timers.schedule(5, () => called.push('disposed'));
    await new Promise<void>((resolve) => {
      timers.schedule(0, () => called.push('first'));
      called.push('returned');
      dispose();
      createNodeTimers({ keepAlive: true }).schedule(30, resolve);
    });
    expect(called).toEqual(['returned', 'first']);
  });

  test('make one long delay of several that the event loop can hold', () => {
    vi.useFakeTimers();
    try {
      let called = 0;
      createNodeTimers().schedule(2 ** 31 + 10, () => (called += 1));
      vi.advanceTimersByTime(2 ** 31);
      expect(called).toBe(0);
      vi.advanceTimersByTime(10);
      expect(called).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the cipher', () => {
  const key = new Uint8Array(randomBytes(32));
  const cipher = createNodeCipher({ key });

  test('opens what it sealed, under the same key and context only', async () => {
    const sealed = await cipher.seal(bytesOf('secret'), 'tenant|name');
    const opened = await cipher.open(sealed, 'tenant|name');
    expect(opened === undefined ? '' : textOf(opened)).toBe('secret');
    expect(await cipher.open(sealed, 'tenant|other')).toBeUndefined();
    expect(await createNodeCipher({ key: new Uint8Array(32) }).open(sealed, 'tenant|name')).toBeUndefined();
    expect(textOf(sealed)).not.toContain('secret');
  });

  test('opens nothing that was changed, cut or made up', async () => {
    const sealed = await cipher.seal(bytesOf('secret'), 'c');
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Uint8Array.from(sealed, (byte, index) => (index === at ? byte ^ 1 : byte));
      expect(await cipher.open(changed, 'c')).toBeUndefined();
      expect(await cipher.open(sealed.subarray(0, at), 'c')).toBeUndefined();
    }
  });

  test('seals the same text differently each time, also the empty one', async () => {
    expect(await cipher.seal(bytesOf(''), 'c')).not.toEqual(await cipher.seal(bytesOf(''), 'c'));
    expect(await cipher.open(await cipher.seal(bytesOf(''), 'c'), 'c')).toEqual(new Uint8Array(0));
  });

  test('takes a key of exactly 32 bytes, and a copy of it', async () => {
    expect(() => createNodeCipher({ key: new Uint8Array(16) })).toThrow('must be 32 bytes');
    const own = new Uint8Array(randomBytes(32));
    const copied = createNodeCipher({ key: own });
    const sealed = await copied.seal(bytesOf('x'), 'c');
    own.fill(0);
    expect(await copied.open(sealed, 'c')).toEqual(bytesOf('x'));
  });

  test('refuses a context that would be taken for another one', async () => {
    await expect(cipher.seal(bytesOf('x'), '\ud800')).rejects.toThrow('well-formed');
  });
});

describe('diagnostics', () => {
  test('are one bounded line without control characters, and never throw', () => {
    const lines: string[] = [];
    const diagnostics = createNodeDiagnostics({ write: (line) => void lines.push(line) });
    diagnostics.report('store is slow', { waitedMs: 12 });
    diagnostics.report('two\nlines \u001b[31m');
    diagnostics.report('x'.repeat(10_000));
    expect(lines[0]).toBe('reborn: store is slow {"waitedMs":12}\n');
    expect(lines.every((line) => line.endsWith('\n') && !line.slice(0, -1).includes('\n'))).toBe(true);
    expect(lines[1]).not.toContain('\u001b');
    expect((lines[2] ?? '').length).toBeLessThan(4200);
    const broken = createNodeDiagnostics({
      write: () => {
        throw new Error('closed');
      },
    });
    expect(() => broken.report('anything')).not.toThrow();
  });
});

test('names the user of the operating system in the form of an id', () => {
  const { id } = operatingSystemUser();
  expect(parseUserId(id)).toBe(id);
});
