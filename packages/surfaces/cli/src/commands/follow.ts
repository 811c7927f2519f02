/** What `run`, `approve`, `deny` and `runs resume` share: staying with a run, and saying how it ended. */
import type { GateRow, ResourceScope, RunId } from '@reborn/host-api';
import type { Reborn } from '@reborn/reborn';
import type { RunRow } from '@reborn/turns';
import { askAbout, type Asked } from '../ask.ts';
import { EXIT } from '../exit-code.ts';
import type { Machine } from '../machine.ts';
import type { Reporter } from '../reporter.ts';
import type { RunFeed } from '../run-feed.ts';
import { answerLines, statusTone, textLines } from '../render/run-lines.ts';
import type { Settings } from '../settings.ts';
import { runWire } from '../wire.ts';
import { gatesOfRun, workOn, type Ending } from '../work.ts';

export interface Following {
  readonly machine: Machine;
  readonly host: Reborn;
  readonly settings: Settings;
  readonly scope: ResourceScope;
  readonly runId: RunId;
  /** Has handed out what somebody who watches has seen already. */
  readonly feed: RunFeed;
  readonly reporter: Reporter;
  readonly wait: boolean;
  readonly json: boolean;
}

/** The exit code of the command. At a terminal the person is asked; elsewhere a parked run is left to `approve`. */
export async function followToEnd(following: Following): Promise<number> {
  const { machine, host, settings, reporter, scope, runId } = following;
  const asks = machine.io.terminal && !following.json && !following.wait;
  const ask = (gate: GateRow): Promise<Asked> => askAbout({ machine, host }, gate, settings.home);
  if (following.wait) reporter.remark('stays until the run ends; answers come from `reborn approve` and `reborn deny`');
  const ending = await workOn({ ...following, ...(asks ? { ask } : {}) });
  const gates = ending.kind === 'parked' ? await gatesOfRun(host, scope, runId) : [];
  const reply = await replyOf(host, ending.run);
  tell(following, ending, { gates, reply });
  return exitOf(ending);
}

export async function replyOf(host: Reborn, run: RunRow): Promise<string | undefined> {
  if (run.replyEntryId === undefined) return undefined;
  const entry = (await host.turns.readThread(run.scope)).find(({ entryId }) => entryId === run.replyEntryId);
  return entry?.kind === 'assistant_message' ? entry.text : undefined;
}

function tell(
  { machine, reporter, json }: Following,
  ending: Ending,
  { gates, reply }: { readonly gates: readonly GateRow[]; readonly reply: string | undefined },
): void {
  const { run } = ending;
  reporter.value(runWire(run, gates, reply));
  if (json) return;
  const { io } = machine;
  switch (ending.kind) {
    case 'interrupted':
      reporter.line({
        label: 'stopped',
        text: 'as you wished; nothing is lost. To go on:',
        tone: 'ask',
      });
      io.out(`          reborn runs resume ${run.runId}\n`);
      return;
    case 'parked':
      reporter.line({
        label: 'parked',
        text: 'the run waits for an answer, for as long as it takes; nothing is held in memory',
        tone: 'ask',
      });
      for (const line of gates.flatMap(answerLines)) io.out(`          ${line}\n`);
      return;
    case 'ended':
      reporter.line({ label: run.status, text: `run ${run.runId}`, tone: statusTone(run) });
      if (run.failure !== undefined)
        reporter.line({ label: '', text: `${run.failure.kind}: ${run.failure.explanation}`, tone: 'bad' });
      if (reply !== undefined) io.out(`\n${textLines(reply, io).join('\n')}\n`);
  }
}

function exitOf(ending: Ending): number {
  if (ending.kind === 'interrupted') return EXIT.interrupted;
  if (ending.kind === 'parked') return EXIT.parked;
  return ending.run.status === 'completed' ? EXIT.done : EXIT.runFailed;
}
