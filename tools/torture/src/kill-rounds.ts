/**
 * The job, killed and started again: before and after each commit, inside its effects, and at random moments.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspectRound } from './inspect.ts';
import type { JobSettings } from './job.ts';
import { startJob } from './process-run.ts';
import { startRecorder, type EffectRecorder } from './recorder-process.ts';
import { randomNumbers } from './trial/random.ts';
import type { AreaOptions, AreaReport, Failure } from './trial/run-cases.ts';

/** How one round kills its first process. `atMs`: after so many milliseconds, from outside. */
export type Kill =
  | { readonly kind: 'commit'; readonly commit: number; readonly moment: 'before' | 'after' }
  | { readonly kind: 'effect'; readonly effect: number; readonly moment: 'before' | 'after' }
  | { readonly kind: 'random'; readonly atMs: number };

export interface KillReport {
  readonly rounds: number;
  readonly killed: number;
  readonly uncertain: number;
  /** Commits that a run without a kill makes. */
  readonly commits: number;
  readonly failures: readonly Failure[];
}

const LEASE_MS = 400;
/** How many the job has. */
const EFFECTS = 4;
/** A round that takes longer has got stuck. */
const ROUND_MS = 60_000;

/** `count` 0 kills at every boundary, and a third as often at random. */
export async function runKills(options: AreaOptions): Promise<AreaReport> {
  const { rounds, killed, uncertain, commits, failures } = await killRounds(options);
  const notes = [
    `${rounds} rounds over ${commits} commits, ${killed} killed, ${uncertain} effects reported as uncertain`,
  ];
  return { cases: rounds, failures, notes };
}

export async function killRounds(options: AreaOptions): Promise<KillReport> {
  const folder = mkdtempSync(join(tmpdir(), 'reborn-torture-'));
  const recorder = await startRecorder(join(folder, 'effects.log'));
  const { count, seed, only = '', report } = options;
  let failures: readonly Failure[] = [];
  try {
    const calm = await calmRound(folder, recorder);
    const all = Math.ceil((calm.commits * 2 + EFFECTS * 2) / 0.75);
    const kills = chooseKills(count === 0 ? all : count, calm, seed).filter((kill) =>
      describeKill(kill).includes(only),
    );
    const results = await sideBySide(kills, (kill, at) => judged(folder, recorder, kill, `round-${at}`));
    failures = results.flatMap(({ failure }) => failure ?? []);
    for (const { name, sentences, kept } of failures) report(`${name}: ${sentences.join('; ')}\n  kept: ${kept}`);
    return {
      rounds: kills.length,
      killed: results.filter((result) => result.killed).length,
      uncertain: results.reduce((sum, result) => sum + result.uncertain, 0),
      commits: calm.commits,
      failures,
    };
  } finally {
    await recorder.stop();
    if (failures.length === 0) rmSync(folder, { recursive: true, maxRetries: 10 });
  }
}

interface Calm {
  readonly commits: number;
  readonly ms: number;
}

/** One round without a kill: it says how many commits there are, and that the harness itself is sound. */
async function calmRound(folder: string, recorder: EffectRecorder): Promise<Calm> {
  const settings = settingsFor(folder, recorder, 'calm');
  const before = performance.now();
  const run = startJob(settings);
  const ended = await run.ended;
  const commits = Number(run.lines.find((line) => line.startsWith('commits '))?.slice('commits '.length));
  const { violations, uncertain } = await inspectRound(
    { file: settings.file, round: 'calm', acknowledged: acksOf(run.lines) },
    recorder,
  );
  if (ended !== 0 || !(commits > 20) || uncertain > 0 || violations.length > 0) {
    throw new Error(
      `The job does not even work when nobody kills it: ${[...violations, ...run.lines.slice(-5)].join('; ')}`,
    );
  }
  return { commits, ms: performance.now() - before };
}

interface RoundEnd {
  readonly killed: boolean;
  readonly uncertain: number;
  readonly failure: Failure | undefined;
}

/** A round that breaks is a failed round like any other: the rest go on, and nothing hides what it broke with. */
function judged(folder: string, recorder: EffectRecorder, kill: Kill, name: string): Promise<RoundEnd> {
  return round(folder, recorder, kill, name).catch((error: unknown): RoundEnd => {
    const sentences = [`it ended with ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
    const failure = { name: describeKill(kill), sentences, kept: join(folder, name) };
    return { killed: false, uncertain: 0, failure };
  });
}

async function round(folder: string, recorder: EffectRecorder, kill: Kill, name: string): Promise<RoundEnd> {
  const settings = settingsFor(folder, recorder, name);
  const first = startJob({ ...settings, ...killSettings(kill) });
  const stopAt = kill.kind === 'random' ? setTimeout(() => first.child.kill('SIGKILL'), kill.atMs) : undefined;
  const firstEnd = await first.ended;
  clearTimeout(stopAt);
  const second = startJob(settings);
  const stuck = setTimeout(() => second.child.kill('SIGKILL'), ROUND_MS);
  const secondEnd = await second.ended;
  clearTimeout(stuck);
  const sentences: string[] = [];
  if (kill.kind !== 'random' && firstEnd !== 'SIGKILL')
    sentences.push(`the first process was not killed (${firstEnd})`);
  if (secondEnd !== 0) {
    sentences.push(`the second process did not finish the job (${secondEnd}): ${second.lines.slice(-3).join(' | ')}`);
  }
  if (!second.lines.includes('run completed ')) sentences.push('the run is not completed');
  const acknowledged = [...acksOf(first.lines), ...acksOf(second.lines)];
  const { uncertain, violations } = await inspectRound({ file: settings.file, round: name, acknowledged }, recorder);
  sentences.push(...violations);
  const place = dirname(settings.file);
  if (sentences.length === 0) return { killed: firstEnd === 'SIGKILL', uncertain, failure: undefined };
  writeFileSync(join(place, 'trace.txt'), [...first.lines, '--', ...second.lines, ''].join('\n'));
  return { killed: firstEnd === 'SIGKILL', uncertain, failure: { name: describeKill(kill), sentences, kept: place } };
}

/** Every boundary in turn, spread evenly over what `count` allows; a quarter of the rounds at random moments. */
export function chooseKills(count: number, calm: Calm, seed: number): readonly Kill[] {
  const moments = ['before', 'after'] as const;
  const atCommits = Array.from({ length: calm.commits }, (_, at) =>
    moments.map((moment): Kill => ({ kind: 'commit', commit: at + 1, moment })),
  ).flat();
  const inEffects = Array.from({ length: EFFECTS }, (_, at) => at + 1).flatMap((effect) =>
    moments.map((moment): Kill => ({ kind: 'effect', effect, moment })),
  );
  const boundaries = [...inEffects, ...atCommits];
  const random = Math.max(1, Math.floor(count / 4));
  const chosen = Math.min(count - random, boundaries.length);
  const spread = Array.from(
    { length: chosen },
    (_, at) => boundaries[Math.floor((at * boundaries.length) / chosen)],
  ).filter((kill) => kill !== undefined);
  const next = randomNumbers(seed);
  const rest = Array.from({ length: count - spread.length }, (): Kill => ({
    kind: 'random',
    atMs: Math.round(next() * calm.ms),
  }));
  return [...spread, ...rest];
}

function settingsFor(folder: string, recorder: EffectRecorder, round: string): JobSettings {
  const never = { killCommit: 0, killMoment: 'before' as const, killEffect: 0, stopInEffect: false };
  return { file: join(folder, round, 'agent.db'), port: recorder.port, round, leaseMs: LEASE_MS, ...never };
}

function killSettings(kill: Kill): Partial<JobSettings> {
  switch (kill.kind) {
    case 'commit':
      return { killCommit: kill.commit, killMoment: kill.moment };
    case 'effect':
      return { killEffect: kill.effect, killMoment: kill.moment };
    case 'random':
      return {};
  }
}

function describeKill(kill: Kill): string {
  switch (kill.kind) {
    case 'commit':
      return `killed ${kill.moment} commit ${kill.commit}`;
    case 'effect':
      return `killed ${kill.moment} effect ${kill.effect}`;
    case 'random':
      return `killed after ${kill.atMs} ms`;
  }
}

export function acksOf(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.startsWith('ack ')).map((line) => line.slice('ack '.length));
}

/** Two at a time: as many as there are cores. */
async function sideBySide<T, R>(items: readonly T[], work: (item: T, at: number) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) {
      const item = items[at];
      if (item !== undefined) results[at] = await work(item, at);
    }
  };
  await Promise.all([lane(), lane()]);
  return results;
}
