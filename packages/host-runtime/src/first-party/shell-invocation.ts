/**
 * Which programs the words of one simple command start: the first, and those that wrappers start for it.
 *
 * Not here: what is thought of them (`shell-check.ts`).
 */
import { SHELL_NESTING_MAX } from './limits.ts';
import type { ShellWord } from './shell-frame.ts';
import { INTERPRETERS, RESERVED, WRAPPERS } from './shell-refusal.ts';

/** `name`: in lower case, without path; that of an interpreter without version. `fedNames`: what feeds the command becomes arguments, not input. */
export interface ShellInvocation {
  readonly name: string;
  readonly args: readonly ShellWord[];
  readonly fedNames: boolean;
}

/** `undefined` for wrappers in wrappers in wrappers. */
export function shellInvocations(words: readonly ShellWord[]): readonly ShellInvocation[] | undefined {
  const found: ShellInvocation[] = [];
  let at = skip(words, 0, isBefore);
  let fedNames = false;
  for (; at < words.length;) {
    if (found.length > SHELL_NESTING_MAX) return undefined;
    const name = nameOf(words[at]?.text ?? '');
    const args = words.slice(at + 1);
    found.push({ name, args, fedNames });
    fedNames ||= name === 'xargs';
    if (name === 'find') at = afterExec(words, at + 1);
    else if (WRAPPERS.has(name)) at = skip(words, at + 1, isOfWrapper);
    else break;
  }
  return found;
}

function nameOf(text: string): string {
  const name = text.slice(text.lastIndexOf('/') + 1).toLowerCase();
  let end = name.length;
  while (end > 1 && '0123456789.'.includes(name.charAt(end - 1))) end -= 1;
  const bare = name.slice(0, end);
  return INTERPRETERS.has(bare) ? bare : name;
}

function skip(words: readonly ShellWord[], from: number, isSkipped: (text: string) => boolean): number {
  let at = from;
  while (at < words.length && isSkipped(words[at]?.text ?? '')) at += 1;
  return at;
}

function isBefore(text: string): boolean {
  return RESERVED.has(text) || isAssignment(text);
}

/** Its options, and what these take: numbers, times, placeholders. */
function isOfWrapper(text: string): boolean {
  return text.startsWith('-') || isAssignment(text) || /^[0-9.]+[smhd]?$/.test(text) || !/[a-z]/i.test(text);
}

function isAssignment(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*\+?=/.test(text);
}

function afterExec(words: readonly ShellWord[], from: number): number {
  const at = words.findIndex(({ text }, index) => index >= from && /^-(?:exec|execdir|ok|okdir)$/.test(text));
  return at === -1 ? words.length : at + 1;
}
