/** `reborn doctor`: what a host of these settings is made of, how durable each part is, and whether all of it works. */
import { access, constants, mkdtemp, opendir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isFault } from '@reborn/host-api';
import { createReborn, inspectReborn, type ReadinessReport, type RebornOptions } from '@reborn/reborn';
import { EXIT } from '../exit-code.ts';
import type { Machine, SecretsChoice } from '../machine.ts';
import { toParts } from '../opened-host.ts';
import { doctorLines } from '../render/doctor-lines.ts';
import { createReporter } from '../reporter.ts';
import { placeWorkspace, readSettings, type HostFlags, type Settings } from '../settings.ts';
import { codeOf } from '../text-file.ts';
import { prepareHome } from '../thread-note.ts';
import { doctorWire } from '../wire.ts';

/** `exit`: what a failure of this check means for the command. */
export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed';
  readonly detail: string;
  readonly exit?: number;
}

export interface DoctorFlags extends HostFlags {
  readonly modelCheck?: boolean;
}

export async function doctorCommand(machine: Machine, flags: DoctorFlags): Promise<number> {
  const settings = await readSettings(machine, flags);
  const reporter = createReporter(machine.io, flags.json === true);
  const key = await checkKey(machine, settings);
  const composed = await compose(machine, settings, key);
  const { options } = composed;
  const report = await inspectReborn(options);
  const refused = report.status === 'refused';
  const checks = [
    checkNode(machine),
    await checkWorkspace(settings),
    key.check,
    composed.check,
    ...(refused ? [] : await checkKeeping(settings, options)),
    ...(flags.modelCheck === true && !refused ? [await checkModel(options)] : []),
  ];
  const exit = exitOf(report, checks);
  reporter.value(doctorWire(report, checks, exit === EXIT.done));
  for (const line of doctorLines(report, checks)) reporter.line(line);
  return exit;
}

function exitOf(report: ReadinessReport, checks: readonly Check[]): number {
  if (report.status === 'refused') return EXIT.refused;
  const failed = checks.find((check) => check.state === 'failed')?.exit;
  const quarantined = report.extensions.some(({ quarantine }) => quarantine !== undefined);
  return failed ?? (quarantined ? EXIT.usage : EXIT.done);
}

function checkNode(machine: Machine): Check {
  const [major = 0, minor = 0] = machine.nodeVersion.split('.').map(Number);
  const fits = major === 22 ? minor >= 22 : major > 22;
  const detail = fits ? machine.nodeVersion : `${machine.nodeVersion} is too old; 22.22 or newer is needed`;
  return { name: 'Node.js', state: fits ? 'ok' : 'failed', detail, exit: EXIT.usage };
}

async function checkWorkspace(settings: Settings): Promise<Check> {
  const name = 'workspace';
  try {
    const folder = await opendir(await placeWorkspace(settings));
    await folder.close();
    return { name, state: 'ok', detail: 'can be read' };
  } catch (error) {
    return failed(name, error, EXIT.usage);
  }
}

/** `secrets`: without the key where it cannot be used, so that everything else is looked at all the same. */
interface CheckedKey {
  readonly secrets: SecretsChoice | undefined;
  readonly check: Check;
}

async function checkKey(machine: Machine, settings: Settings): Promise<CheckedKey> {
  const name = 'secret key';
  const { secrets, workspace } = settings;
  if (secrets?.key === undefined) {
    return { secrets, check: { name, state: 'ok', detail: 'none is chosen; secrets cannot be stored' } };
  }
  try {
    const folder = { folder: workspace.path, closed: [] };
    await machine.compose({ profile: 'test', storage: { kind: 'memory' }, workspace: folder, secrets });
    return { secrets, check: { name, state: 'ok', detail: 'can be used' } };
  } catch (error) {
    return { secrets: { environment: secrets.environment }, check: failed(name, error, EXIT.usage) };
  }
}

/** Without a model, or with one that cannot be used, everything else is looked at all the same. */
async function compose(
  machine: Machine,
  settings: Settings,
  key: CheckedKey,
): Promise<{ readonly options: RebornOptions; readonly check: Check }> {
  const name = 'model';
  const workspace = { folder: settings.workspace.path, closed: [settings.home] };
  const bare = { ...toParts(settings), secrets: key.secrets, workspace };
  const { model } = settings;
  if (model === undefined) {
    const detail = 'none is chosen; `reborn run` needs --model or --recording';
    return { options: await machine.compose(bare), check: { name, state: 'warning', detail } };
  }
  try {
    const options = await machine.compose({ ...bare, model });
    const how = options.model?.recorded === true ? 'a recording' : 'not asked; --model-check asks it';
    const detail = `${options.model?.label ?? 'none'}, ${how}`;
    return { options, check: { name, state: 'ok', detail } };
  } catch (error) {
    if (!isFault(error)) throw error;
    return { options: await machine.compose(bare), check: failed(name, error, EXIT.usage) };
  }
}

/** Without a home there is nothing to open a store in. */
async function checkKeeping(settings: Settings, options: RebornOptions): Promise<readonly Check[]> {
  const home = await checkHome(settings);
  return home.state === 'failed' ? [home] : [home, ...(await checkHost(options))];
}

async function checkHome(settings: Settings): Promise<Check> {
  const name = 'home folder';
  try {
    await prepareHome(settings.home);
    await access(settings.home, constants.R_OK | constants.W_OK);
    const probe = await mkdtemp(join(settings.home, 'probe-'));
    await rm(probe, { recursive: true });
    return { name, state: 'ok', detail: 'can be written' };
  } catch (error) {
    return failed(name, error, EXIT.unavailable);
  }
}

/**
 * Opening is the check: a store that cannot set what its durability needs, and read it back, does not open. With it what
 * holds the programs of capabilities, where there are some.
 */
async function checkHost(options: RebornOptions): Promise<readonly Check[]> {
  const name = 'database';
  try {
    const host = await createReborn(options);
    try {
      const { components } = await host.runtime.health();
      const answers = components.find((component) => component.name === 'store')?.state === 'ready';
      const lanes = components.filter((component) => component.name === 'lane process');
      const { backend, survives, anchored } = options.storage.durability;
      const how = survives === 'nothing' ? 'gone with the process' : 'every commit synced in full';
      const bound =
        survives === 'nothing'
          ? ''
          : anchored
            ? 'a head anchor shows a lost tail'
            : 'no head anchor: a lost tail would not show';
      const detail = `${backend} opens; survives ${survives.replaceAll('_', ' ')} (${how}); ${bound}`;
      const store: Check = answers
        ? { name, state: survives === 'nothing' ? 'warning' : 'ok', detail }
        : { name, state: 'failed', detail: `${backend} does not answer`, exit: EXIT.unavailable };
      return [store, ...lanes.map((lane) => laneCheck(lane.state === 'ready', lane.detail))];
    } finally {
      await host.close();
    }
  } catch (error) {
    return [failed(name, error, EXIT.unavailable)];
  }
}

function laneCheck(ready: boolean, detail: string): Check {
  return { name: 'programs', state: ready ? 'ok' : 'failed', detail, exit: EXIT.usage };
}

async function checkModel({ model }: RebornOptions): Promise<Check> {
  const name = 'model answers';
  if (model === undefined) return { name, state: 'failed', detail: 'there is none to ask', exit: EXIT.usage };
  if (model.recorded === true) return { name, state: 'warning', detail: 'it is a recording; nobody is asked' };
  const messages = [{ role: 'user' as const, text: 'Answer with one word: ready.' }];
  const outcome = await model.complete(
    { system: 'Answer briefly.', messages, tools: [] },
    { signal: AbortSignal.timeout(30_000) },
  );
  if (outcome.kind === 'reply') return { name, state: 'ok', detail: 'with text' };
  return { name, state: 'failed', detail: `${outcome.errorKind}: ${outcome.explanation}`, exit: EXIT.unavailable };
}

function failed(name: string, error: unknown, exit: number): Check {
  const detail = isFault(error)
    ? `${error.message} ${error.remedy}`
    : `cannot be used (${codeOf(error).toLowerCase()})`;
  return { name, state: 'failed', detail, exit };
}
