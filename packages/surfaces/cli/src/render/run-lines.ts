/** Runs and gates for people. */
import type { GateRow } from '@reborn/host-api';
import type { RunRow } from '@reborn/turns';
import { whoIs } from './happening-line.ts';
import { inFull, summarise } from './json-summary.ts';
import type { Line, Tone } from './style.ts';

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

/** What somebody has to see before they answer. The input is what will be executed, all of it. */
export function gateLines(gate: GateRow): readonly string[] {
  const { receipt } = gate;
  return [
    `Gate ${gate.gateId} (${gate.status})`,
    `  wants to call  ${receipt.capabilityId}`,
    `  in the name of ${whoIs({ kind: 'user', id: receipt.scope.userId })}`,
    `  asked because  ${gate.asked.join(', ')}`,
    `  until          ${toTime(receipt.expiresAtMs)}`,
    `  input, as it will be executed:`,
    ...inFull(gate.input).map((line) => `    ${line}`),
  ];
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
