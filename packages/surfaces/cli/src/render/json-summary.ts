/** A JSON value for people: summarised in one line, or in full as a block. */
import { isJsonObject, utf8Bytes, type JsonValue } from '@reborn/host-api';
import { fold } from './columns.ts';
import { visibleLines } from './style.ts';

const TEXT_SHOWN_MAX = 60;
const MEMBERS_SHOWN_MAX = 6;
/** In front of what goes on from the line above. */
const GOES_ON = '  : ';
const FOLDED_COLUMNS_MIN = 20;

/** Shape: `path="." recursive=true lines=[24]`; long texts by their size, empty members left out. */
export function summarise(value: JsonValue): string {
  if (!isJsonObject(value)) return summariseMember(value);
  const members = Object.entries(value).filter(([, member]) => member !== null);
  const shown = members.slice(0, MEMBERS_SHOWN_MAX).map(([name, member]) => `${name}=${summariseMember(member)}`);
  return [...shown, ...(members.length > shown.length ? ['…'] : [])].join(' ');
}

/**
 * All of it. Texts of several lines stand as they are, each line behind a bar. What is longer than `columnsMax` goes on
 * behind a colon: no line begins with what somebody else wrote.
 */
export function inFull(value: JsonValue, columnsMax = Number.POSITIVE_INFINITY): readonly string[] {
  if (!isJsonObject(value)) return visibleLines(JSON.stringify(value, null, 2)).flatMap((line) => folded('', line));
  return Object.entries(value).flatMap(([name, member]) => {
    const label = visibleLines(name).join(' ');
    if (typeof member === 'string' && member.includes('\n')) {
      return [
        ...folded('', `${label}: (${utf8Bytes(member)} bytes)`),
        ...visibleLines(member).flatMap((line) => folded('  | ', line)),
      ];
    }
    const [first = '', ...rest] = visibleLines(JSON.stringify(member, null, 2));
    return [`${label}: ${first}`, ...rest].flatMap((line) => folded('', line));
  });

  function folded(before: string, line: string): readonly string[] {
    const room = Math.max(FOLDED_COLUMNS_MIN, columnsMax - GOES_ON.length);
    return fold(line, room).map((part, at) => `${at === 0 ? before : GOES_ON}${part}`.trimEnd());
  }
}

function summariseMember(value: JsonValue): string {
  if (typeof value === 'string') {
    return value.includes('\n') || value.length > TEXT_SHOWN_MAX
      ? `<${utf8Bytes(value)} bytes>`
      : JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.length}]`;
  return isJsonObject(value) ? '{…}' : String(value);
}
