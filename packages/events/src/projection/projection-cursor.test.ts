import { portableDigest, type RunId } from '@reborn/host-api';
import { buildScope, fixedUuid } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import type { Cursor } from '../cursor.ts';
import { readScopeFor } from '../read-scope.ts';
import { bindCursors, mintProjectionCursor, readProjectionCursor } from './projection-cursor.ts';

const scope = readScopeFor(buildScope());
const bind = (projection: string, stream: Parameters<typeof bindCursors>[1]) =>
  bindCursors(projection, stream, portableDigest);
const binding = bind('runs', { family: 'runtime', scope });

describe('A cursor of a projection', () => {
  test.each([0, 1, 4_294_967_296, Number.MAX_SAFE_INTEGER])('leads back to its place: %d', (position) => {
    const cursor = mintProjectionCursor(binding, position as Cursor);
    expect(cursor.length).toBeLessThanOrEqual(128);
    expect(readProjectionCursor(binding, cursor)).toEqual({ kind: 'position', position });
  });

  test('belongs to one projection of one stream in one scope', () => {
    const cursor = mintProjectionCursor(binding, 7 as Cursor);
    const narrow = readScopeFor(buildScope(), { runId: fixedUuid(1) as RunId });
    const others = [
      bind('notes', { family: 'runtime', scope }),
      bind('runs', { family: 'audit', scope }),
      bind('runs', { family: 'runtime', scope: narrow }),
      bind('runs', { family: 'runtime', scope: readScopeFor(buildScope({ agentId: undefined })) }),
    ];
    const foreign = { kind: 'rebase_required', reason: 'foreign' };
    expect(others.map((other) => readProjectionCursor(other, cursor))).toEqual(others.map(() => foreign));
    const same = readScopeFor(buildScope());
    expect(bind('runs', { family: 'runtime', scope: same })).toBe(binding);
  });

  test('of another version asks for a new beginning, whatever stands in it', () => {
    const outcome = { kind: 'rebase_required', reason: 'malformed_version' };
    expect(['p2.x', 'p9999.0.abc'].map((text) => readProjectionCursor(binding, text))).toEqual([outcome, outcome]);
  });

  const good = mintProjectionCursor(binding, 7 as Cursor);
  test.each([
    '',
    'p1',
    'p0.7.x',
    'p01.7.x',
    'p10000.7.x',
    good.toUpperCase(),
    ` ${good}`,
    `${good}\n`,
    `${good}0`,
    good.slice(0, -1),
    good.replace('.7.', '.07.'),
    good.replace('.7.', '.-7.'),
    good.replace('.7.', '.9007199254740992.'),
    good.replace('.7.', '..'),
    'p2.',
    `p2.${'a'.repeat(121)}`,
    7,
    null,
    undefined,
    {},
    [good],
  ])('is not read from anything else: %#', (text) => {
    expect(() => readProjectionCursor(binding, text)).toThrow(
      expect.objectContaining({
        code: 'events/invalid_cursor',
        detail: { field: 'after', rule: 'must be a cursor of this projection' },
      }),
    );
  });
});
