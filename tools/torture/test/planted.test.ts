import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqlite } from '@reborn/adapter-sqlite';
import { chainOrigin, type DurableStore } from '@reborn/host-api';
import { createHistory, type HistoryRecorder } from '@reborn/simulator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PLANTED, plant } from './planted.ts';
import { judge } from '../src/trial/judge.ts';
import { opening } from '../src/trial/opening.ts';
import { sha256Hex } from '../src/trial/sha256.ts';
import { append, KEPT, sendSteps, WORKLOAD } from '../src/trial/workload.ts';

const folder = mkdtempSync(join(tmpdir(), 'reborn-planted-'));
const whole = join(folder, 'whole.db');
let copies = 0;

beforeAll(async () => {
  const store = await sqlite(whole).open(opening);
  await sendSteps(store, createHistory(), WORKLOAD);
  await store.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A database with the whole workload, and the history of it. Without its anchor, which would not let it be opened. */
async function bring(): Promise<{ readonly file: string; readonly history: HistoryRecorder }> {
  copies += 1;
  const file = join(folder, `copy-${copies}.db`);
  copyFileSync(whole, file);
  const history = createHistory();
  const store = await sqlite(join(folder, `same-${copies}.db`)).open(opening);
  await sendSteps(store, history, WORKLOAD);
  await store.close();
  return { file, history };
}

async function judgeFile(file: string, history: HistoryRecorder): Promise<readonly string[]> {
  const store: DurableStore = await sqlite(file).open(opening);
  try {
    return await judge(store, history);
  } finally {
    await store.close();
  }
}

/** Which invariants were broken, and `verify` if that saw it too. */
function kinds(sentences: readonly string[]): readonly string[] {
  return [...new Set(sentences.map((sentence) => sentence.split(/[: ]/, 1)[0] ?? ''))].sort();
}

describe('on a real database', () => {
  test('nothing is wrong with what a store has left', async () => {
    const { file, history } = await bring();
    expect(await judgeFile(file, history)).toEqual([]);
  });

  test.each(Object.entries(PLANTED))('%s: that is noticed', async (_name, { breaks, sql }) => {
    const { file, history } = await bring();
    plant(file, sql);
    expect(kinds(await judgeFile(file, history))).toEqual(breaks);
  });

  test('half a unit that nobody was answered for is noticed', async () => {
    const { file, history } = await bring();
    history.ask([append(KEPT, 24, 900)]);
    expect(await judgeFile(file, history)).toEqual([]);
    history.ask([append(KEPT, 901, 902)]);
    const store = await sqlite(file).open(opening);
    await store.commit([append(KEPT, 901)]);
    await store.close();
    expect(await judgeFile(file, history)).toEqual([
      expect.stringMatching(/^I2: unit \d+ is there in part: 1 of 2 events$/),
    ]);
  });

  test('a refused unit that left something is noticed', async () => {
    const { file, history } = await bring();
    history.ask([append(KEPT, 903)])({ kind: 'refused' });
    const store = await sqlite(file).open(opening);
    await store.commit([append(KEPT, 903)]);
    await store.close();
    expect(kinds(await judgeFile(file, history))).toEqual(['I1', 'I2']);
  });

  test('a head below an anchor that somebody has seen is noticed', async () => {
    const { file, history } = await bring();
    history.keepAnchor({ stream: KEPT, cursor: 10_000, chain: chainOrigin(sha256Hex, KEPT) });
    expect(kinds(await judgeFile(file, history))).toEqual(['I13']);
  });

  test('one intent that has happened twice is noticed', async () => {
    const { file, history } = await bring();
    const note = history.intend(KEPT);
    for (const number of [1, 8]) note(append(KEPT, number).records.map(({ eventId }) => eventId));
    expect(kinds(await judgeFile(file, history))).toEqual(['I2']);
  });
});
