/**
 * How text looks to people: labels in a column, colours where they are wanted, and nothing in it that a terminal would
 * take for an instruction.
 */
import pc from 'picocolors';
import type { CliIo } from '../machine.ts';

export type Tone = 'plain' | 'good' | 'bad' | 'ask' | 'faint' | 'strong';

export interface Line {
  readonly label: string;
  readonly text: string;
  readonly tone: Tone;
}

const LABEL_COLUMNS = 9;
/** A line in a file or a pipe is cut here; terminals cut theirs at the edge. */
const PLAIN_LINE_MAX = 240;

/** One line without its end. */
export function formatLine({ label, text, tone }: Line, io: Pick<CliIo, 'colour' | 'columns' | 'terminal'>): string {
  const room = Math.max(20, (io.terminal ? io.columns : PLAIN_LINE_MAX) - LABEL_COLUMNS - 1);
  const head = label.padEnd(LABEL_COLUMNS);
  return `${paint(head, label === '' ? 'plain' : 'strong', io)} ${paint(oneLine(text, room), tone, io)}`.trimEnd();
}

export function paint(text: string, tone: Tone, io: Pick<CliIo, 'colour'>): string {
  const colours = pc.createColors(io.colour);
  switch (tone) {
    case 'plain':
      return text;
    case 'good':
      return colours.green(text);
    case 'bad':
      return colours.red(text);
    case 'ask':
      return colours.yellow(text);
    case 'faint':
      return colours.dim(text);
    case 'strong':
      return colours.bold(text);
  }
}

/** Text of others in one line of at most `max` characters. */
export function oneLine(text: string, max = PLAIN_LINE_MAX): string {
  const flat = visible(text.replaceAll(/[\r\n\t]+/g, ' ')).trim();
  const characters = [...flat];
  return characters.length <= max ? flat : `${characters.slice(0, max - 1).join('')}…`;
}

/** Text of others as lines. Each shows what is in it, also what would move a cursor or turn the direction of writing. */
export function visibleLines(text: string): readonly string[] {
  return text.split(/\r?\n/).map((line) => visible(line.replaceAll('\t', '    ')));
}

function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, (found) => {
    const point = found.codePointAt(0) ?? 0;
    return `\\u{${point.toString(16)}}`;
  });
}
