import { parseVirtualPath } from '@reborn/host-api';
import { createInMemoryFileSystem } from '@reborn/host-api/testkit';
import { describe, expect, it } from 'vitest';
import { pathLockOf } from './path-lock.ts';

const A = parseVirtualPath('/projects/a');
const B = parseVirtualPath('/projects/b');
const going = () => new AbortController().signal;

/** Work that ends when it is told to. */
function openWork() {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  return { end, ended };
}

describe('the lock of a path', () => {
  it('lets one after the other in, in the order in which they came', async () => {
    const lock = pathLockOf(createInMemoryFileSystem());
    const first = openWork();
    const order: string[] = [];
    const enter = (name: string, work = Promise.resolve()) =>
      lock.hold(A, going(), async () => {
        order.push(`${name} in`);
        await work;
        order.push(`${name} out`);
      });
    const all = [enter('first', first.ended), enter('second'), enter('third')];
    await lock.hold(B, going(), async () => void order.push('elsewhere'));
    first.end();
    await Promise.all(all);
    expect(order).toEqual(['first in', 'elsewhere', 'first out', 'second in', 'second out', 'third in', 'third out']);
  });

  it('is left by work that fails', async () => {
    const lock = pathLockOf(createInMemoryFileSystem());
    await expect(lock.hold(A, going(), () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(await lock.hold(A, going(), async () => 'in')).toBe('in');
  });

  it('is one for each file system, whoever asks', () => {
    const files = createInMemoryFileSystem();
    expect(pathLockOf(files)).toBe(pathLockOf(files));
    expect(pathLockOf(files)).not.toBe(pathLockOf(createInMemoryFileSystem()));
  });

  it('lets those leave who are stopped while they wait, and those stay who are in', async () => {
    const lock = pathLockOf(createInMemoryFileSystem());
    const first = openWork();
    const stop = new AbortController();
    const held = lock.hold(A, stop.signal, () => first.ended);
    const waiting = lock.hold(A, stop.signal, async () => 'in');
    const next = lock.hold(A, going(), async () => 'next');
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled', effect: 'none' });
    await expect(lock.hold(A, stop.signal, async () => 'in')).rejects.toMatchObject({ code: 'cancelled' });
    first.end();
    expect([await held, await next]).toEqual([undefined, 'next']);
  });

  it('takes 256 that wait and no more', async () => {
    const lock = pathLockOf(createInMemoryFileSystem());
    const first = openWork();
    const held = [lock.hold(A, going(), () => first.ended)];
    for (let at = 0; at < 256; at += 1) held.push(lock.hold(A, going(), async () => undefined));
    await expect(lock.hold(A, going(), async () => 'in')).rejects.toMatchObject({ code: 'busy', effect: 'none' });
    first.end();
    await Promise.all(held);
    expect(await lock.hold(A, going(), async () => 'in')).toBe('in');
  });
});
