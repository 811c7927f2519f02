/**
 * From what was typed and what the configuration file says to the settings of one command. What was typed wins.
 *
 * Not here: the form of the file (`@reborn/reborn`), the environment (`compose.ts`).
 */
import { realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describeIssues, parseThreadId, type RuntimeProfileName, type ThreadId } from '@reborn/host-api';
import type { RetentionRule } from '@reborn/events';
import { parseConfig, rebornConfigSchema, type RebornConfig } from '@reborn/reborn';
import { CliError } from './errors.ts';
import type { ExtensionChoice, HostParts, Machine, ModelChoice, SecretsChoice, StorageChoice } from './machine.ts';
import { codeOf, readTextFile, readTextFileIfThere } from './text-file.ts';

const CONFIG_FILE = 'reborn.config.json';
const HOME_FOLDER = '.reborn';
const DATABASE_FILE = 'agent.db';
const CONFIG_FILE_BYTES_MAX = 128 * 1024;
/** Sent to endpoints that serve one model and do not ask for its name. */
const MODEL_NAME_DEFAULT = 'default';

export interface HomeFlags {
  readonly home?: string;
  readonly config?: string;
  readonly json?: boolean;
}

export interface HostFlags extends HomeFlags {
  readonly dir?: string;
  readonly model?: string;
  readonly modelName?: string;
  readonly apiKeyEnv?: string;
  readonly recording?: string;
}

/** `workspace` as it was named, for people; the folder behind it is found by `placeWorkspace`. */
export interface Settings {
  readonly home: string;
  readonly profile: RuntimeProfileName;
  readonly storage: StorageChoice;
  readonly workspace: { readonly named: string; readonly path: string; readonly typed: boolean };
  readonly model: ModelChoice | undefined;
  readonly extensions: readonly ExtensionChoice[];
  readonly secrets: SecretsChoice | undefined;
  readonly budgets: HostParts['budgets'];
  readonly network: HostParts['network'];
  readonly shell: boolean;
  readonly system: string | undefined;
  readonly leaseMs: number | undefined;
  readonly gateTtlMs: number | undefined;
  /** What is kept for how long; `undefined`: as is usual. */
  readonly retention: readonly RetentionRule[] | undefined;
  /** Which configuration file counted. */
  readonly config: CountedConfig | undefined;
}

/** `path`: absolute. `named`: somebody named it; otherwise it lay in the current folder, and may choose less. */
export interface CountedConfig {
  readonly path: string;
  readonly named: boolean;
}

/**
 * `known`: the file that counted when a run began, for whoever names none. Errors: `cli/invalid_option`,
 * `cli/unreadable_file`, `cli/untrusted_config`, `reborn/invalid_configuration`, each naming the field.
 */
export async function readSettings(machine: Machine, flags: HostFlags, known?: CountedConfig): Promise<Settings> {
  const at = (path: string): string => resolve(machine.cwd, path);
  const { config, base, counted } = await readConfig(machine, flags.config, known);
  const home = at(nonEmpty(flags.home, '--home') ?? HOME_FOLDER);
  const named = nonEmpty(flags.dir, '--dir') ?? config.workspace ?? '.';
  const path = flags.dir === undefined && config.workspace !== undefined ? resolve(base, named) : at(named);
  const storage = chooseStorage(config.storage, { home, base });
  return {
    home,
    profile: config.profile,
    storage,
    workspace: { named, path, typed: flags.dir !== undefined },
    model: chooseModel(flags, config.model, { at, base }),
    extensions: (config.extensions ?? []).map(({ path: named, ...decision }) => ({
      named,
      path: resolve(base, named),
      decision,
    })),
    secrets: chooseSecrets(config.secrets, { home, storage, base }),
    budgets: config.budgets,
    network: config.network,
    shell: config.shell === true,
    system: config.system,
    leaseMs: config.leaseMs,
    gateTtlMs: config.gateTtlMs,
    retention: config.retention,
    config: counted,
  };
}

/** The real folder of the workspace. Errors: `cli/unreadable_file`; `cli/invalid_option` when it lies in the home. */
export async function placeWorkspace(settings: Settings): Promise<string> {
  const folder = await findFolder(settings.workspace.path, '--dir');
  const home = await realpath(settings.home).catch(() => settings.home);
  if (isAtOrBelow(folder, home)) {
    throw new CliError('cli/invalid_option', {
      detail: { field: '--dir', rule: 'must not be the home folder or lie in it' },
    });
  }
  return folder;
}

/** Errors: `cli/unreadable_file` naming the field. */
export async function findFolder(path: string, field: string): Promise<string> {
  const refuse = (rule: string): CliError => new CliError('cli/unreadable_file', { detail: { field, rule } });
  try {
    const folder = await realpath(path);
    if (!(await stat(folder)).isDirectory()) throw refuse('must be a folder');
    return folder;
  } catch (error) {
    if (CliError.is(error)) throw error;
    throw refuse(codeOf(error) === 'ENOENT' ? 'is not there' : `cannot be read (${codeOf(error).toLowerCase()})`);
  }
}

/** Errors: `host-api/invalid_id`. */
export function parseThreadOption(thread: string | undefined, machine: Machine): ThreadId {
  return parseThreadId(thread ?? `cli-${machine.platform.ids.uuid()}`);
}

async function readConfig(
  machine: Machine,
  flag: string | undefined,
  known: CountedConfig | undefined,
): Promise<{ readonly config: RebornConfig; readonly base: string; readonly counted: CountedConfig | undefined }> {
  const typed = nonEmpty(flag, '--config');
  const found = { path: resolve(machine.cwd, CONFIG_FILE), named: false };
  const file = typed === undefined ? (known ?? found) : { path: resolve(machine.cwd, typed), named: true };
  const text =
    file === found
      ? await readTextFileIfThere(file.path, CONFIG_FILE, CONFIG_FILE_BYTES_MAX)
      : await readTextFile(file.path, '--config', CONFIG_FILE_BYTES_MAX);
  const config = parseConfig(text ?? '{}');
  const base = dirname(file.path);
  if (!file.named) checkFoundConfig(config, base);
  return { config, base, counted: text === undefined ? undefined : file };
}

/**
 * A file that merely lies in the current folder came with whatever else lies there. It may not point at other folders,
 * at a key, at somebody else's server, or at programs, nor open a network or a shell: that takes a person who names the
 * file. What only restricts, as budgets do, it may say. Errors: `cli/untrusted_config`.
 */
function checkFoundConfig(config: RebornConfig, base: string): void {
  const refuse = (field: string): CliError => new CliError('cli/untrusted_config', { detail: { field } });
  const { model, workspace, storage } = config;
  if (workspace !== undefined && !isAtOrBelow(resolve(base, workspace), base)) throw refuse('workspace');
  if (storage.kind === 'sqlite' && storage.file !== undefined && !isAtOrBelow(resolve(base, storage.file), base)) {
    throw refuse('storage.file');
  }
  if (config.retention !== undefined) throw refuse('retention');
  if (config.extensions !== undefined) throw refuse('extensions');
  if (config.secrets !== undefined) throw refuse('secrets');
  if (config.network !== undefined) throw refuse('network');
  if (config.shell !== undefined) throw refuse('shell');
  if (storage.kind === 'postgres') throw refuse('storage.urlEnv');
  if (model?.kind === 'recording' && !isAtOrBelow(resolve(base, model.file), base)) throw refuse('model.file');
  if (model?.kind !== 'endpoint') return;
  if (model.apiKeyEnv !== undefined) throw refuse('model.apiKeyEnv');
  if (!['localhost', '127.0.0.1', '[::1]'].includes(new URL(model.url).hostname)) throw refuse('model.url');
}

function chooseStorage(
  storage: RebornConfig['storage'],
  places: { readonly home: string; readonly base: string },
): StorageChoice {
  switch (storage.kind) {
    case 'memory':
    case 'postgres':
      return storage;
    case 'sqlite':
      return {
        kind: 'sqlite',
        file: storage.file === undefined ? join(places.home, DATABASE_FILE) : resolve(places.base, storage.file),
      };
  }
}

/** Folders that are copied as a whole, and so must not hold the key to what is in them. */
export function foldersWithoutKey({ home, storage }: Pick<Settings, 'home' | 'storage'>): readonly string[] {
  return storage.kind === 'sqlite' ? [home, dirname(storage.file)] : [home];
}

function chooseSecrets(
  configured: RebornConfig['secrets'],
  { base, ...places }: Pick<Settings, 'home' | 'storage'> & { readonly base: string },
): SecretsChoice | undefined {
  if (configured === undefined) return undefined;
  const { keyEnv, keyFile, environment } = configured;
  if (keyEnv !== undefined) return { key: { kind: 'variable', name: keyEnv }, environment };
  if (keyFile === undefined) return { environment };
  return { key: { kind: 'file', path: resolve(base, keyFile), notInside: foldersWithoutKey(places) }, environment };
}

function chooseModel(
  flags: HostFlags,
  configured: RebornConfig['model'],
  places: { readonly at: (path: string) => string; readonly base: string },
): ModelChoice | undefined {
  const { model: url, modelName, apiKeyEnv } = flags;
  const recording = nonEmpty(flags.recording, '--recording');
  if (url !== undefined && recording !== undefined)
    throw invalid('--recording', 'must not be given together with --model');
  if (recording !== undefined) return { kind: 'recording', file: places.at(recording) };
  if (url === undefined) {
    if (modelName !== undefined) throw invalid('--model-name', 'goes with --model');
    if (apiKeyEnv !== undefined) throw invalid('--api-key-env', 'goes with --model');
    if (configured?.kind === 'recording') return { kind: 'recording', file: resolve(places.base, configured.file) };
    return configured === undefined ? undefined : checkEndpoint(configured, 'model.url');
  }
  const wanted = { kind: 'endpoint' as const, url, model: modelName ?? MODEL_NAME_DEFAULT, apiKeyEnv };
  const parsed = rebornConfigSchema.shape.model.safeParse(
    apiKeyEnv === undefined ? { ...wanted, apiKeyEnv: undefined } : wanted,
  );
  if (parsed.success && parsed.data?.kind === 'endpoint') return checkEndpoint(parsed.data, '--model');
  const issue = parsed.success ? {} : describeIssues(parsed.error, '');
  const option = { url: '--model', model: '--model-name', apiKeyEnv: '--api-key-env' }[
    String(issue['field']).replace(/^\./, '')
  ];
  throw invalid(option ?? '--model', String(issue['rule'] ?? 'is not valid'));
}

/** The address is remembered with the thread, and keys are often put into queries: so it has none. */
function checkEndpoint(choice: Extract<ModelChoice, { kind: 'endpoint' }>, field: string): ModelChoice {
  if (choice.url.includes('?'))
    throw invalid(field, 'must not have a query; name the key with --api-key-env or apiKeyEnv');
  return choice;
}

function nonEmpty(value: string | undefined, field: string): string | undefined {
  if (value !== undefined && (value === '' || value.includes('\0'))) throw invalid(field, 'must name a file or folder');
  return value;
}

function isAtOrBelow(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || way.startsWith(sep));
}

function invalid(field: string, rule: string): CliError {
  return new CliError('cli/invalid_option', { detail: { field, rule } });
}
