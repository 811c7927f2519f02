/**
 * A look at a shell command before anybody is asked about it. It is advice and a second line only: what a command may do
 * is decided by the sandbox, the grant and the person who is asked. It catches what is written plainly and with the usual
 * tricks: quotes and escapes inside words, other white space (`$IFS`, line continuations), parameters that are empty,
 * upper case, paths to programs, wrappers (`env`, `xargs`, `timeout` and their like), lists, groups, substitutions,
 * here-documents, and scripts after `sh -c`.
 *
 * It does not catch: names that are put together from variables or from the output of commands, patterns of file names
 * (`.e?v`) and braces that expand to one, aliases, functions and programs that were renamed or are in a file, what
 * interpreters other than shells are told to do, and credentials under a name that is not a custom. It refuses some
 * harmless commands too, such as a search for the word `shadow`.
 *
 * Not here: taking a command apart (`shell-words.ts`), the table of refusals (`shell-refusal.ts`).
 * Source: specification 2, d, "Shell validation", and f.2-19.
 */
import { isSensitivePath } from '@reborn/host-api';
import { SHELL_NESTING_MAX } from './limits.ts';
import type { ShellCommand, ShellWord } from './shell-frame.ts';
import { shellInvocations, type ShellInvocation } from './shell-invocation.ts';
import {
  ACCOUNT_FILES,
  DECODERS,
  DISK,
  DISK_WRITERS,
  DOWNLOADERS,
  FILE_SYSTEM_MAKERS,
  INTERPRETERS,
  NAME_LOOKUPS,
  PRIVILEGES,
  RAW_CONNECTIONS,
  SHELLS,
  type ShellRefusalCode,
} from './shell-refusal.ts';
import { isRootPath, plainPath } from './shell-path.ts';
import { uploadsFile } from './shell-upload.ts';
import { readShellScript } from './shell-words.ts';

/** A command that defines more functions is a script. */
const FUNCTIONS_LOOKED_AT = 64;

/** What is known of the commands that feed another one. */
interface Upstream {
  downloads: boolean;
  decodes: boolean;
}

/** The first thing that is wrong with it. Invariant: the work is linear in the text, for each level of `sh -c`. */
export function checkShellCommand(text: string): ShellRefusalCode | undefined {
  if (text.includes('\0')) return 'nul_byte';
  return isForkBomb(text) ? 'fork_bomb' : checkScript(text, 0);
}

function checkScript(text: string, depth: number): ShellRefusalCode | undefined {
  if (depth > SHELL_NESTING_MAX) return 'too_nested';
  const { commands, encoded, tooNested } = readShellScript(text);
  if (tooNested) return 'too_nested';
  if (encoded) return 'encoded_text';
  const pipelines = new Map<number, Upstream>();
  for (const command of commands) {
    const upstream = pipelines.get(command.pipeline) ?? { downloads: false, decodes: false };
    pipelines.set(command.pipeline, upstream);
    const refusal = checkCommand(command, upstream, depth);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function checkCommand(command: ShellCommand, upstream: Upstream, depth: number): ShellRefusalCode | undefined {
  const invocations = shellInvocations(command.words);
  if (invocations === undefined) return 'too_nested';
  for (const invocation of invocations) {
    const refusal = checkInvocation(invocation, command, upstream, depth);
    if (refusal !== undefined) return refusal;
  }
  for (const { name, args } of invocations) {
    upstream.downloads ||= DOWNLOADERS.has(name);
    upstream.decodes ||= DECODERS.has(name) && args.some(({ text }) => /^-+[a-z]*[dr]/i.test(text));
  }
  return checkWords(command, invocations);
}

function checkInvocation(
  invocation: ShellInvocation,
  command: ShellCommand,
  upstream: Upstream,
  depth: number,
): ShellRefusalCode | undefined {
  const { name, args } = invocation;
  if (PRIVILEGES.has(name)) return 'privilege';
  if (name === 'eval') return 'evaluation';
  if (name.startsWith('mkfs') || FILE_SYSTEM_MAKERS.has(name)) return 'file_system_making';
  if (command.substituted && DOWNLOADERS.has(name)) return 'substituted_download';
  if (deletesRoot(name, args)) return 'root_deletion';
  if (writesDisk(name, args)) return 'raw_disk_write';
  if (NAME_LOOKUPS.has(name) && args.some(({ expands }) => expands)) return 'name_lookup';
  if (RAW_CONNECTIONS.has(name) && carriesData(args, command)) return 'raw_connection';
  if (uploadsFile(name, args)) return 'upload';
  return checkShell(invocation, command, upstream, depth);
}

/** What shells and other interpreters are fed. */
function checkShell(
  { name, args, fedNames }: ShellInvocation,
  { stage, redirects }: ShellCommand,
  { downloads, decodes }: Upstream,
  depth: number,
): ShellRefusalCode | undefined {
  const isShell = SHELLS.has(name);
  const fed = stage > 0 && !fedNames;
  if (fed && (isShell || (INTERPRETERS.has(name) && runsInput(args)))) {
    if (downloads) return 'download_to_shell';
    if (decodes) return 'decoded_to_shell';
  }
  if (!isShell && name !== '.' && name !== 'source') return undefined;
  if (isShell && fed) return 'pipe_to_shell';
  if (args.some(({ process }) => process)) return 'pipe_to_shell';
  if (redirects.some(({ operator, target }) => operator.startsWith('<<') || target.process)) return 'pipe_to_shell';
  const script = isShell ? scriptOf(args) : undefined;
  return script === undefined ? undefined : checkScript(script, depth + 1);
}

/** Neither a file nor a line of program is named. */
function runsInput(args: readonly ShellWord[]): boolean {
  return args.every(({ text }) => text === '/dev/stdin' || (text.startsWith('-') && !/^-[a-z]*[cemnpr]/i.test(text)));
}

/** What stands after `-c`. */
function scriptOf(args: readonly ShellWord[]): string | undefined {
  const at = args.findIndex(({ text }) => /^-[a-z]*c/i.test(text));
  return at === -1 ? undefined : args[at + 1]?.text;
}

function deletesRoot(name: string, args: readonly ShellWord[]): boolean {
  if (name === 'find') return args.some(({ text }) => text === '-delete') && args.some(({ text }) => isRootPath(text));
  if (name !== 'rm') return false;
  const options = args.filter(({ text }) => text.startsWith('-'));
  if (options.some(({ text }) => text.startsWith('--no-preserve'))) return true;
  const recursive = options.some(({ text }) => /^-[a-z]*r/i.test(text) || text.startsWith('--r'));
  return recursive && args.some(({ text }) => isRootPath(text));
}

function writesDisk(name: string, args: readonly ShellWord[]): boolean {
  if (name === 'dd') return args.some(({ text }) => /^of=/i.test(text) && DISK.test(plainPath(text.slice(3))));
  return DISK_WRITERS.has(name) && args.some(({ text }) => DISK.test(plainPath(text)));
}

/** Fed by another command or a file, or told to run a program at either end. */
function carriesData(args: readonly ShellWord[], { stage, redirects }: ShellCommand): boolean {
  if (stage > 0 || redirects.some(({ operator }) => operator.startsWith('<'))) return true;
  return args.some(({ text }) => /^(?:-[a-z]*[ec]|--(?:sh-)?exec|(?:exec|system|file|open):)/i.test(text));
}

/** What any word may not name, whatever the command. What is only printed names nothing. */
function checkWords({ words, redirects }: ShellCommand, invocations: readonly ShellInvocation[]) {
  const targets = redirects.map(({ target }) => target.text);
  if (redirects.some(({ operator, target }) => operator.includes('>') && DISK.test(plainPath(target.text)))) {
    return 'raw_disk_write';
  }
  const prints = invocations[0]?.name === 'echo' || invocations[0]?.name === 'printf';
  const named = prints ? targets : [...words.map(({ text }) => text), ...targets];
  for (const text of named) {
    const path = plainPath(text);
    if (path.includes('/dev/tcp/') || path.includes('/dev/udp/')) return 'raw_connection';
    if (ACCOUNT_FILES.some((file) => path.includes(file))) return 'account_file';
    if ([text, ...text.split(/[=:@,]/)].some(isSensitivePath)) return 'sensitive_path';
  }
  return undefined;
}

/** A function that starts itself twice. */
function isForkBomb(text: string): boolean {
  const packed = text.replaceAll('\n', ';').replaceAll(/\s/g, '');
  const names = new Set<string>();
  for (let at = packed.indexOf('(){'); at !== -1; at = packed.indexOf('(){', at + 1)) {
    let start = at;
    while (start > 0 && at - start < 64 && !';&|{}()'.includes(packed.charAt(start - 1))) start -= 1;
    names.add(packed.slice(start, at).replace(/^function/, ''));
  }
  names.delete('');
  return [...names].slice(0, FUNCTIONS_LOOKED_AT).some((name) => startsTwice(packed, name));
}

/** `name|name&` or `name&name`, as whole words. */
function startsTwice(packed: string, name: string): boolean {
  const isOfName = (character: string): boolean => /[a-z0-9_]/i.test(character);
  for (let at = packed.indexOf(name); at !== -1; at = packed.indexOf(name, at + 1)) {
    const between = packed.charAt(at + name.length);
    const end = at + 2 * name.length + 1;
    const twice = (between === '|' || between === '&') && packed.startsWith(name, at + name.length + 1);
    if (!twice || isOfName(packed.charAt(at - 1)) || isOfName(packed.charAt(end))) continue;
    if (between === '&' || packed.charAt(end) === '&') return true;
  }
  return false;
}
