/** `reborn explain`: the ordered story of a run or of one call. */
import { invocationIdSchema, runIdSchema, type ResourceScope } from '@reborn/host-api';
import type { Explanation, Reborn } from '@reborn/reborn';
import { EXIT } from '../exit-code.ts';
import { findRun, notFound } from '../find-subject.ts';
import type { CliIo, Machine } from '../machine.ts';
import { ownerScope, withReader } from '../opened-host.ts';
import { explanationLines } from '../render/explanation-lines.ts';
import { formatLine } from '../render/style.ts';
import { readSettings, type HomeFlags } from '../settings.ts';
import { toHappenings, type Happening } from '../story.ts';
import { explanationWire } from '../wire.ts';
import { gatesOfRun } from '../work.ts';

export interface ExplainFlags extends HomeFlags {
  readonly full?: boolean;
}

export async function explainCommand(machine: Machine, typed: string, flags: ExplainFlags): Promise<number> {
  const settings = await readSettings(machine, flags);
  return withReader(machine, settings, async (host) => {
    await host.settle();
    const scope = ownerScope(machine);
    const explanation = await explain(host, scope, typed);
    const { run } = explanation;
    const happenings = await happeningsOf(host, explanation);
    const gates = run === undefined ? [] : await gatesOfRun(host, run.scope, run.runId);
    if (flags.json === true) machine.io.out(`${JSON.stringify(explanationWire(explanation, happenings, gates))}\n`);
    else print(machine.io, explanationLines(explanation, happenings, gates, flags.full === true));
    return EXIT.done;
  });
}

/** A whole id may be that of a call; abbreviations are those of runs. */
async function explain(host: Reborn, scope: ResourceScope, typed: string): Promise<Explanation> {
  const runId = runIdSchema.safeParse(typed);
  if (!runId.success) {
    const run = await findRun(host, scope, typed);
    return (await host.explain(scope, { runId: run.runId })) ?? fail();
  }
  const ofRun = await host.explain(scope, { runId: runId.data });
  return ofRun ?? (await host.explain(scope, { invocationId: invocationIdSchema.parse(typed) })) ?? fail();
}

/** The story of one call comes without words; they are in the thread of its run. */
async function happeningsOf(host: Reborn, { run, transcript, story }: Explanation): Promise<readonly Happening[]> {
  if (run === undefined || transcript.length > 0) return toHappenings(run?.runId, transcript, story);
  const thread = await host.turns.readThread(run.scope);
  const words = thread.filter((entry) => entry.runId === run.runId);
  return toHappenings(run.runId, words, story);
}

function print(io: CliIo, lines: ReturnType<typeof explanationLines>): void {
  for (const line of lines) {
    io.out(line === '' ? '\n' : `${typeof line === 'string' ? line : formatLine(line, io)}\n`);
  }
}

function fail(): never {
  throw notFound('run or call');
}
