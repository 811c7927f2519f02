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
    ...gates.map((gate): Line => ({
      label: '',
      text: `gate ${gate.gateId}  ${gate.receipt.capabilityId}  ${summarise(gate.input)}`,
      tone: 'ask',
    })),
  ];
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
    `  until          ${toTime(receipt.expiresAtMs)}`,
    edited === undefined
      ? `  input, as it will be executed:`
      : `  input, as YOU edited it, and as it will be executed:`,
    ...inFull(edited ?? gate.input, columns === undefined ? undefined : columns - INPUT_INDENT.length).map(
      (line) => `${INPUT_INDENT}${line}`,
    ),
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
