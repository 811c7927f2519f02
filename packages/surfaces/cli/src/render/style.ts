/**
 * How text looks to people: labels in a column, colours where they are wanted, and nothing in it that a terminal would
 * take for an instruction.
 */
import pc from 'picocolors';
import type { CliIo } from '../machine.ts';
import { cut, fold } from './columns.ts';

export type Tone = 'plain' | 'good' | 'bad' | 'ask' | 'faint' | 'strong';

/** A `brief` line is cut at the edge of a terminal; others are folded there. */
export interface Line {
  readonly label: string;
  readonly text: string;
  readonly tone: Tone;
  readonly brief?: boolean;
}

const LABEL_COLUMNS = 9;
/** Lines hold a part of what they tell of; the rest is in `--json`. Units: characters. */
const PLAIN_LINE_MAX = 240;
const TEXT_COLUMNS_MIN = 20;

/** Without its end. Shape: one line, at a terminal as many as the text needs unless it is brief. */
export function formatLine(line: Line, io: Pick<CliIo, 'colour' | 'columns' | 'terminal'>): string {
  const { label, tone, brief = false } = line;
  const text = oneLine(line.text, PLAIN_LINE_MAX - LABEL_COLUMNS - 1);
  const room = Math.max(TEXT_COLUMNS_MIN, io.columns - LABEL_COLUMNS - 1);
  const parts = io.terminal ? (brief ? [cut(text, room)] : fold(text, room)) : [text];
  const head = paint(label.padEnd(LABEL_COLUMNS), label === '' ? 'plain' : 'strong', io);
  return parts
    .map((part, at) => `${at === 0 ? head : ' '.repeat(LABEL_COLUMNS)} ${paint(part, tone, io)}`.trimEnd())
    .join('\n');
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

/**
 * Controls, line separators, and what is drawn as nothing or turns the direction of writing: all of it could show a
 * person something else than what is there. The joiner inside an emoji is part of the emoji.
 */
const HIDDEN =
  /(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d|(?!\u200d)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

function visible(text: string): string {
  return text.replaceAll(HIDDEN, (found) => {
    const point = found.codePointAt(0) ?? 0;
    return `\\u{${point.toString(16)}}`;
  });
}
