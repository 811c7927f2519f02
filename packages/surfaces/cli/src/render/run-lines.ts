/** Runs and gates for people. */
import type { GateRow, JsonValue } from '@reborn/host-api';
import type { RunRow } from '@reborn/turns';
import type { CliIo } from '../machine.ts';
import { fold } from './columns.ts';
import { whoIs } from './happening-line.ts';
import { inFull, summarise } from './json-summary.ts';
import { visibleLines, type Line, type Tone } from './style.ts';

const INPUT_INDENT = '    ';

export function runLines(run: RunRow, gates: readonly GateRow[]): readonly Line[] {
  return [
    {
      label: run.status,
      text: `${run.runId}  ${run.scope.threadId ?? ''}  ${toTime(run.updatedAtMs)}`,
      tone: statusTone(run),
    },
    ...(run.failure === undefined ? [] : [plain('', `${run.failure.kind}: ${run.failure.explanation}`)]),
    ...gates.map((gate): Line => ({ label: '', text: gateLine(gate), tone: 'ask' })),
  ];
}

function gateLine({ gateId, kind, credentials = [], block, receipt, input }: GateRow): string {
  const about =
    kind === 'credentials'
      ? ` ${credentials.join(', ')}`
      : block === undefined
        ? ''
        : ` ${block.axis} ${block.dimension}`;
  return `gate ${gateId}  ${kind}${about}  ${receipt.capabilityId}  ${summarise(input)}`;
}

/** What to type about a gate, line by line. */
export function answerLines({ gateId, kind, credentials = [] }: GateRow): readonly string[] {
  const stored = kind === 'credentials' ? credentials.map((handle) => `reborn secrets set ${handle}`) : [];
  return [...stored, `reborn approve ${gateId}`, `reborn deny ${gateId}`];
}

/** `edited`: what the person made of the input. `columns`: where to fold. */
export interface ShownGate {
  readonly columns?: number | undefined;
  readonly edited?: JsonValue | undefined;
}

/** What somebody has to see before they answer. The input is what will be executed, all of it. */
export function gateLines(gate: GateRow, { columns, edited }: ShownGate = {}): readonly string[] {
  const { receipt } = gate;
  return [
    `Gate ${gate.gateId} (${gate.status})`,
    `  wants to call  ${receipt.capabilityId}`,
    `  in the name of ${whoIs({ kind: 'user', id: receipt.scope.userId })}`,
    `  asked because  ${gate.asked.join(', ')}`,
    ...aboutKind(gate),
    `  until          ${toTime(receipt.expiresAtMs)}`,
    edited === undefined
      ? `  input, as it will be executed:`
      : `  input, as YOU edited it, and as it will be executed:`,
    ...inFull(edited ?? gate.input, columns === undefined ? undefined : columns - INPUT_INDENT.length).map(
      (line) => `${INPUT_INDENT}${line}`,
    ),
  ];
}

/** What a gate for credentials or for a budget waits for. */
function aboutKind({ kind, credentials = [], block }: GateRow): readonly string[] {
  if (kind === 'credentials') return credentials.length === 0 ? [] : [`  needs secrets  ${credentials.join(', ')}`];
  if (block === undefined) return [];
  const { reason, axis, dimension, estimate } = block;
  const state = reason === 'paused' ? 'has passed its threshold' : 'is used up';
  return [
    `  budget         of the ${axis} for ${dimension} ${state}; the call is expected to need ${estimate[dimension] ?? 0}`,
  ];
}

/** Text of several lines that somebody else wrote, such as a reply. */
export function textLines(text: string, io: Pick<CliIo, 'terminal' | 'columns'>): readonly string[] {
  const lines = visibleLines(text);
  return io.terminal ? lines.flatMap((line) => fold(line, io.columns)) : lines;
}

/** The width that somebody sees; nothing is folded in a file or a pipe. */
export function widthOf(io: Pick<CliIo, 'terminal' | 'columns'>): number | undefined {
  return io.terminal ? io.columns : undefined;
}

/** Shape: UTC, to the second. */
export function toTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export function statusTone(run: Pick<RunRow, 'status'>): Tone {
  if (run.status === 'completed') return 'good';
  return run.status === 'failed' || run.status === 'cancelled' ? 'bad' : 'ask';
}

function plain(label: string, text: string): Line {
  return { label, text, tone: 'plain' };
}
