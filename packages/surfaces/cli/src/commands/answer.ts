/** `reborn approve` and `reborn deny`: an answer from any process, and then on with the run. */
import { gateIdSchema, parseJson, type GateRow, type JsonValue } from '@reborn/host-api';
import { resolve } from 'node:path';
import { CliError } from '../errors.ts';
import type { Machine } from '../machine.ts';
import { findGate } from '../find-subject.ts';
import { ownerScope, partsOfThread, withHost, withReader } from '../opened-host.ts';
import { createReporter } from '../reporter.ts';
import { startFeed } from '../run-feed.ts';
import { resolveOpenGate, type Answer, type Answering } from '../resolve-gate.ts';
import { ANSWERED } from '../render/happening-line.ts';
import { summarise } from '../render/json-summary.ts';
import { readSettings, type HomeFlags } from '../settings.ts';
import { readTextFile } from '../text-file.ts';
import { gateWire } from '../wire.ts';
import { EXIT } from '../exit-code.ts';
import { followToEnd } from './follow.ts';

/** Larger than what any capability takes. Units: UTF-8 bytes. */
const EDIT_BYTES_MAX = 8 * 1024 * 1024;

export interface AnswerFlags extends HomeFlags {
  readonly edit?: string;
  readonly reason?: string;
  /** Commander's form of `--no-follow`. */
  readonly follow?: boolean;
}

export async function answerCommand(
  machine: Machine,
  decision: 'approve' | 'deny',
  typed: string,
  flags: AnswerFlags,
): Promise<number> {
  const settings = await readSettings(machine, flags);
  const input = flags.edit === undefined ? undefined : await readEdit(machine, flags.edit);
  const gate = await withReader(machine, settings, (host) => findGateToAnswer({ machine, host }, typed, decision));
  const parts = await partsOfThread(machine, settings, flags, gate.receipt.scope.threadId);
  const json = flags.json === true;
  const reporter = createReporter(machine.io, json);
  return withHost(machine, settings, parts, async (host) => {
    const { scope, runId } = gate.receipt;
    // What has happened so far was seen by whoever started the run; from here on it is news.
    const feed = runId === undefined ? undefined : await startFeed(host, scope, runId);
    const { reason } = flags;
    const answer = { decision, ...(input === undefined ? {} : { input }), ...(reason === undefined ? {} : { reason }) };
    const resolved = await resolveOpenGate(
      { machine, host },
      { gateId: gate.gateId, tenantId: gate.receipt.scope.tenantId },
      answer,
    );
    reporter.value(gateWire(resolved));
    reporter.line({ label: 'gate', text: aboutGate(resolved), tone: 'plain' });
    reporter.line({
      label: 'answer',
      text: `${answerOf(resolved)} by ${machine.user.id}${input === undefined ? '' : ', with an edited input'}  (process ${machine.pid})`,
      tone: decision === 'approve' ? 'good' : 'bad',
    });
    if (flags.follow === false || runId === undefined || feed === undefined) return EXIT.done;
    return followToEnd({ machine, host, settings, scope, runId, feed, reporter, wait: false, json });
  });
}

/** A gate of somebody else's is not shown, but whoever names it in full is refused by the door, which writes it down. */
async function findGateToAnswer(answering: Answering, typed: string, decision: Answer['decision']): Promise<GateRow> {
  const { machine, host } = answering;
  const scope = ownerScope(machine);
  try {
    return await findGate(host, scope, typed);
  } catch (error) {
    const gateId = gateIdSchema.safeParse(typed);
    if (!CliError.is(error) || error.code !== 'cli/not_found' || !gateId.success) throw error;
    return resolveOpenGate(answering, { gateId: gateId.data, tenantId: scope.tenantId }, { decision });
  }
}

function answerOf({ resolution }: GateRow): string {
  return resolution === undefined ? 'answered' : ANSWERED[resolution.decision];
}

function aboutGate(gate: GateRow): string {
  return `${gate.gateId}: ${gate.receipt.capabilityId}  ${summarise(gate.input)}`;
}

/** JSON, or `@file` for a file that holds it. Errors: `host-api/invalid_json`, `cli/unreadable_file`. */
async function readEdit(machine: Machine, typed: string): Promise<JsonValue> {
  const text = typed.startsWith('@')
    ? await readTextFile(resolve(machine.cwd, typed.slice(1)), '--edit', EDIT_BYTES_MAX)
    : typed;
  return parseJson(text, '--edit', EDIT_BYTES_MAX);
}
