import { describe, expect, test } from 'vitest';
import { parseTenantId } from '../ids.ts';
import { CommitListeners } from './commit-listeners.ts';
import type { CommitInterest } from './stream.ts';

const tenantId = parseTenantId('acme');
const change = (family: 'audit' | 'journal', ...kinds: readonly string[]) => ({
  stream: { family, tenantId },
  kinds: new Set(kinds),
});

function listening(...interests: readonly (CommitInterest | undefined)[]) {
  const listeners = new CommitListeners();
  const calls = interests.map(() => 0);
  const stops = interests.map((interest, at) => listeners.add(() => void (calls[at] = (calls[at] ?? 0) + 1), interest));
  return { listeners, calls, stops };
}

describe('Commit listeners', () => {
  test('are called once for a commit, however many of its changes concern them', async () => {
    const { listeners, calls } = listening(undefined, { tenantId }, { kinds: ['seen'] });
    listeners.notify([change('audit', 'seen'), change('journal', 'seen', 'noted'), change('audit')]);
    expect(calls).toEqual([0, 0, 0]);
    await Promise.resolve();
    expect(calls).toEqual([1, 1, 1]);
  });

  test('are all called when it is not known what was committed', async () => {
    const { listeners, calls } = listening(undefined, { family: 'audit' }, { tenantId, kinds: ['seen'] });
    listeners.notifyAll();
    await Promise.resolve();
    expect(calls).toEqual([1, 1, 1]);
  });

  test('are called whatever their kinds when it is not known what was appended to their stream', async () => {
    const { listeners, calls } = listening({ family: 'audit', kinds: ['seen'] }, { family: 'journal' });
    listeners.notify([{ stream: { family: 'audit', tenantId }, kinds: undefined }]);
    await Promise.resolve();
    expect(calls).toEqual([1, 0]);
  });

  test('are not called any more once they have gone, also between a commit and its call', async () => {
    const { listeners, calls, stops } = listening(undefined, { family: 'audit' });
    listeners.notify([change('audit')]);
    stops[0]?.();
    await Promise.resolve();
    listeners.notify([change('audit')]);
    listeners.clear();
    await Promise.resolve();
    expect(calls).toEqual([0, 1]);
  });

  test('take one function as often as it is added', async () => {
    const listeners = new CommitListeners();
    let calls = 0;
    const listener = (): void => void (calls += 1);
    const stop = listeners.add(listener);
    listeners.add(listener);
    listeners.notify([]);
    await Promise.resolve();
    stop();
    listeners.notify([]);
    await Promise.resolve();
    expect(calls).toBe(3);
  });

  test('may be disposed twice, and others of the same interest go on', async () => {
    const { listeners, calls, stops } = listening({ family: 'audit' }, { family: 'audit' });
    stops[0]?.();
    stops[0]?.();
    listeners.notify([change('audit')]);
    await Promise.resolve();
    expect(calls).toEqual([0, 1]);
  });
});
