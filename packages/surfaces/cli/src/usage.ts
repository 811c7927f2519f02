/**
 * What is said about a command line that is none: the mistake in one sentence, and what to type instead.
 *
 * Not here: values of options that have the wrong form; the commands refuse those with faults of their own.
 */
import type { Command, CommanderError } from 'commander';
import { oneLine } from './render/style.ts';

const MESSAGE_MAX = 300;

export interface Mistake {
  readonly message: string;
  readonly remedy: string;
}

export function mistakeOf(error: CommanderError, program: Command, argv: readonly string[]): Mistake {
  const words = argv.filter((word) => !word.startsWith('-'));
  const asked = words[0] === 'help' ? words.slice(1) : words;
  const { path, command } = commandOf(program, asked);
  const help = `See \`${path} --help\`.`;
  const unknown = asked[path.split(' ').length - 1];
  const message = oneLine(toSentence(error.message), MESSAGE_MAX);
  if (error.code === 'commander.unknownOption' || error.code === 'commander.optionMissingArgument')
    return { message, remedy: command === program ? `Options stand behind the command. ${help}` : help };
  if (command.commands.length === 0) {
    const isUnquoted = error.code === 'commander.excessArguments' && command.name() === 'run';
    return { message, remedy: isUnquoted ? `Put the whole message in quotes. ${help}` : help };
  }
  // A group of commands without the name of one, or with a name that is none.
  if (unknown === undefined)
    return { message: 'A command is missing', remedy: `Add one of: ${namesOf(command)}. ${help}` };
  const similar = /\(Did you mean .*\)$/.exec(error.message)?.[0] ?? '';
  return {
    message: oneLine(`There is no command "${unknown}" ${similar}`, MESSAGE_MAX),
    remedy: `Use one of: ${namesOf(command)}. ${help}`,
  };
}

/** The last command that the words name, and the words that lead to it. */
function commandOf(program: Command, words: readonly string[]): { readonly path: string; readonly command: Command } {
  let command = program;
  let path = program.name();
  for (const word of words) {
    const next = command.commands.find((child) => child.name() === word);
    if (next === undefined) break;
    command = next;
    path = `${path} ${word}`;
  }
  return { path, command };
}

function namesOf(command: Command): string {
  return command.commands.map((child) => child.name()).join(', ');
}

function toSentence(message: string): string {
  const text = message.replace(/^error: /, '');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
