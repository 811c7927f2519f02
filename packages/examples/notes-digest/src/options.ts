/** What `npm start -- …` takes. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface DemonstrationOptions {
  /** The person's own folder of notes, as typed; a copy of the shipped notes without it. */
  readonly dir: string | undefined;
  readonly live:
    | { readonly url: string; readonly model: string | undefined; readonly apiKeyEnv: string | undefined }
    | undefined;
  /** Names the variable with the address of a PostgreSQL server; without it the host keeps a file. */
  readonly databaseEnv: string | undefined;
  readonly interactive: boolean;
  readonly keep: boolean;
  /** Where the person stands: npm goes to the top folder first. */
  readonly cwd: string;
}

export const USAGE = `Usage: npm start -- [options]

Shows one governed turn over a folder of notes: a process that is killed while an approval is open, and another one that
approves and goes on.

  --dir <folder>          your own folder of notes; only digests/open-tasks.md in it is written,
                          by a live model other files below digests/ too
  --model <endpoint>      a live, OpenAI-compatible model instead of the shipped recording
  --model-name <name>     which of its models
  --api-key-env <name>    the environment variable that holds its key
  --database-env <name>   the environment variable with the address of a PostgreSQL server: it keeps everything,
                          instead of a file
  --interactive           decide yourself, at a terminal
  --keep                  leave the temporary folder in place
  --help
`;

const VARIABLE = /^[A-Z][A-Z0-9_]*$/;

/** Errors: a sentence about what is wrong. */
export function readOptions(argv: readonly string[]): DemonstrationOptions | 'help' | { readonly wrong: string } {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        dir: { type: 'string' },
        model: { type: 'string' },
        'model-name': { type: 'string' },
        'api-key-env': { type: 'string' },
        'database-env': { type: 'string' },
        interactive: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return 'help';
    const { model: url, dir, interactive, keep } = values;
    if (url === undefined && (values['model-name'] ?? values['api-key-env']) !== undefined) {
      return { wrong: '--model-name and --api-key-env go with --model.' };
    }
    const live = url === undefined ? undefined : { url, model: values['model-name'], apiKeyEnv: values['api-key-env'] };
    const databaseEnv = values['database-env'];
    if (databaseEnv !== undefined && !(VARIABLE.test(databaseEnv) && (process.env[databaseEnv] ?? '') !== '')) {
      return { wrong: '--database-env must name a variable that is set: capitals, digits and _.' };
    }
    return { dir, live, databaseEnv, interactive, keep, cwd: resolve(process.env['INIT_CWD'] ?? process.cwd()) };
  } catch (error) {
    return { wrong: error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'The options cannot be read.' };
  }
}
