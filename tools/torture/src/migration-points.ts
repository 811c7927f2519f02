/**
 * Kills while a database of the first version becomes one of the newest: at each kind of step, before and after. It is the one
 * or the other afterwards, with everything that was in it.
 *
 * Not here: which versions there are (`@reborn/adapter-sqlite`).
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { sqlite } from '@reborn/adapter-sqlite';
import { readStoreImage, type StoreImage } from '@reborn/simulator';
import { verifyStreams } from './trial/judge.ts';
import { readPoints } from './sqlite/read-points.ts';
import { opening } from './trial/opening.ts';
import type { Case } from './trial/run-cases.ts';
import { startChild } from './trial/start-child.ts';

const DRIVER = { keepLog: false, fullCommit: 0 };

/** A database as the first version has left it, which the adapter keeps for its own tests. */
const OLD = new URL('../test/golden/v1.db', import.meta.resolve('@reborn/adapter-sqlite'));

export async function migrationCases(): Promise<readonly Case[]> {
  const folder = mkdtempSync(join(tmpdir(), 'reborn-torture-old-'));
  try {
    const file = join(folder, 'agent.db');
    copyFileSync(OLD, file);
    const child = startChild({
      kind: 'workload',
      file,
      oracle: `${file}.oracle`,
      driver: { ...DRIVER, list: `${file}.points` },
      work: 'none',
      dies: false,
    });
    if ((await child.ended) !== 0)
      throw new Error(
        `The old database does not even open: ${child.lines.filter((line) => line.startsWith('stderr')).join(' | ')}`,
      );
    const whole = await readFileImage(file);
    const names = readPoints(`${file}.points`);
    const steps = new Set(names.slice(names.indexOf('BEGIN IMMEDIATE'), names.indexOf('COMMIT') + 1));
    return [...steps].flatMap((name) =>
      (['before', 'after'] as const).map((moment) => toCase(name, moment, whole.image)),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function toCase(name: string, moment: 'before' | 'after', whole: StoreImage): Case {
  return {
    name: `migrating: ${moment} ${name}`,
    run: async ({ folder, note }) => {
      const file = join(folder, 'agent.db');
      copyFileSync(OLD, file);
      const driver = { ...DRIVER, kill: { name, nth: 1, moment } };
      const child = startChild({ kind: 'workload', file, oracle: `${file}.oracle`, driver, work: 'none', dies: false });
      const ended = await child.ended;
      for (const line of child.lines) note(line);
      if (ended !== 'SIGKILL') return [`this point was not reached: the process ended with ${ended}`];
      const { image, reports } = await readFileImage(file);
      const isWhole = isDeepStrictEqual(image.streams, whole.streams) && isDeepStrictEqual(image.rows, whole.rows);
      return [...reports, ...(isWhole ? [] : ['it does not hold what the old one held'])];
    },
  };
}

async function readFileImage(
  file: string,
): Promise<{ readonly image: StoreImage; readonly reports: readonly string[] }> {
  const store = await sqlite(file).open(opening);
  try {
    const image = await readStoreImage(
      store,
      opening.machines.map((machine) => machine.name),
    );
    return {
      image,
      reports: await verifyStreams(
        store,
        [...image.streams.values()].map(({ stream }) => stream),
      ),
    };
  } finally {
    await store.close();
  }
}
