/**
 * The job, killed and started again: before and after each of its units, inside its effects, while another process recovers,
 * and at random moments.
 *
 * Not here: the job (`door/carry-out-job.ts`), what has to hold afterwards (`inspect.ts`).
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { chooseKills, describeKill, isCertain, type CalmRun, type Kill } from './choose-kills.ts';
import { findSecretFiles, findSecretLines } from './door/inspect-door.ts';
import { findUnreachedPoints } from './door/units.ts';
import { inspectRound } from './inspect.ts';
import type { JobSettings } from './job.ts';
import { startJob, type JobRun } from './process-run.ts';
import { startRecorder, type EffectRecorder } from './recorder-process.ts';
import type { AreaOptions, AreaReport, Failure } from './trial/run-cases.ts';

export interface KillReport {
  readonly rounds: number;
  readonly killed: number;
  readonly uncertain: number;
  /** What a run without a kill does. */
  readonly calm: CalmRun;
  readonly failures: readonly Failure[];
}

/** Long: who loses a run to a slow machine is not what is asked here. */
const LEASE_MS = 5_000;
/** How much later the next process comes: whatever its predecessor held or had announced is given up by then. */
const AWAY_MS = 60_000;
/** A round that takes longer has got stuck. */
const ROUND_MS = 60_000;

/** `count` 0 kills at every boundary, and a third as often at random. */
export async function runKills(options: AreaOptions): Promise<AreaReport> {
  const { rounds, killed, uncertain, calm, failures } = await killRounds(options);
  const units = [...calm.units.values()].reduce((sum, times) => sum + times, 0);
  const notes = [
    `${rounds} rounds over ${units} units of ${calm.units.size} kinds, ${killed} killed, ${uncertain} effects reported as uncertain`,
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
    const kills = chooseKills(count, calm, seed).filter((kill) => describeKill(kill).includes(only));
    const results = await sideBySide(kills, (kill, at) => judged(folder, recorder, kill, `round-${at}`));
    failures = results.flatMap(({ failure }) => failure ?? []);
    for (const { name, sentences, kept } of failures) report(`${name}: ${sentences.join('; ')}\n  kept: ${kept}`);
    return {
      rounds: kills.length,
      killed: results.filter((result) => result.killed).length,
      uncertain: results.reduce((sum, result) => sum + result.uncertain, 0),
      calm,
      failures,
    };
  } finally {
    await recorder.stop();
    if (failures.length === 0) rmSync(folder, { recursive: true, maxRetries: 10 });
  }
}

/** One round without a kill: it says which units there are, and that the harness itself is sound. */
async function calmRound(folder: string, recorder: EffectRecorder): Promise<CalmRun> {
  const settings = settingsFor(folder, recorder, 'calm');
  const before = performance.now();
  const run = startJob(settings);
  const ended = await run.ended;
  const ms = performance.now() - before;
  const { lines } = run;
  const units = new Map<string, number>();
  for (const line of lines) {
    const unit = /^unit (?<name>.+)$/.exec(line)?.groups?.['name'];
    if (unit !== undefined) units.set(unit, (units.get(unit) ?? 0) + 1);
  }
  const facts = { file: settings.file, round: 'calm', acknowledged: acksOf(lines) };
  const { violations, uncertain } = await inspectRound(facts, recorder);
  const wrong = [
    ...violations,
    ...findUnreachedPoints(units.keys()),
    ...['run completed ', 'process ending completed', 'process lasting cancelled'].filter(
      (line) => !lines.includes(line),
    ),
  ];
  if (ended !== 0 || uncertain > 0 || wrong.length > 0) {
    throw new Error(`The job does not even work when nobody kills it: ${[...wrong, ...lines.slice(-5)].join('; ')}`);
  }
  return { units, ms };
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
  const place = dirname(settings.file);
  mkdirSync(place);
  const runs: JobRun[] = [];
  const sentences: string[] = [];
  const start = async (terms: Partial<JobSettings>, killAfterMs: number): Promise<NodeJS.Signals | number> => {
    const run = startJob({ ...settings, awayMs: runs.length * AWAY_MS, ...terms });
    runs.push(run);
    const killing = setTimeout(() => run.child.kill('SIGKILL'), killAfterMs);
    const end = await run.ended;
    clearTimeout(killing);
    sentences.push(...findSecretFiles(place));
    return end;
  };
  const firstEnd = await start(killSettings(kill), kill.kind === 'random' ? kill.atMs : ROUND_MS);
  if (isCertain(kill) && firstEnd !== 'SIGKILL') sentences.push(`the first process was not killed (${firstEnd})`);
  if (kill.kind === 'recovery') {
    const end = await start({ killUnit: '*', killNth: kill.nth, killMoment: kill.moment }, ROUND_MS);
    if (end !== 'SIGKILL') sentences.push(`the second process was not killed (${end})`);
  }
  const lastEnd = await start({}, ROUND_MS);
  const lines = runs.map((run) => run.lines);
  const last = lines.at(-1) ?? [];
  if (lastEnd !== 0)
    sentences.push(`the last process did not finish the job (${lastEnd}): ${last.slice(-3).join(' | ')}`);
  if (!last.includes('run completed ')) sentences.push('the run is not completed');
  const facts = { file: settings.file, round: name, acknowledged: lines.flatMap(acksOf) };
  const { uncertain, violations } = await inspectRound(facts, recorder);
  sentences.push(...violations, ...findSecretFiles(place), ...findSecretLines(lines.flat()));
  const killed = firstEnd === 'SIGKILL';
  if (sentences.length === 0) return { killed, uncertain, failure: undefined };
  writeFileSync(join(place, 'trace.txt'), lines.map((of) => `${of.join('\n')}\n`).join('--\n'));
  return { killed, uncertain, failure: { name: describeKill(kill), sentences, kept: place } };
}

function settingsFor(folder: string, recorder: EffectRecorder, round: string): JobSettings {
  const file = join(folder, round, 'agent.db');
  const never = { killUnit: '', killNth: 0, killMoment: 'before', killEffect: 0, stopInEffect: false } as const;
  return { file, port: recorder.port, round, leaseMs: LEASE_MS, awayMs: 0, ...never };
}

function killSettings(kill: Kill): Partial<JobSettings> {
  switch (kill.kind) {
    case 'unit':
      return { killUnit: kill.unit, killNth: kill.nth, killMoment: kill.moment };
    case 'effect':
    case 'recovery':
      return { killEffect: kill.effect, killMoment: kill.kind === 'effect' ? kill.moment : 'after' };
    case 'random':
      return {};
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
