/**
 * The composition: the only file that imports adapters and reads the environment.
 *
 * Not here: what is composed from which settings (`settings.ts`), the rules of the command line (`policy.ts`).
 */
import { once } from 'node:events';
import {
  cipherFromEnvironment,
  cipherFromFile,
  createKeyFile,
  createNodeNetwork,
  createNodeProcesses,
  extensionFolder,
  files,
  node,
  operatingSystemUser,
} from '@reborn/adapter-node';
import { sqlite } from '@reborn/adapter-sqlite';
import { parseUserId, type Cipher, type Processes } from '@reborn/host-api';
import { createBuiltinTools, createHttpTool, createShellTool } from '@reborn/host-runtime';
import {
  createReplayModel,
  inMemory,
  parseRecording,
  type HostExtension,
  type HostStorage,
  type RebornOptions,
  type SecretsOption,
} from '@reborn/reborn';
import type { ModelProvider } from '@reborn/turns/loop';
import { CliError } from './errors.ts';
import type { CliIo, HostParts, Machine, ModelChoice, SecretsChoice, StorageChoice } from './machine.ts';
import { cliPolicy } from './policy.ts';
import { shellMounts, WORKSPACE_TARGET } from './shell-mounts.ts';
import { readTextFile } from './text-file.ts';

/** A recording is at most 1 MiB; the parser says so in its own words. */
const RECORDING_FILE_BYTES_MAX = 2 * 1024 * 1024;
const PLAIN_COLUMNS = 100;

/** This machine, and the account that the process runs under. */
export function createMachine(): Machine {
  // A pending delay keeps the process: somebody who follows a run waits for nothing else.
  const platform = node({ timers: { keepAlive: true } });
  return {
    io: createIo(),
    platform,
    user: { kind: 'user', id: parseUserId(operatingSystemUser().id) },
    cwd: process.cwd(),
    nodeVersion: process.versions.node,
    pid: process.pid,
    hasVariable: (name) => (process.env[name] ?? '') !== '',
    createKeyFile: (path, notInside) => createKeyFile(path, { notInside }),
    compose: async (parts) => composeHost(platform, parts),
  };
}

async function composeHost(platform: RebornOptions['platform'], parts: HostParts): Promise<RebornOptions> {
  const { workspace, extensions = [], secrets, budgets, network, system, leaseMs, gateTtlMs } = parts;
  const { extensions: own, ...starter } = await composeWorkspace(platform, parts);
  return {
    platform,
    storage: await composeStorage(parts.storage),
    profile: parts.profile,
    ...starter,
    extensions: [
      ...own,
      cliPolicy(),
      ...extensions.map(({ path, named, decision }) => extensionFolder(path, { ...decision, name: named })),
    ],
    ...(parts.model === undefined ? {} : { model: await composeModel(parts.model) }),
    ...(secrets === undefined ? {} : { secrets: await composeSecrets(secrets, workspace?.folder) }),
    ...(budgets === undefined ? {} : { budgets }),
    ...(network === undefined ? {} : { network: createNodeNetwork() }),
    ...(network === undefined || network === true ? {} : { targets: network }),
    ...(system === undefined ? {} : { system }),
    ...(leaseMs === undefined ? {} : { leaseMs }),
    ...(gateTtlMs === undefined ? {} : { gateTtlMs }),
  };
}

/**
 * What an agent has: its files, and what needs nothing of the machine. Commands run in a sandbox or not at all: nothing
 * else would hold them to the rules. Whoever only looks has none of it, and looks for no sandbox.
 */
async function composeWorkspace(
  { clock }: RebornOptions['platform'],
  { workspace, network, shell }: HostParts,
): Promise<{ readonly processes?: Processes; readonly extensions: readonly HostExtension[] }> {
  if (workspace === undefined) return { extensions: [] };
  const { folder, closed } = workspace;
  const processes = createNodeProcesses({ roots: { [WORKSPACE_TARGET]: folder } });
  const mounts = await shellMounts(workspace);
  const others = [
    ...(network === undefined ? [] : [createHttpTool()]),
    ...(shell === true ? [createShellTool({ processes, mounts, sandboxOnly: true })] : []),
  ];
  const tools = createBuiltinTools({ clock, others });
  const builtin = { id: 'builtin-tools', version: '1', source: 'bundled', tools } as const;
  return { processes, extensions: [files(folder, { writable: true, closed }), builtin] };
}

async function composeSecrets(choice: SecretsChoice, workspace: string | undefined): Promise<SecretsOption> {
  const { key, environment } = choice;
  return {
    ...(key === undefined ? {} : { cipher: await composeCipher(key, workspace) }),
    ...(environment === undefined ? {} : { environment: { names: environment, values: process.env } }),
  };
}

async function composeCipher(key: NonNullable<SecretsChoice['key']>, workspace: string | undefined): Promise<Cipher> {
  switch (key.kind) {
    case 'variable':
      return cipherFromEnvironment(key.name, process.env);
    case 'file':
      // An agent may read its workspace.
      return cipherFromFile(key.path, {
        notInside: [...key.notInside, ...(workspace === undefined ? [] : [workspace])],
      });
  }
}

async function composeStorage(choice: StorageChoice): Promise<HostStorage> {
  switch (choice.kind) {
    case 'memory':
      return inMemory();
    case 'sqlite':
      return sqlite(choice.file);
    case 'postgres': {
      // Loaded on demand, as the vendors' code below: most hosts keep a file.
      const { postgres } = await import('@reborn/adapter-postgres');
      return postgres(readVariable(choice.urlEnv, 'storage.urlEnv'));
    }
  }
}

async function composeModel(choice: ModelChoice): Promise<ModelProvider> {
  if (choice.kind === 'recording') {
    return createReplayModel(parseRecording(await readTextFile(choice.file, '--recording', RECORDING_FILE_BYTES_MAX)));
  }
  const { url, model, apiKeyEnv } = choice;
  const apiKey = apiKeyEnv === undefined ? undefined : readVariable(apiKeyEnv, '--api-key-env');
  // Loaded on demand: a host that plays a recording starts without any vendor's code.
  const { aiSdkModel } = await import('@reborn/adapter-ai-sdk-model');
  return aiSdkModel({ endpoint: url, model, ...(apiKey === undefined ? {} : { apiKey }) });
}

function readVariable(name: string, field: string): string {
  const value = process.env[name] ?? '';
  if (value !== '') return value;
  throw new CliError('cli/invalid_option', { detail: { field, rule: 'must name a variable that is set' } });
}

function createIo(): CliIo {
  const { stdin, stdout, stderr, env } = process;
  const stop = new AbortController();
  let asked = 0;
  const interrupt = (signal: NodeJS.Signals): void => {
    asked += 1;
    if (asked === 1) {
      // The terminal has written ^C where the next line begins.
      if (signal === 'SIGINT' && stdout.isTTY) stdout.write('\n');
      stop.abort();
    }
    // Asked again: at once, with the system's own meaning of the signal.
    else process.removeAllListeners(signal).kill(process.pid, signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  // Whoever reads stopped reading: there is nobody left to tell.
  for (const stream of [stdout, stderr]) stream.on('error', () => stop.abort());
  const terminal = stdin.isTTY === true && stdout.isTTY === true;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    drained: async () => {
      if (!stdout.writableNeedDrain || stop.signal.aborted) return;
      await once(stdout, 'drain', { signal: stop.signal }).catch(() => undefined);
    },
    terminal,
    input: (bytesMax) => readInput(stdin, bytesMax),
    colour: stdout.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
    // Windows change their size while somebody watches. Some say nothing, or 0.
    get columns() {
      return stdout.isTTY === true ? stdout.columns || PLAIN_COLUMNS : PLAIN_COLUMNS;
    },
    interrupted: stop.signal,
    editor: env['VISUAL'] ?? env['EDITOR'],
  };
}

async function readInput(stdin: NodeJS.ReadStream, bytesMax: number): Promise<string> {
  const refuse = (rule: string): CliError => new CliError('cli/invalid_option', { detail: { field: 'input', rule } });
  if (stdin.isTTY) throw refuse('must be piped in, or typed where the output is a terminal too');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk));
    bytes += chunks.at(-1)?.length ?? 0;
    if (bytes > bytesMax) throw refuse(`must be at most ${bytesMax} bytes`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    throw refuse('must be UTF-8 text');
  }
}
