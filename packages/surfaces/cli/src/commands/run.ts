/** `reborn run`: one message, one run, watched until it ends or waits for an answer. */
import { basename } from 'node:path';
import { utf8Bytes, type ThreadId } from '@reborn/host-api';
import type { ExtensionStanding, Reborn, RebornOptions } from '@reborn/reborn';
import { isTerminal, MESSAGE_BYTES_MAX, type SubmitTurnOutcome } from '@reborn/turns';
import { CliError } from '../errors.ts';
import type { HostParts, Machine } from '../machine.ts';
import { ownerScope, toParts, withHost } from '../opened-host.ts';
import { extensionLines } from '../render/extension-lines.ts';
import type { Line } from '../render/style.ts';
import { createReporter, type Reporter } from '../reporter.ts';
import { createRunFeed } from '../run-feed.ts';
import { parseThreadOption, placeWorkspace, readSettings, type HostFlags, type Settings } from '../settings.ts';
import { checkSameFolder, readThreadNote, writeThreadNote, type ThreadNote } from '../thread-note.ts';
import { followToEnd } from './follow.ts';

export interface RunFlags extends HostFlags {
  readonly thread?: string;
  readonly wait?: boolean;
}

export async function runCommand(machine: Machine, message: string, flags: RunFlags): Promise<number> {
  checkMessage(message);
  const settings = await readSettings(machine, flags);
  const threadId = parseThreadOption(flags.thread, machine);
  const known = await readThreadNote(settings.home, threadId);
  const note = await chooseNote(settings, threadId, known);
  const parts: HostParts = {
    ...toParts(settings),
    workspace: { folder: note.workspace, closed: [settings.home] },
    model: note.model,
  };
  const reporter = createReporter(machine.io, flags.json === true);
  return withHost(machine, settings, parts, async (host, options) => {
    const accepted = await submit(machine, host, { settings, note, known, message });
    const scope = { ...ownerScope(machine), threadId };
    introduce(reporter, machine, {
      ...accepted,
      threadId,
      named: settings.workspace.named,
      typed: known === undefined,
      options,
      config: configOf(settings, flags),
      settings,
      endpoint: note.model.kind === 'endpoint' ? new URL(note.model.url).host : undefined,
      extensions: host.readiness().extensions,
    });
    const { runId } = accepted;
    const feed = createRunFeed(host, scope, runId);
    return followToEnd({
      machine,
      host,
      settings,
      scope,
      runId,
      feed,
      reporter,
      wait: flags.wait === true,
      json: flags.json === true,
    });
  });
}

function checkMessage(message: string): void {
  const refuse = (rule: string): CliError => new CliError('cli/invalid_option', { detail: { field: 'message', rule } });
  if (message.trim() === '') throw refuse('must not be empty');
  if (utf8Bytes(message) > MESSAGE_BYTES_MAX) throw refuse(`must be at most ${MESSAGE_BYTES_MAX} bytes`);
}

/** A thread stays with its folder. Its model may change between two runs. */
async function chooseNote(settings: Settings, threadId: ThreadId, known: ThreadNote | undefined): Promise<ThreadNote> {
  const model = settings.model ?? known?.model;
  if (model === undefined) throw new CliError('cli/no_model');
  if (known !== undefined) await checkSameFolder(known.workspace);
  const extensions = settings.extensions.map(({ path }) => path);
  const { config } = settings;
  if (known !== undefined && !settings.workspace.typed) return { ...known, model, extensions, config };
  const workspace = await placeWorkspace(settings);
  if (known !== undefined && known.workspace !== workspace)
    throw new CliError('cli/other_workspace', { detail: { field: '--dir' } });
  return { threadId, workspace, model, extensions, config };
}

type Accepted = Extract<SubmitTurnOutcome, { kind: 'accepted' }>;

/** The note comes first: a run whose folder is not known could not be gone on with. */
async function submit(
  machine: Machine,
  host: Reborn,
  turn: {
    readonly settings: Settings;
    readonly note: ThreadNote;
    readonly known: ThreadNote | undefined;
    readonly message: string;
  },
): Promise<Accepted> {
  const { settings, note, known, message } = turn;
  const scope = { ...ownerScope(machine), threadId: note.threadId };
  const runs = known === undefined ? [] : await host.turns.listRuns(scope, 20);
  const active = runs.find((run) => !isTerminal(run.status));
  if (active !== undefined) throw busy(active.status);
  if (known === undefined || !isSameNote(known, note)) await writeThreadNote(settings.home, note);
  const outcome = await host.turns.submitTurn({ scope, actor: machine.user, text: message });
  if (outcome.kind === 'accepted') return outcome;
  throw busy(outcome.status);
}

/** What was opened to the agent that is closed otherwise. */
function openingLines({ network, shell }: Pick<Settings, 'network' | 'shell'>): readonly Line[] {
  const hosts = network === true ? 'any public host' : network?.map(({ host }) => host).join(', ');
  return [
    ...(hosts === undefined ? [] : [{ label: 'network', text: hosts, tone: 'ask' as const }]),
    ...(shell ? [{ label: 'shell', text: 'commands, each in a sandbox', tone: 'ask' as const }] : []),
  ];
}

/** For people: as they named it. */
function configOf({ config }: Settings, flags: RunFlags): string | undefined {
  return config?.named === false ? `${basename(config.path)}, found in the current folder` : flags.config;
}

function isSameNote(left: ThreadNote, right: ThreadNote): boolean {
  const said = ({ model, extensions, config }: ThreadNote): string => JSON.stringify([model, extensions, config]);
  return said(left) === said(right);
}

function busy(status: string): CliError {
  return new CliError('cli/thread_busy', { detail: { field: 'run', rule: `is ${status}` } });
}

function introduce(
  reporter: Reporter,
  machine: Machine,
  about: Pick<Accepted, 'runId'> & {
    readonly threadId: ThreadId;
    readonly named: string;
    readonly typed: boolean;
    readonly options: RebornOptions;
    readonly config: string | undefined;
    readonly settings: Pick<Settings, 'network' | 'shell'>;
    readonly endpoint: string | undefined;
    readonly extensions: readonly ExtensionStanding[];
  },
): void {
  const { runId, threadId, options } = about;
  const { label = 'none', recorded = false } = options.model ?? {};
  const folder = about.typed ? about.named : 'the one of this thread';
  reporter.line({ label: 'run', text: `${runId}  (process ${machine.pid})`, tone: 'strong' });
  reporter.line({ label: 'thread', text: `${threadId}, in the name of ${machine.user.id}`, tone: 'plain' });
  reporter.line({
    label: 'model',
    text: recorded ? `${label}: a recording, no live model is asked` : `${label} at ${about.endpoint ?? 'no address'}`,
    tone: 'plain',
  });
  reporter.line({ label: 'folder', text: folder, tone: 'plain' });
  if (about.config !== undefined) reporter.line({ label: 'config', text: about.config, tone: 'plain' });
  for (const line of openingLines(about.settings)) reporter.line(line);
  for (const line of extensionLines(about.extensions)) reporter.line(line);
  reporter.value({
    v: 1,
    kind: 'accepted',
    runId,
    threadId,
    userId: machine.user.id,
    pid: machine.pid,
    model: label,
    recorded,
  });
}
