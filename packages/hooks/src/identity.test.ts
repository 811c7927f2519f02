import { parseDigest, parseExtensionId, portableDigest } from '@reborn/host-api';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHookId, type HookIdentity } from './identity.ts';

const identity: HookIdentity = {
  extensionId: parseExtensionId('rules'),
  extensionVersion: '1.0.0',
  localId: 'office-hours',
  hookVersion: 1,
};
const idOf = (changes: Partial<HookIdentity> = {}) => toHookId({ ...identity, ...changes }, portableDigest);

describe('the id of a hook', () => {
  test('is a token that may stand in records', () => {
    expect(idOf()).toMatch(/^[a-z][a-z0-9_.:-]{0,127}$/);
  });

  test('is the same for the same hook, pinned', () => {
    expect(idOf()).toBe('hook:c0c1c653f803dd2857a24cf7c5bf7a8afcb0c5d9c14ca5a892183d087e5fa69d');
  });

  test('changes with each of its parts', () => {
    const ids = [
      idOf(),
      idOf({ extensionId: parseExtensionId('other') }),
      idOf({ extensionVersion: '1.0.1' }),
      idOf({ localId: 'office' }),
      idOf({ hookVersion: 2 }),
      idOf({ bodyDigest: parseDigest(`sha256:${'a'.repeat(64)}`) }),
      idOf({ bodyDigest: parseDigest(`sha256:${'b'.repeat(64)}`) }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('cannot be reached by moving text from one part to the next', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 8 }),
        fc.string({ minLength: 1, maxLength: 8 }),
        (left, right) => {
          fc.pre((left + right).isWellFormed());
          const moved = idOf({ extensionVersion: left, localId: right });
          expect(idOf({ extensionVersion: left + right, localId: 'x' })).not.toBe(moved);
          if (left !== right) expect(idOf({ extensionVersion: right, localId: left })).not.toBe(moved);
        },
      ),
    );
  });
});
