/**
 * Capabilities that are programs. The final input goes in as one line of JSON; one JSON value comes out:
 * `{"kind":"completed","output":…}`, or `{"kind":"failed","code":…,"message":…,"effect":"none"|"happened"|"uncertain"}`.
 * What a program writes to its error output is for the operator and, while it runs in the background, for whoever reads
 * its progress; models never see it otherwise.
 *
 * Command, arguments and environment are the composer's; no caller adds to them. Secrets that the call was lent and that
 * the descriptor names stand in the environment, as `REBORN_SECRET_` and the handle in capitals. In a sandbox there is no
 * network: a program that needs one is composed without.
 *
 * Not here: starting and holding programs (the `Processes` port), what a program may see (`confinement.ts`), what its
 * answers mean (`program-answer.ts`), whether a call is made at all (`../invoke/`).
 * Source: specification 2, b.6; rulings, section 4.
 */
import type {
  CapabilityDescriptor,
  Diagnostics,
  JsonValue,
  MountView,
  PackageIdentity,
  ProcessOutcome,
  Processes,
  SecretHandle,
  VirtualPath,
} from '@reborn/host-api';
import { boundText } from '../bound-text.ts';
import { HostRuntimeError } from '../errors.ts';
import { PROCESS_MS_MAX, PROGRAM_COMPLAINT_BYTES_MAX, PROGRAM_GRACE_MS, PROGRAM_OUTPUT_BYTES_MAX } from '../limits.ts';
import { confine, type Confinement, type Hold } from './confinement.ts';
import type { CapabilityHandler, HandlerCall, HandlerOutcome, InputCheck } from './handler.ts';
import { createLineReader } from './line-reader.ts';
import { programFailure, toOutcome } from './program-answer.ts';

const SECRET_PREFIX = 'REBORN_SECRET_';
/** What every program has; the composer's own wins. */
const PROGRAM_ENV = Object.freeze({ PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' });

/**
 * `sandbox`: without one the program never runs in one. `mounts`: the folders that the host lets it see in a sandbox,
 * besides those that the program itself needs. `diagnostics` hears why a program failed.
 */
export interface ProcessCapabilityOptions {
  readonly descriptor: CapabilityDescriptor;
  readonly provider: PackageIdentity;
  /** As `CapabilityHandler`. */
  readonly checkInput: (input: JsonValue) => InputCheck;
  readonly processes: Processes;
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workingFolder?: VirtualPath;
  readonly mounts?: MountView;
  readonly sandbox?: Confinement;
  readonly diagnostics?: Diagnostics;
}

/** Errors: `host-runtime/invalid_composition` naming the part that is wrong. */
export function createProcessCapability(options: ProcessCapabilityOptions): CapabilityHandler {
  const { descriptor, provider, checkInput, mounts, sandbox } = options;
  const names = secretNames(descriptor);
  checkComposition(options, names);
  return Object.freeze({
    descriptor,
    provider,
    lane: 'process',
    sandboxed: sandbox?.required === true,
    ...(mounts === undefined ? {} : { mounts }),
    checkInput,
    run: (call: HandlerCall) => run(options, names, call),
  });
}

type SecretNames = ReadonlyMap<SecretHandle, string>;

function secretNames({ credentials = [] }: CapabilityDescriptor): SecretNames {
  return new Map(
    credentials.map(({ handle }) => [handle, `${SECRET_PREFIX}${handle.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`]),
  );
}

/** A program runs code whatever its package says, and two secrets of one name would be one. */
function checkComposition({ descriptor, env = {} }: ProcessCapabilityOptions, names: SecretNames): void {
  const refuse = (field: string, rule: string): HostRuntimeError =>
    new HostRuntimeError('host-runtime/invalid_composition', { detail: { field, rule } });
  if (!descriptor.effects.includes('execute_code')) throw refuse('effects', 'must name execute_code: a program runs');
  if (new Set(names.values()).size !== names.size) throw refuse('credentials', 'must differ in more than punctuation');
  const odd = Object.keys(env).some((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.startsWith(SECRET_PREFIX));
  if (odd) throw refuse('env', `must have names that shells take, and none that begins with ${SECRET_PREFIX}`);
}

async function run(options: ProcessCapabilityOptions, names: SecretNames, call: HandlerCall): Promise<HandlerOutcome> {
  const { processes, sandbox, mounts, descriptor, diagnostics } = options;
  const hold = await confine(processes, sandbox, { composed: mounts, granted: call.mounts });
  if (hold.kind === 'refused') return programFailure('no_sandbox');
  const secrets = takeSecrets(descriptor, names, call);
  if (secrets === undefined) return programFailure('secret_missing');
  if (call.signal.aborted) return programFailure('cancelled', 'none');
  const ended = await processes.run(toRequest(options, hold, call, secrets));
  const outcome = toOutcome(ended);
  if (outcome.kind === 'failed') complain(diagnostics, descriptor, ended, Object.keys(secrets).length > 0);
  return outcome;
}

/** `undefined` when one is missing that the program cannot do without. */
function takeSecrets(
  { credentials = [] }: CapabilityDescriptor,
  names: SecretNames,
  { secrets }: HandlerCall,
): Readonly<Record<string, string>> | undefined {
  const taken: Record<string, string> = {};
  for (const { handle, required } of credentials) {
    const value = secrets?.take(handle);
    if (value === undefined && required) return undefined;
    const name = names.get(handle);
    if (value !== undefined && name !== undefined) taken[name] = value.reveal();
  }
  return taken;
}

/** The call's own signal ends it in time; the bound here is for a host that fails to. */
function toRequest(
  { command, args = [], env, workingFolder, descriptor }: ProcessCapabilityOptions,
  hold: Exclude<Hold, { kind: 'refused' }>,
  { input, signal, progress }: HandlerCall,
  secrets: Readonly<Record<string, string>>,
): Parameters<Processes['run']>[0] {
  const lines = progress === undefined ? undefined : createLineReader((line) => progress(`${line}\n`));
  return {
    command,
    args,
    env: { ...PROGRAM_ENV, ...env, ...secrets },
    stdin: new TextEncoder().encode(`${JSON.stringify(input)}\n`),
    timeoutMs: (progress === undefined ? descriptor.deadlineMs : PROCESS_MS_MAX) + PROGRAM_GRACE_MS,
    outputBytesMax: PROGRAM_OUTPUT_BYTES_MAX,
    signal,
    ...(workingFolder === undefined ? {} : { workingFolder }),
    ...(hold.kind === 'sandboxed' ? { sandbox: hold.sandbox } : {}),
    ...(lines === undefined
      ? {}
      : {
          onOutput: (stream: 'stdout' | 'stderr', chunk: Uint8Array) =>
            stream === 'stderr' ? lines(chunk) : undefined,
        }),
  };
}

/** What a program says that was lent secrets may hold them. */
function complain(
  diagnostics: Diagnostics | undefined,
  { id }: CapabilityDescriptor,
  ended: ProcessOutcome,
  lent: boolean,
): void {
  const how = ended.kind === 'exited' ? { exitCode: ended.exitCode } : { reason: ended.reason };
  const tail = ended.kind === 'exited' && !lent ? ended.stderr.slice(-PROGRAM_COMPLAINT_BYTES_MAX) : undefined;
  const said = boundText(tail === undefined ? '' : new TextDecoder().decode(tail), PROGRAM_COMPLAINT_BYTES_MAX) ?? '';
  diagnostics?.report('The program of a capability failed', {
    capability: id,
    outcome: ended.kind,
    ...how,
    ...(said === '' ? {} : { said }),
  });
}
