/** A small host in memory: a clock that is moved by hand, one store, and as many doors on it as a test wants. */
import {
  acquireLease,
  createHostTrustPolicy,
  createInMemoryStore,
  gateMachine,
  idempotencyMachine,
  leaseMachine,
  leaseRowSchema,
  limiterMachine,
  parseExtensionId,
  parseRunId,
  parseTenantId,
  reservationMachine,
  transition,
  workItemMachine,
  type DurableStore,
  type GateId,
  type JsonObject,
  type JsonValue,
  type LeaseProof,
  type ResourceScope,
  type StreamFamily,
} from '@reborn/host-api';
import { buildContext, buildGrant, buildScope, createFakePlatform, fixedUuid } from '@reborn/host-api/testkit';
import {
  createHostRuntime,
  staticGrants,
  type HostRuntime,
  type HostRuntimeOptions,
  type InvokeOutcome,
  type InvokeRequest,
} from '@reborn/host-runtime';
import { scriptedHandler, type ScriptedHandler, type ScriptedHandlerOptions } from '@reborn/host-runtime/testkit';
import { secretMachine } from '../src/secret/secret-machine.ts';
import { INTERACTIVE_PROFILE, runMachine } from '@reborn/turns';

export type World = ReturnType<typeof createWorld>;

export const alice = { kind: 'user', id: 'alice' } as const;
export const done = { kind: 'completed', output: { saved: true } } as const;

/** What a store of this room keeps. */
export const DOOR_MACHINES = [
  leaseMachine,
  gateMachine,
  idempotencyMachine,
  runMachine,
  limiterMachine,
  reservationMachine,
] as const;
/** What it keeps when it has secrets and processes too. */
export const HOST_DOOR_MACHINES = [...DOOR_MACHINES, workItemMachine, secretMachine];

/** A store of the test's choice takes its clock from `platform`. */
export function createWorld(platform = createFakePlatform(), given?: DurableStore) {
  const { clock, timers, ids, digest } = platform;
  const store = given ?? createInMemoryStore({ machines: DOOR_MACHINES, clock, timers });
  let calls = 100;

  return { platform, store, open, newCall, settled, records, tick, invoke, approve };

  /** A door on the store of this world. Its posture asks nobody; `notes.*` may read and write, and Alice may use them. */
  function open(
    capabilities: HostRuntimeOptions['capabilities'],
    options: Partial<HostRuntimeOptions> = {},
  ): HostRuntime {
    const trust = createHostTrustPolicy([
      {
        packageId: parseExtensionId('notes'),
        source: 'composed',
        trust: 'user_trusted',
        allowedEffects: ['read_filesystem', 'write_filesystem'],
      },
    ]);
    const grants = staticGrants(
      ['notes.write', 'notes.read'].map((capability, at) => buildGrant({ id: fixedUuid(900 + at), capability })),
    );
    return createHostRuntime({
      store,
      clock,
      timers,
      ids,
      digest,
      profile: 'production',
      trust,
      grants,
      capabilities,
      ...options,
    });
  }

  /** A call under a new invocation id. */
  function newCall(input: JsonValue = { text: 'hello' }, overrides: Partial<InvokeRequest> = {}): InvokeRequest {
    calls += 1;
    const context = buildContext({ invocationId: fixedUuid(calls), correlationId: fixedUuid(calls + 5000) });
    return { context, capabilityId: 'notes.write', input, ...overrides };
  }

  /** Lets time pass until the promise is settled. */
  async function settled<T>(promise: Promise<T>, stepMs = 100): Promise<T> {
    const isOver = watch(promise);
    for (let steps = 0; !isOver() && steps < 5000; steps += 1) {
      await tick();
      // Behind this look stands whatever was sent to the store before: time does not pass while it is at work.
      if (given !== undefined) await store.get(leaseMachine.name, 'settled');
      if (!isOver()) platform.advance(stepMs);
    }
    return promise;
  }

  function invoke(runtime: HostRuntime, request: InvokeRequest): Promise<InvokeOutcome> {
    return settled(runtime.invokeCapability(request));
  }

  async function approve(runtime: HostRuntime, gateId: GateId, more: { readonly input?: JsonValue } = {}) {
    const decision = 'input' in more ? 'edit' : 'approve';
    return runtime.resolveGate({ tenantId: 'acme', gateId, approver: alice, decision, ...more });
  }

  async function records(...families: readonly StreamFamily[]): Promise<readonly JsonObject[]> {
    const tenantId = parseTenantId('acme');
    const wanted: readonly StreamFamily[] = families.length === 0 ? ['runtime', 'journal', 'audit', 'turn'] : families;
    const pages = await Promise.all(
      wanted.map((family) => store.readStream({ stream: { family, tenantId }, after: 0, limit: 1000 })),
    );
    return pages.flatMap((page) => page.records.map(({ body, kind }) => ({ ...body, kind })));
  }
}

/** Tells whether a promise is settled. */
export function watch(promise: Promise<unknown>): () => boolean {
  let over = false;
  const end = (): void => void (over = true);
  promise.then(end, end);
  return () => over;
}

/** Everything that is ready to happen without time passing has happened. */
export function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function writer(...runs: readonly NonNullable<ScriptedHandlerOptions['runs']>[number][]): ScriptedHandler {
  return scriptedHandler({ runs });
}

export function reader(...runs: readonly NonNullable<ScriptedHandlerOptions['runs']>[number][]): ScriptedHandler {
  return scriptedHandler({ descriptor: { id: 'notes.read', effects: ['read_filesystem'] }, runs });
}

export function asker(...runs: readonly NonNullable<ScriptedHandlerOptions['runs']>[number][]): ScriptedHandler {
  return scriptedHandler({ descriptor: { permission: 'ask' }, runs });
}

export function gateOf(outcome: InvokeOutcome): GateId {
  if (outcome.kind !== 'approval_required') throw new Error(`no gate but ${JSON.stringify(outcome)}`);
  return outcome.gateId;
}

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    (value) => `no fault but ${JSON.stringify(value)}`,
    (error: unknown) =>
      typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error),
  );
}

/** A run of the scope in the hands of a worker. */
export async function claimRun(
  store: DurableStore,
  number: number,
  holder = 'worker-1',
  scope: ResourceScope = buildScope(),
): Promise<{ readonly runId: ReturnType<typeof parseRunId>; readonly lease: LeaseProof }> {
  const runId = parseRunId(fixedUuid(number));
  const correlationId = buildContext().correlationId;
  const turnId = fixedUuid(number + 1) as never;
  const run = {
    runId,
    turnId,
    correlationId,
    scope,
    actor: { kind: 'user', id: scope.userId },
    profile: INTERACTIVE_PROFILE,
  } as const;
  await store.commit([transition(runMachine, runId, { trigger: 'submit', run })]);
  await store.commit([transition(runMachine, runId, { trigger: 'claim', claims: 1 })]);
  return { runId, lease: await takeLease(store, runId, holder) };
}

export async function takeLease(store: DurableStore, runId: string, holder: string): Promise<LeaseProof> {
  const key = `lease:run|${runId}`;
  const taken = await store.commit([acquireLease(key, holder, 60_000)]);
  const receipt = taken.kind === 'committed' ? taken.receipts[0] : undefined;
  const { fence } = leaseRowSchema.parse(receipt?.kind === 'record' ? receipt.row : undefined);
  return { key, holder, fence };
}
