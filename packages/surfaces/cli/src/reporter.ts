/**
 * How a command tells what happens: lines for people, or one JSON value a line for programs.
 *
 * Not here: the lines themselves (`render/`), the forms on the wire (`wire.ts`).
 */
import type { JsonObject } from '@reborn/host-api';
import type { CliIo } from './machine.ts';
import { progressLine } from './render/happening-line.ts';
import { formatLine, type Line } from './render/style.ts';
import type { Happening } from './story.ts';
import { happeningWire } from './wire.ts';

export interface Reporter {
  show(happening: Happening): void;
  /** A sentence for people only. */
  remark(text: string): void;
  line(line: Line): void;
  /** A value for programs only. */
  value(value: JsonObject): void;
}

export function createReporter(io: CliIo, json: boolean): Reporter {
  const line = (shown: Line): void => {
    if (!json) io.out(`${formatLine(shown, io)}\n`);
  };
  const value = (told: JsonObject): void => {
    if (json) io.out(`${JSON.stringify(told)}\n`);
  };
  return {
    show: (happening) => {
      const shown = progressLine(happening);
      if (shown === undefined) return;
      line(shown);
      value(happeningWire(happening));
    },
    remark: (text) => line({ label: '', text, tone: 'faint' }),
    line,
    value,
  };
}
