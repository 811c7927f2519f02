/**
 * The demonstration, section by section. It claims only what it has seen.
 *
 * Not here: everything that is shown (`@reborn/cli` and the packages below it).
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { askExplanation, askRun, type RunAnswer } from './cli-answers.ts';
import type { CliStarter, Ended } from './cli-process.ts';
import { differences, readFolderState } from './folder-state.ts';
import type { Observations } from './observations.ts';
import type { DemonstrationOptions } from './options.ts';
import { DIGEST, DIGESTS, type Place } from './place.ts';
import type { Screen } from './screen.ts';

/** A live model may think; a recording does not. Units: milliseconds. */
const PATIENCE_MS = { recorded: 45_000, live: 15 * 60_000 };
/** How long a note may be late. Units: milliseconds. */
const NOTE_MS = 2_000;
const ANSWERS_MAX = 8;
const LINES_SHOWN = 12;
const PARKED = 3;

export interface Stage {
  readonly options: DemonstrationOptions;
  readonly place: Place;
  readonly cli: CliStarter;
  readonly screen: Screen;
  readonly seen: Observations;
}

export async function demonstrate(stage: Stage): Promise<void> {
  const { place, seen, options } = stage;
  const before = await readFolderState(place.path);
  const first = await runUntilGate(stage);
  if (first.kind === 'ended') {
    await sayNoGate(stage, first.ended);
    return;
  }
  const waiting = await killWhileOpen(stage, first, before);
  const finished = await approveElsewhere(stage, waiting, first.pid);
  if (finished === undefined) return;
  await showResult(stage, before);
  const { runId } = waiting;
  await showNotes(stage, runId);
  await explain(stage, runId);
  if (options.live === undefined) await checkRecords(stage, runId);
  seen.note('the run is complete', finished.status === 'completed');
}

type FirstProcess =
  | { readonly kind: 'waiting'; readonly pid: number; readonly ended: Promise<Ended>; kill(): void }
  | { readonly kind: 'ended'; readonly ended: Ended };

async function runUntilGate({ options, place, cli, screen }: Stage): Promise<FirstProcess> {
  const { live } = options;
  screen.heading(
    'An agent works on notes, in a process of its own',
    `The model is ${live === undefined ? 'a RECORDING: no key, no network; the calls and their results are real' : 'a live one, at the endpoint you named'}. Reads are free, writes are asked about.`,
  );
  const words = ['run', place.message, '--dir', place.folder, ...modelWords(options, place), '--wait'];
  screen.command(words);
  const opened = Promise.withResolvers<'open'>();
  const child = cli.start([...words, ...place.home], (line) => {
    screen.quote(line);
    // The hook's note about it comes a moment later; it belongs into this section, but is not waited for.
    if (/^gate\s.*\sopen:/.test(line)) setTimeout(() => opened.resolve('open'), NOTE_MS).unref();
    if (/^note\s.*the run waits for an answer/.test(line)) opened.resolve('open');
  });
  const patience = live === undefined ? PATIENCE_MS.recorded : PATIENCE_MS.live;
  const late = setTimeout(() => child.kill('SIGTERM'), patience);
  const what = await Promise.race([opened.promise, child.ended]);
  clearTimeout(late);
  if (what !== 'open') return { kind: 'ended', ended: what };
  return { kind: 'waiting', pid: child.pid, ended: child.ended, kill: () => child.kill('SIGKILL') };
}

function modelWords({ live }: DemonstrationOptions, place: Place): readonly string[] {
  if (live === undefined) return ['--recording', place.recording];
  const name = live.model === undefined ? [] : ['--model-name', live.model];
  const key = live.apiKeyEnv === undefined ? [] : ['--api-key-env', live.apiKeyEnv];
  return ['--model', live.url, ...name, ...key];
}

/** Nothing was asked, so there is nothing to kill and to approve, and nothing of that kind is claimed. */
async function sayNoGate({ screen, seen, place, cli, options }: Stage, ended: Ended): Promise<void> {
  screen.heading(
    'No gate opened',
    ended.code === 0
      ? 'Nothing wanted to be written, so nobody had to be asked, and there is nothing to kill and to approve.'
      : 'The run did not come that far, so there is nothing to kill and to approve.',
  );
  const run = await askRun(cli, place.home).catch(() => undefined);
  if (options.live !== undefined)
    screen.say('A live model decides for itself; ask it again, or use the shipped recording.');
  seen.note('the run is complete, without anything to approve', ended.code === 0 && run?.status === 'completed');
}

/** Every file of the folder, before anything began. */
type Before = ReadonlyMap<string, string>;

async function killWhileOpen(
  { place, cli, screen, seen }: Stage,
  first: Extract<FirstProcess, { kind: 'waiting' }>,
  before: Before,
): Promise<RunAnswer> {
  screen.heading(
    'The process is killed while the question is open',
    'What waits for a person must not live in the memory of a process.',
  );
  const open = await waitForGate(cli, place.home);
  const [gate] = open?.gates ?? [];
  seen.note(
    'a gate opened before anything was written',
    gate?.status === 'open' && differences(before, await readFolderState(place.path)).length === 0,
  );
  screen.say(
    `Another process sees it too (reborn runs --json): gate ${gate?.gateId ?? '?'}, ${gate?.capabilityId ?? '?'}.`,
  );
  first.kill();
  const { signal } = await first.ended;
  seen.note('the process that asked was killed by SIGKILL', signal === 'SIGKILL');
  screen.say(`kill -9 ${first.pid}: the process ended by ${signal ?? 'something else'}.`);
  const after = await askRun(cli, place.home);
  seen.note(
    'the question outlived the process',
    after?.status === 'parked' && after.gates.some(({ gateId }) => gateId === gate?.gateId),
  );
  screen.say(
    `The run is ${after?.status ?? 'gone'}, its gate is ${after?.gates[0]?.status ?? 'gone'}, and no process is at work.`,
  );
  if (after === undefined) throw new Error('The run is gone.');
  return after;
}

/** The gate is durable before it is announced; the run parks a moment later. */
async function waitForGate(cli: CliStarter, home: readonly string[]): Promise<RunAnswer | undefined> {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const run = await askRun(cli, home);
    if (run?.status === 'parked' && run.gates.length > 0) return run;
  }
  return undefined;
}

async function approveElsewhere(stage: Stage, waiting: RunAnswer, firstPid: number): Promise<RunAnswer | undefined> {
  const { options, place, cli, screen, seen } = stage;
  screen.heading(
    'Another process answers, and the run goes on from where it stood',
    options.interactive
      ? 'You decide.'
      : 'This demonstration approves on your behalf; your account on this machine is recorded as the approver.',
  );
  let open: RunAnswer | undefined = waiting;
  for (let answers = 0; answers < ANSWERS_MAX && open !== undefined && open.gates.length > 0; answers += 1) {
    const [gate] = open.gates;
    if (gate === undefined) break;
    const words = [(await mayApprove(stage, open.runId)) ? 'approve' : 'deny', gate.gateId];
    screen.command(words);
    const child = cli.start([...words, ...place.home], (line) => screen.quote(line));
    const { code } = await child.ended;
    seen.note('another process went on with the run', child.pid !== firstPid && (code === 0 || code === PARKED));
    open = await askRun(cli, place.home);
    if (code !== PARKED) break;
  }
  seen.note('the run was taken up a second time', (open?.sittings ?? 0) >= 2);
  return open;
}

async function mayApprove({ options, screen, cli, place }: Stage, runId: string): Promise<boolean> {
  if (!options.interactive) return true;
  for (const line of (await cli.start(['runs', 'show', runId, ...place.home]).ended).lines) screen.quote(line);
  const questions = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await questions.question('   May this be done? [y/N] ')).trim());
  } finally {
    questions.close();
  }
}

async function showResult({ place, screen, seen, options }: Stage, before: Before): Promise<void> {
  const { live } = options;
  screen.heading(
    'What is in the folder now',
    live === undefined
      ? 'What was approved happened once; what was denied changed nothing.'
      : `What was approved is below ${DIGESTS}/; nothing else can be written.`,
  );
  const changed = differences(before, await readFolderState(place.path));
  const isResult = (path: string): boolean => (live === undefined ? path === DIGEST : path.startsWith(`${DIGESTS}/`));
  const [result = DIGEST] = changed.filter(isResult);
  const others = changed.filter((path) => !isResult(path));
  const text = await readFile(join(place.path, result), 'utf8').catch(() => undefined);
  if (text === undefined) screen.say(`There is no ${result}.`);
  else {
    const lines = text.trimEnd().split('\n');
    const shown = Math.min(LINES_SHOWN, lines.length);
    screen.say(
      `${result}, ${shown === lines.length ? `${shown} lines` : `the first ${shown} of ${lines.length} lines`}:`,
    );
    for (const line of lines.slice(0, LINES_SHOWN)) screen.quote(line);
  }
  const unchanged = others.length === 0 ? 'none of them changed' : `${others.length} of them changed`;
  screen.say(
    `Compared with before: ${[...before.keys()].filter((path) => !isResult(path)).length} other files, ${unchanged}.`,
  );
  if (live === undefined) {
    seen.note('no other file changed, not even the one that the agent went for', others.length === 0);
    if (!options.interactive) seen.note('the digest is there', text !== undefined);
  } else seen.note(`nothing outside ${DIGESTS}/ was changed`, others.length === 0);
}

async function showNotes({ place, cli, screen, seen }: Stage, runId: string): Promise<void> {
  screen.heading(
    'What the event hook noted',
    'A hook that only watches follows the durable log, also across the kill; its notes stand in the journal.',
  );
  const words = ['events', 'tail', '--family', 'journal', '--run', runId];
  screen.command(words);
  const { lines } = await cli.start([...words, ...place.home]).ended;
  const notes = lines.filter((line) => line.includes('hook_note'));
  for (const line of notes) screen.quote(line);
  seen.note(
    'the event hook reported the end of the run, once',
    notes.filter((line) => line.includes('the run is complete')).length === 1,
  );
}

async function explain({ place, cli, screen, seen }: Stage, runId: string): Promise<void> {
  screen.heading(
    'The whole story, in order',
    'Every call can be explained afterwards: who asked, who judged, who answered, what happened.',
  );
  const words = ['explain', runId];
  screen.command(words);
  const { code } = await cli.start([...words, ...place.home], (line) => screen.quote(line)).ended;
  seen.note('the story can be told', code === 0);
}

/** What the recording leads to, read from the records and not from the lines above. */
async function checkRecords({ place, cli, seen, options }: Stage, runId: string): Promise<void> {
  const { calls, story } = await askExplanation(cli, place.home, runId);
  const writes = calls.filter((call) => call.capabilityId === 'builtin.write_file');
  const denied = writes.filter((call) =>
    call.verdicts.some(({ by, code }) => by === 'hook:originals' && code === 'hook_out_of_policy'),
  );
  seen.note(
    'the denied write is recorded, with who denied it',
    denied.length === 1 && denied.every(({ end, attempts }) => end === 'denied' && attempts === 0),
  );
  if (options.interactive) return;
  const written = writes.filter(({ end, attempts }) => end === 'succeeded' && attempts === 1);
  const effects = story.filter(({ event, facts }) => event === 'effect_settled' && facts?.['effect'] === 'happened');
  seen.note('the digest was written exactly once', written.length === 1 && effects.length === 1);
}
