/**
 * `reborn secrets`: keys and tokens that tools use. Values go in, by a prompt that shows nothing or through a pipe, and
 * never come out again; they are never an argument, which other processes could see.
 *
 * Not here: sealing them (`@reborn/host-runtime`), where the key is (`settings.ts`).
 */
import { resolve } from 'node:path';
import { isCancel, password } from '@clack/prompts';
import { parseSecretHandle } from '@reborn/host-api';
import type { SecretTarget } from '@reborn/reborn';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import { notFound } from '../find-subject.ts';
import type { CliIo, Machine } from '../machine.ts';
import { ownerScope, toParts, withHost, withReader } from '../opened-host.ts';
import { createReporter } from '../reporter.ts';
import { foldersWithoutKey, readSettings, type HomeFlags } from '../settings.ts';
import { keyMadeWire, secretsWire, secretWire } from '../wire.ts';

/** The most that a secret can be, and the end of its line. Units: UTF-8 bytes. */
const INPUT_BYTES_MAX = 64 * 1024 + 2;

export interface SecretFlags extends HomeFlags {
  readonly shared?: boolean;
}

export async function setSecretCommand(machine: Machine, name: string, flags: SecretFlags): Promise<number> {
  const target = targetOf(machine, name, flags);
  const settings = await readSettings(machine, flags);
  if (settings.secrets?.key === undefined) throw new CliError('cli/no_secret_key');
  const value = await readValue(machine.io, name);
  if (value === undefined) return EXIT.interrupted;
  // Whoever stores a secret runs nothing.
  const parts = { ...toParts(settings), profile: 'local', extensions: [] } as const;
  await withHost(machine, settings, parts, (host) => host.secrets.put(target, value));
  const reporter = createReporter(machine.io, flags.json === true);
  reporter.value(secretWire('secret_stored', target));
  reporter.remark(`${name} is stored, sealed${flags.shared === true ? ', for everybody of the tenant' : ''}.`);
  return EXIT.done;
}

export async function listSecretsCommand(machine: Machine, flags: HomeFlags): Promise<number> {
  const settings = await readSettings(machine, flags);
  return withReader(machine, settings, async (host) => {
    const listings = await host.secrets.list(ownerOf(machine));
    const reporter = createReporter(machine.io, flags.json === true);
    reporter.value(secretsWire(listings));
    for (const { handle, shared, storedAtMs } of listings) {
      const text = `${handle}  ${new Date(storedAtMs).toISOString()}`;
      reporter.line({ label: shared ? 'shared' : 'own', text, tone: 'plain' });
    }
    if (listings.length === 0) reporter.remark('There are none.');
    return EXIT.done;
  });
}

export async function removeSecretCommand(machine: Machine, name: string, flags: SecretFlags): Promise<number> {
  const target = targetOf(machine, name, flags);
  const settings = await readSettings(machine, flags);
  return withReader(machine, settings, async (host) => {
    if (!(await host.secrets.remove(target))) throw notFound('secret');
    const reporter = createReporter(machine.io, flags.json === true);
    reporter.value(secretWire('secret_removed', target));
    reporter.remark(`${name} is gone.`);
    return EXIT.done;
  });
}

export async function makeKeyCommand(
  machine: Machine,
  flags: HomeFlags & { readonly keyFile: string },
): Promise<number> {
  const settings = await readSettings(machine, flags);
  const file = resolve(machine.cwd, flags.keyFile);
  await machine.createKeyFile(file, [...foldersWithoutKey(settings), settings.workspace.path]);
  const reporter = createReporter(machine.io, flags.json === true);
  reporter.value(keyMadeWire(file));
  reporter.remark('Keep a copy elsewhere: without it nothing that was stored opens again.');
  reporter.remark(`In a configuration: "secrets": ${JSON.stringify({ keyFile: file })}`);
  return EXIT.done;
}

function ownerOf(machine: Machine): SecretTarget['owner'] {
  const { tenantId, userId } = ownerScope(machine);
  return { tenantId, userId };
}

/** Errors: `host-api/invalid_id`. */
function targetOf(machine: Machine, name: string, { shared }: SecretFlags): SecretTarget {
  const { tenantId, userId } = ownerScope(machine);
  const owner = shared === true ? { tenantId } : { tenantId, userId };
  return { owner, handle: parseSecretHandle(name), by: machine.user };
}

/** `undefined`: the person did not want to. The end of the last line is no part of it. */
async function readValue(io: CliIo, name: string): Promise<string | undefined> {
  if (!io.terminal) return (await io.input(INPUT_BYTES_MAX)).replace(/\r?\n$/, '');
  const typed = await password({ message: `The value of ${name} (it is not shown)`, mask: '', signal: io.interrupted });
  return isCancel(typed) ? undefined : typed;
}
