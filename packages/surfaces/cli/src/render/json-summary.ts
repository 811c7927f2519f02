/** A JSON value for people: summarised in one line, or in full as a block. */
import { isJsonObject, utf8Bytes, type JsonValue } from '@reborn/host-api';
import { visibleLines } from './style.ts';

const TEXT_SHOWN_MAX = 60;
const MEMBERS_SHOWN_MAX = 6;

/** Shape: `path="." recursive=true lines=[24]`; long texts by their size, empty members left out. */
export function summarise(value: JsonValue): string {
  if (!isJsonObject(value)) return summariseMember(value);
  const members = Object.entries(value).filter(([, member]) => member !== null);
  const shown = members.slice(0, MEMBERS_SHOWN_MAX).map(([name, member]) => `${name}=${summariseMember(member)}`);
  return [...shown, ...(members.length > shown.length ? ['…'] : [])].join(' ');
}

/** All of it. Texts of several lines stand as they are, each line behind a bar. */
export function inFull(value: JsonValue): readonly string[] {
  if (!isJsonObject(value)) return visibleLines(JSON.stringify(value, null, 2));
  return Object.entries(value).flatMap(([name, member]) => {
    const label = visibleLines(name).join(' ');
    if (typeof member === 'string' && member.includes('\n')) {
      return [`${label}: (${utf8Bytes(member)} bytes)`, ...visibleLines(member).map((line) => `  | ${line}`.trimEnd())];
    }
    const [first = '', ...rest] = visibleLines(JSON.stringify(member, null, 2));
    return [`${label}: ${first}`, ...rest];
  });
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
