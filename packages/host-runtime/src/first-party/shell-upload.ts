/**
 * Whether a command sends a file to a server: the options of `curl` and `wget` that do.
 *
 * Source: curl(1), wget(1); specification 2, d, "Shell validation".
 */
import type { ShellWord } from './shell-frame.ts';

/** Options of one letter that take what follows them in the same word. */
const TAKES = 'XHoAbceuxmwKErzCPQYyUD';
const LONG: ReadonlyMap<string, RegExp> = new Map([
  ['--upload-file', /^/],
  ['--data', /^@/],
  ['--data-ascii', /^@/],
  ['--data-binary', /^@/],
  ['--data-urlencode', /^[^=]*@/],
  ['--json', /^@/],
  ['--form', /=[@<]/],
]);
const SHORT: ReadonlyMap<string, string> = new Map([
  ['T', '--upload-file'],
  ['d', '--data'],
  ['F', '--form'],
]);

export function uploadsFile(name: string, args: readonly ShellWord[]): boolean {
  if (name === 'wget') return args.some(({ text }) => /^--(?:post|body)-f/.test(text));
  if (name !== 'curl') return false;
  return args.some(({ text }, at) => {
    const [option, attached] = readOption(text);
    const value = attached === '' ? (args[at + 1]?.text ?? '') : attached;
    return option !== undefined && LONG.get(option)?.test(value) === true;
  });
}

function readOption(text: string): readonly [option: string | undefined, attached: string] {
  if (text.startsWith('--')) return [text, ''];
  if (!text.startsWith('-')) return [undefined, ''];
  for (let at = 1; at < text.length; at += 1) {
    const letter = text.charAt(at);
    const option = SHORT.get(letter);
    if (option !== undefined) return [option, text.slice(at + 1)];
    if (TAKES.includes(letter)) break;
  }
  return [undefined, ''];
}
