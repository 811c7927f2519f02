/**
 * A host for the length of one command, and the owner in whose name it is asked.
 *
 * Not here: what it is composed of (`settings.ts`, `compose.ts`).
 */
import { access, constants } from 'node:fs/promises';
import { parseTenantId, parseThreadId, type ResourceScope, type ThreadId } from '@reborn/host-api';
import {
  createReborn,
  inspectReborn,
  openOperatorLog,
  type OperatorLog,
  type Reborn,
  type RebornOptions,
} from '@reborn/reborn';
import { CliError } from './errors.ts';
import type { HostParts, Machine, StorageChoice } from './machine.ts';
import { readSettings, type HomeFlags, type Settings } from './settings.ts';
import { codeOf } from './text-file.ts';
import { checkSameFolder, prepareHome, readThreadNote } from './thread-note.ts';

export function ownerScope(machine: Machine): ResourceScope {
  return { tenantId: parseTenantId('default'), userId: machine.user.id };
}

/** With a thread where one is named. Errors: `host-api/invalid_id`. */
export function scopeOf(machine: Machine, thread: string | undefined): ResourceScope {
  return { ...ownerScope(machine), ...(thread === undefined ? {} : { threadId: parseThreadId(thread) }) };
}

/** Opens, works, and closes in every case. */
export async function withHost<T>(
  machine: Machine,
  settings: Settings,
  parts: HostParts,
  work: (host: Reborn, options: RebornOptions) => Promise<T>,
): Promise<T> {
  const options = await machine.compose(parts);
  if ((await inspectReborn(options)).status !== 'refused') await prepareHome(settings.home);
  const host = await createReborn(options);
  try {
    return await work(host, options);
  } finally {
    await host.close();
  }
}

/** A host that only looks: it can neither think nor act. Errors: `cli/no_home` where nothing was ever kept. */
export async function withReader<T>(
  machine: Machine,
  settings: Settings,
  work: (host: Reborn) => Promise<T>,
): Promise<T> {
  if (!(await isKept(settings.storage))) throw new CliError('cli/no_home');
  // Whoever looks needs no posture; that of production would want parts that looking does not.
  return withHost(machine, settings, readerParts(settings), work);
}

/** The log as its operator sees it. Errors: `cli/no_home`; those of the storage. */
export async function withOperatorLog<T>(
  machine: Machine,
  settings: Settings,
  work: (log: OperatorLog) => Promise<T>,
): Promise<T> {
  if (!(await isKept(settings.storage))) throw new CliError('cli/no_home');
  return openAndWork(machine, settings, work);
}

/** As `withOperatorLog`, and makes the home where there is none: for what is put back from elsewhere. */
export async function withNewOperatorLog<T>(
  machine: Machine,
  settings: Settings,
  work: (log: OperatorLog) => Promise<T>,
): Promise<T> {
  await prepareHome(settings.home);
  return openAndWork(machine, settings, work);
}

async function openAndWork<T>(
  machine: Machine,
  settings: Settings,
  work: (log: OperatorLog) => Promise<T>,
): Promise<T> {
  const { storage } = await machine.compose(readerParts(settings));
  const log = await openOperatorLog({ platform: machine.platform, storage, operator: machine.user });
  try {
    return await work(log);
  } finally {
    await log.close();
  }
}

/** Whoever looks needs no posture, no tools, no key and no network. */
function readerParts(settings: Settings): HostParts {
  const nothing = { extensions: [], secrets: undefined, network: undefined, shell: false } as const;
  return { ...toParts(settings), profile: 'local', ...nothing };
}

/** The parts that every host of these settings has. */
export function toParts(settings: Settings): HostParts {
  const { profile, storage, extensions, secrets, budgets, network, shell, system, leaseMs, gateTtlMs } = settings;
  return { profile, storage, extensions, secrets, budgets, network, shell, system, leaseMs, gateTtlMs };
}

/**
 * What a run goes on with: its folder, its model, and the settings of the file that counted when it began, unless another
 * one is named. Where it is kept is known already. Errors: `cli/unknown_thread`: without its folder and its model a run is
 * left alone; `cli/no_key` names the variable, which is known to be one: it was set when the thread began;
 * `cli/other_workspace`; `cli/unnamed_extension`: without what it is about, an answer would be lost; those of `readSettings`.
 */
export async function partsOfThread(
  machine: Machine,
  typed: Settings,
  flags: HomeFlags,
  threadId: ThreadId | undefined,
): Promise<HostParts> {
  const { home, storage } = typed;
  const note = threadId === undefined ? undefined : await readThreadNote(home, threadId);
  if (note === undefined) throw new CliError('cli/unknown_thread');
  await checkSameFolder(note.workspace);
  const began = flags.config === undefined ? note.config : undefined;
  const settings = began === undefined ? typed : { ...(await readSettings(machine, flags, began)), storage };
  if (!note.extensions.every((folder) => settings.extensions.some(({ path }) => path === folder)))
    throw new CliError('cli/unnamed_extension', { detail: { field: '--config' } });
  const variable = note.model.kind === 'endpoint' ? note.model.apiKeyEnv : undefined;
  if (variable !== undefined && !machine.hasVariable(variable))
    throw new CliError('cli/no_key', { detail: { variable } });
  return { ...toParts(settings), workspace: { folder: note.workspace, closed: [settings.home] }, model: note.model };
}

/**
 * A server is there or is not, which opening says; a file that is not there must not be made by looking. Whoever looks
 * writes too: followers move on. Errors: `cli/home_unusable` for a file that is there for others alone.
 */
async function isKept(storage: StorageChoice): Promise<boolean> {
  switch (storage.kind) {
    case 'postgres':
      return true;
    case 'sqlite':
      return access(storage.file, constants.R_OK | constants.W_OK).then(
        () => true,
        (error: unknown) => {
          const code = codeOf(error);
          if (code === 'ENOENT' || code === 'ENOTDIR') return false;
          const rule = `cannot be read and written (${code.toLowerCase()})`;
          throw new CliError('cli/home_unusable', { detail: { field: 'database', rule } });
        },
      );
    case 'memory':
      return false;
  }
}
