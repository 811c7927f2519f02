/**
 * The engine's own errors at each kind of unit of the job: before its commit, or after it, so that the answer is lost. What the
 * door tells is a fault of its own; whoever asks again, or opens the file again, gets the job done, each effect at most once.
 *
 * Not here: dying (`../kill-rounds.ts`), errors at each call of the driver (`../engine-errors.ts`).
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { node } from '@reborn/adapter-node';
import { sqlite } from '@reborn/adapter-sqlite';
import { createDriverScript, sqliteWith } from '@reborn/adapter-sqlite/testkit';
import { isFault } from '@reborn/host-api';
import { wrapStore } from '@reborn/host-api/testkit';
import type { HostStorage, Reborn } from '@reborn/reborn';
import { isByTimer } from '../choose-kills.ts';
import { inspectFile } from '../inspect.ts';
import type { Happening } from '../recorder-process.ts';
import { checkFault } from '../trial/leaks.ts';
import { spread } from '../trial/random.ts';
import { runCases, type AreaOptions, type AreaReport, type Case, type Place } from '../trial/run-cases.ts';
import { carryOutJob, type JobTerms } from './carry-out-job.ts';
import { findSecretFiles } from './inspect-door.ts';
import { openJobHost, RIGHT_SECRET, WRONG_SECRET } from './job-host.ts';
import { findUnreachedPoints, unitName } from './units.ts';

const CODES = ['SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_FSYNC', 'SQLITE_BUSY', 'SQLITE_CORRUPT'] as const;
type Code = (typeof CODES)[number];

/** The first unit of this name meets this error. */
interface Spot {
  readonly unit: string;
  readonly code: Code;
  readonly moment: 'before' | 'after';
}

/** Who was refused something comes back to a run that it still holds itself. */
const LEASE_MS = 1_500;
/** How much later the file is opened again: what was announced and not settled is given up by then. */
const AWAY_MS = 60_000;
/** How often somebody asks who is refused something. */
const TRIES_MAX = 6;

export async function runDoorErrors({ count, seed, only, report }: AreaOptions): Promise<AreaReport> {
  const names = new Set<string>();
  const calm = async ({ folder }: Place): Promise<readonly string[]> => {
    const sentences = await carryOut(folder, undefined, names);
    return [...sentences, ...findUnreachedPoints(names)];
  };
  const first = await runCases([{ name: 'nothing fails', run: calm }], { report });
  if (first.failures.length > 0) return { ...first, notes: [] };
  const spots = [...names].flatMap((unit) =>
    CODES.flatMap((code) => (['before', 'after'] as const).map((moment): Spot => ({ unit, code, moment }))),
  );
  const cases = spread(spots, count === 0 ? spots.length : count - 1, seed).map(toCase);
  const done = await runCases(cases, only === undefined ? { report } : { only, report });
  const notes = [`${names.size} kinds of units, ${CODES.length} errors, before and after`];
  return { cases: done.cases + 1, failures: done.failures, notes };
}

function toCase(spot: Spot): Case {
  const { unit, code, moment } = spot;
  return { name: `${code} ${moment} unit ${unit}`, run: ({ folder }) => carryOut(folder, spot, new Set()) };
}

/** Returns what is wrong. `names` takes the names of all units. */
async function carryOut(folder: string, spot: Spot | undefined, names: Set<string>): Promise<readonly string[]> {
  const place = join(folder, 'files');
  mkdirSync(place);
  const file = join(place, 'agent.db');
  const trial = new Trial(file, spot, names);
  let host: Reborn | undefined;
  for (let tries = 1; ; tries += 1) {
    try {
      host ??= await trial.open();
      await carryOutJob(host, trial.terms);
      await host.settle();
      break;
    } catch (error) {
      trial.sentences.push(...checkFault(error, [folder, RIGHT_SECRET, WRONG_SECRET]));
      if (!isFault(error) || tries === TRIES_MAX)
        return [...trial.sentences, `it could not be finished: ${String(error)}`];
      if (spot?.code === 'SQLITE_BUSY') trial.sentences.push('one refusal for a lock was not waited for');
      if (tries === 1 && spot?.moment === 'before' && !spot.code.startsWith('SQLITE_IOERR')) continue;
      await host?.close().catch(() => undefined);
      host = undefined;
    }
  }
  await host.close();
  // What could not be written is left to whoever looks later; opening looks, and closing waits for it.
  await (await trial.open()).close();
  if (!trial.met && spot !== undefined && !isByTimer(spot.unit)) trial.sentences.push('this unit was not reached');
  if (!trial.said.includes('run completed ')) trial.sentences.push('the run is not completed');
  const { violations } = await inspectFile({ file, acknowledged: trial.acknowledged }, trial.happenings);
  return [...trial.sentences, ...violations, ...findSecretFiles(place)];
}

/** One job on one file, however often it is opened. */
class Trial {
  readonly sentences: string[] = [];
  readonly happenings: Happening[] = [];
  readonly acknowledged: string[] = [];
  readonly said: string[] = [];
  /** The unit was there, and its commit was about to fail. */
  met = false;
  readonly #file: string;
  readonly #spot: Spot | undefined;
  readonly #names: Set<string>;
  readonly #machine = node({ diagnostics: { write: (line) => void this.said.push(line) } });
  #opened = 0;

  constructor(file: string, spot: Spot | undefined, names: Set<string>) {
    this.#file = file;
    this.#spot = spot;
    this.#names = names;
  }

  /** How the job is carried out. */
  readonly terms: JobTerms = {
    say: (line) => void this.said.push(line),
    pause: (ms) => new Promise((resolve) => void this.#machine.timers.schedule(ms, resolve)),
  };

  /** The first opening meets the error; later ones come later, and meet none. */
  open(): Promise<Reborn> {
    const awayMs = this.#opened * AWAY_MS;
    this.#opened += 1;
    const { clock } = this.#machine;
    return openJobHost({
      platform: { ...this.#machine, clock: { nowMs: () => clock.nowMs() + awayMs } },
      storage: this.#opened === 1 ? this.#failing() : sqlite(this.#file),
      leaseMs: LEASE_MS,
      effects: {
        happen: async (n, { invocationId }, text) => void this.happenings.push({ n, invocationId, text }),
      },
    });
  }

  #failing(): HostStorage {
    const script = createDriverScript();
    const storage = sqliteWith(this.#file, { driver: script.driver });
    return {
      durability: storage.durability,
      open: async (opening) => {
        const store = await storage.open(opening);
        return wrapStore(store, {
          commit: async (writes) => {
            const unit = unitName(writes);
            this.#names.add(unit);
            if (!this.met && unit === this.#spot?.unit) {
              this.met = true;
              const { code, moment } = this.#spot;
              script.add({ when: /^COMMIT$/, event: { do: 'fail', code, moment } });
            }
            const outcome = await store.commit(writes);
            for (const write of outcome.kind === 'committed' ? writes : []) {
              if (write.kind !== 'append') continue;
              this.acknowledged.push(...write.records.map(({ eventId }) => `${write.stream.family}/${eventId}`));
            }
            return outcome;
          },
        });
      },
    };
  }
}
