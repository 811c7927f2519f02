/**
 * The log of a simulated store: frames, one for each write that changed something, whose checksums hang together; the last
 * one of a batch says that the batch is whole.
 *
 * Not here: which frames are written when (`batch-writer.ts`), the file below (`simulated-file.ts`).
 */
import type { TableChange } from '@reborn/host-api';
import type { StoreDiscipline } from './discipline.ts';

export interface Frame {
  readonly change: TableChange;
  /** The last frame of a batch. */
  readonly commits: boolean;
}

/** `behind` is the text of the frame before. */
export function encodeFrame(behind: string | undefined, { change, commits }: Frame): string {
  const content = `${commits ? 'C' : '.'}${JSON.stringify(change)}`;
  return `${checksum(checksumOf(behind), content)}${content}`;
}

/** Frames up to the end of the last whole batch. `leftOut` counts those that were whole, of a batch that was not. */
export interface RecoveredLog {
  readonly texts: readonly string[];
  readonly changes: readonly TableChange[];
  readonly leftOut: number;
}

/** Frames that were read before, so that looking at a log again and again costs what was added to it. */
export type KnownFrames = Map<string, { readonly behind: string; readonly frame: Frame }>;

export function recoverLog(
  texts: readonly string[],
  recovery: StoreDiscipline['recovery'],
  known: KnownFrames = new Map(),
): RecoveredLog {
  const whole: { readonly text: string; readonly change: TableChange }[] = [];
  let behind: string | undefined;
  let committed = 0;
  for (const text of texts) {
    const frame = readFrame(behind, text, recovery === 'past_bad_frames', known);
    if (frame === undefined) {
      if (recovery === 'past_bad_frames') continue;
      break;
    }
    behind = text;
    whole.push({ text, change: frame.change });
    if (frame.commits || recovery === 'every_frame') committed = whole.length;
  }
  const kept = whole.slice(0, committed);
  return {
    texts: kept.map(({ text }) => text),
    changes: kept.map(({ change }) => change),
    leftOut: whole.length - committed,
  };
}

const CHECKSUM_DIGITS = 8;

function readFrame(behind: string | undefined, text: string, anyOrder: boolean, known: KnownFrames): Frame | undefined {
  const [before, place] = [known.get(text), checksumOf(behind)];
  if (before?.behind === place) return before.frame;
  const frame = decodeFrame(behind, text, anyOrder);
  if (frame !== undefined) known.set(text, { behind: place, frame });
  return frame;
}

function decodeFrame(behind: string | undefined, text: string, anyOrder: boolean): Frame | undefined {
  const content = text.slice(CHECKSUM_DIGITS);
  const holds = text.slice(0, CHECKSUM_DIGITS) === checksum(checksumOf(behind), content);
  if (!holds && !anyOrder) return undefined;
  try {
    return { commits: content.startsWith('C'), change: JSON.parse(content.slice(1)) as TableChange };
  } catch {
    return undefined;
  }
}

function checksumOf(text: string | undefined): string {
  return text?.slice(0, CHECKSUM_DIGITS) ?? '';
}

/** FNV-1a, 32 bits: enough against what the simulation does to files. */
function checksum(before: string, content: string): string {
  let value = 0x811c9dc5;
  for (const text of [before, content]) {
    for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  return (value >>> 0).toString(16).padStart(CHECKSUM_DIGITS, '0');
}
