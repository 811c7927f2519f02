import { parseTenantId, type TableChange } from '@reborn/host-api';
import { describe, expect, test } from 'vitest';
import { encodeFrame, recoverLog } from './frame.ts';

const change = (through: number): TableChange => ({
  kind: 'drop',
  stream: { family: 'journal', tenantId: parseTenantId('acme') },
  through,
});

/** Batches of one, two and two changes. */
function log(): readonly string[] {
  const texts: string[] = [];
  for (const [at, commits] of [true, false, true, false, true].entries()) {
    texts.push(encodeFrame(texts.at(-1), { change: change(at), commits }));
  }
  return texts;
}

const recovered = (texts: readonly string[]) => {
  const { changes, leftOut } = recoverLog(texts, 'to_last_commit');
  return { changes: changes.length, leftOut };
};

describe('Recovering a log', () => {
  test('takes whole batches and leaves out the beginning of one that is not', () => {
    const texts = log();
    expect(recovered(texts)).toEqual({ changes: 5, leftOut: 0 });
    expect(recovered(texts.slice(0, 4))).toEqual({ changes: 3, leftOut: 1 });
    expect(recovered(texts.slice(0, 2))).toEqual({ changes: 1, leftOut: 1 });
    expect(recovered([])).toEqual({ changes: 0, leftOut: 0 });
  });

  test('ends at the first frame that is torn, empty, changed or of another log', () => {
    const texts = log();
    for (const bad of ['', texts[2]?.slice(0, 20) ?? '', texts[2]?.replace('2', '7') ?? '', texts[4] ?? '']) {
      expect(recovered([...texts.slice(0, 2), bad, ...texts.slice(3)])).toEqual({ changes: 1, leftOut: 1 });
    }
  });

  test('hands out what was written', () => {
    expect(recoverLog(log(), 'to_last_commit').changes).toEqual([0, 1, 2, 3, 4].map(change));
  });
});
