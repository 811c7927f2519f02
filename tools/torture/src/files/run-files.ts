/**
 * Damaged files, opened: refused with a fault, or everything acknowledged is there, or what is read says that it is damaged.
 * Never a log that is shorter and says that it is fine.
 *
 * Not here: the damage (`mutations.ts`).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { sqlite } from '@reborn/adapter-sqlite';
import { streamName, type DurableStore } from '@reborn/host-api';
import { readStoreImage, tallyMachine, type StoreImage } from '@reborn/simulator';
import { checkFault, codeOf } from '../trial/leaks.ts';
import { judgeImage, verifyStreams } from '../trial/judge.ts';
import { opening } from '../trial/opening.ts';
import { spread } from '../trial/random.ts';
import { runCases, type AreaOptions, type AreaReport, type Case, type Place } from '../trial/run-cases.ts';
import { append, KEPT } from '../trial/workload.ts';
import { listMutations, type Mutation, type MutationClass } from './mutations.ts';
import { copyFiles, filesAt, prepare, type Prepared } from './prepare.ts';

export async function runFiles(options: AreaOptions & { readonly every: boolean }): Promise<AreaReport> {
  const { count, seed, only, every, report } = options;
  const root = mkdtempSync(join(tmpdir(), 'reborn-torture-files-'));
  try {
    const prepared = await prepare(root);
    const classes = listMutations(prepared, every, seed);
    const seen = new Map<string, number>();
    const saw = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
    const cases = choose(classes, only === undefined ? count : 0, seed).map((mutation) =>
      toCase(mutation, prepared, saw),
    );
    const done = await runCases(cases, only === undefined ? { report } : { only, report });
    const all = classes.reduce((sum, { mutations }) => sum + mutations.length, 0);
    const notes = [
      `${classes.length} classes of damage with ${all} cases`,
      ...[...seen].map(([what, times]) => `${times} × ${what}`),
    ];
    return { ...done, notes };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Small classes whole; of the others an equal share each. */
function choose(classes: readonly MutationClass[], count: number, seed: number): readonly Mutation[] {
  const large = classes.filter(({ always }) => always === undefined);
  const small = classes.length - large.length;
  const taken = classes.flatMap(({ always, mutations }) => (always === undefined ? [] : mutations)).length;
  const share = count === 0 ? Infinity : Math.max(1, Math.floor((count - taken) / (classes.length - small)));
  return classes.flatMap(({ always, mutations }) =>
    always === undefined ? spread(mutations, share, seed) : mutations,
  );
}

function toCase(mutation: Mutation, prepared: Prepared, saw: (what: string) => void): Case {
  const { name, of, expected, apply } = mutation;
  return {
    name,
    run: async ({ folder, note }) => {
      const files = filesAt(join(folder, 'agent.db'));
      copyFiles(prepared[of], files);
      apply(files, prepared);
      let store: DurableStore;
      try {
        store = await sqlite(files.database).open(opening);
      } catch (error) {
        saw(`refused: ${codeOf(error)}`);
        const refused = expected === 'equal' ? [`it was refused with ${codeOf(error)}`] : [];
        return [...refused, ...checkFault(error, [folder])];
      }
      try {
        if (expected === 'refused') return ['it was opened'];
        return await look(store, prepared, expected, { saw, folder, note });
      } finally {
        await store.close();
      }
    },
  };
}

async function look(
  store: DurableStore,
  { image: whole, history }: Prepared,
  expected: 'equal' | 'reported',
  { saw, folder, note }: Place & { readonly saw: (what: string) => void },
): Promise<readonly string[]> {
  let image: StoreImage;
  let reports: readonly string[];
  try {
    image = await readStoreImage(store, [tallyMachine.name]);
    const streams = [...new Map([...whole.streams, ...image.streams]).values()].map(({ stream }) => stream);
    reports = await verifyStreams(store, streams);
  } catch (error) {
    saw(`opened, and reading reports ${codeOf(error)}`);
    return [...(expected === 'equal' ? [`reading reports ${codeOf(error)}`] : []), ...checkFault(error, [folder])];
  }
  if (reports.length > 0) {
    saw('opened, and verify reports it');
    return expected === 'equal' ? reports : [];
  }
  if (!isDeepStrictEqual(image.streams, whole.streams)) {
    for (const [name, { head, records }] of image.streams) note(`${name}: head ${head}, ${records.length} records`);
    return ['the log is another one and says that it is fine'];
  }
  if (expected === 'reported') {
    saw(await unseen(store, image, whole));
    return [];
  }
  saw('opened, and everything is there');
  return [...judgeImage(history, image), ...(await goOn(store))];
}

/** What no chain covers: rows of state machines, and the indexes that filters use. Counted, since nobody could tell. */
async function unseen(store: DurableStore, image: StoreImage, whole: StoreImage): Promise<string> {
  if (!isDeepStrictEqual(image.rows, whole.rows))
    return 'opened, the log is whole, and a row outside the log is another one';
  const records = whole.streams.get(streamName(KEPT))?.records ?? [];
  const wanted = records.filter(({ content }) => content?.kind === 'noted').map(({ cursor }) => cursor);
  const found = await store.readStream({ stream: KEPT, after: 0, limit: 1000, filter: { kinds: ['noted'] } }).then(
    (page) => page.records.map(({ cursor }) => cursor),
    () => wanted,
  );
  return isDeepStrictEqual(found, wanted)
    ? 'opened, and everything is there'
    : 'opened, the log is whole, and a filter passes some of it by';
}

async function goOn(store: DurableStore): Promise<readonly string[]> {
  const outcome = await store.commit([append(KEPT, 9_000)]);
  return outcome.kind === 'committed' ? [] : ['it takes no more records'];
}
