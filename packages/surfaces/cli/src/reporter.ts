/**
 * How a command tells what happens: lines for people, or one JSON value a line for programs. At a terminal the last line
 * says how long the model has been asked; it is written over.
 *
 * Not here: the lines themselves (`render/`), the forms on the wire (`wire.ts`).
 */
import type { JsonObject } from '@reborn/host-api';
import type { CliIo } from './machine.ts';
import { columnsOf } from './render/columns.ts';
import { progressLine } from './render/happening-line.ts';
import { formatLine, type Line } from './render/style.ts';
import type { Happening } from './story.ts';
import { happeningWire } from './wire.ts';

/** A model that answers sooner is not worth a word. Units: milliseconds. */
const THINKING_SHOWN_MS = 1_000;

export interface Reporter {
  show(happening: Happening): void;
  /** Says, at a terminal, what is waited for; until something else is said. */
  waiting(nowMs: number): void;
  /** Takes back what `waiting` said last. */
  rest(): void;
  /** A sentence for people only. */
  remark(text: string): void;
  line(line: Line): void;
  /** A value for programs only. */
  value(value: JsonObject): void;
}

export function createReporter(io: CliIo, json: boolean): Reporter {
  let askedAtMs: number | undefined;
  let passing = 0;
  const rest = (): void => {
    if (passing > 0) io.out(`\r${' '.repeat(passing)}\r`);
    passing = 0;
  };
  const line = (shown: Line): void => {
    if (json) return;
    rest();
    io.out(`${formatLine(shown, io)}\n`);
  };
  const value = (told: JsonObject): void => {
    if (json) io.out(`${JSON.stringify(told)}\n`);
  };
  return {
    show: (happening) => {
      if (happening.kind === 'record') {
        const { kind, atMs } = happening.record;
        if (kind === 'model_started') askedAtMs = atMs;
        else if (kind === 'model_completed' || kind === 'model_failed') askedAtMs = undefined;
      }
      const shown = progressLine(happening);
      if (shown === undefined) return;
      line(shown);
      value(happeningWire(happening));
    },
    waiting: (nowMs) => {
      if (json || !io.terminal) return;
      rest();
      if (askedAtMs === undefined || nowMs - askedAtMs < THINKING_SHOWN_MS) return;
      const text = `thinks, ${Math.floor((nowMs - askedAtMs) / 1000)} s`;
      const said: Line = { label: 'model', text, tone: 'faint', brief: true };
      io.out(formatLine(said, io));
      passing = columnsOf(formatLine(said, plainOf(io)));
    },
    rest,
    remark: (text) => line({ label: '', text, tone: 'faint' }),
    line,
    value,
  };
}

function plainOf({ columns, terminal }: CliIo): Pick<CliIo, 'colour' | 'columns' | 'terminal'> {
  return { columns, terminal, colour: false };
}
