/** A door with everything behind it that a call can meet on its way, and its explanation. */
import {
  createInMemoryStore,
  createTrustBook,
  createHostTrustPolicy,
  digestOf,
  parseExtensionId,
  parseResourceScope,
  parseSecretHandle,
  type GateId,
  type GateRow,
  type JsonValue,
  type Principal,
  type ResourceScope,
  type TrustEntry,
} from '@reborn/host-api';
import {
  answered,
  buildContext,
  buildGrant,
  createFakeCipher,
  createFakeNetwork,
  createFakePlatform,
  fixedUuid,
} from '@reborn/host-api/testkit';
import { createEventLog } from '@reborn/events';
import {
  createBudgets,
  createHostRuntime,
  createProcessDesk,
  createStoredSecrets,
  type BudgetLimit,
  type CallPolicy,
  type HostRuntimeOptions,
  type HostRuntimeService,
  type InvokeOutcome,
  type InvokeRequest,
} from '@reborn/host-runtime';
import { scriptedHandler, type ScriptedRun } from '@reborn/host-runtime/testkit';
import { createTurnCoordinator } from '@reborn/turns';
import { explainInvocation, type Explanation } from '../src/explain.ts';
import { HOST_MACHINES } from '../src/host-machines.ts';

export const scope: ResourceScope = parseResourceScope({ tenantId: 'acme', userId: 'alice' });
export const alice: Principal = { kind: 'user', id: scope.userId };
export const handle = parseSecretHandle('notes_token');
export const saved: ScriptedRun = { kind: 'completed', output: { saved: true } };
/** Posts with the secret that it was lent; the other side may not take it. */
export const posts: ScriptedRun = async ({ http }) => {
  const outcome = await http?.request({
    url: 'https://notes.example/v1/notes',
    method: 'POST',
    headers: [],
    credentials: [{ handle, target: { kind: 'header', name: 'authorization', prefix: 'Bearer ' }, required: true }],
  });
  const status = outcome?.kind === 'answered' ? outcome.response.status : 0;
  if (status === 401) return { kind: 'auth_required', handles: [handle] };
  return { kind: 'completed', output: { status }, usage: { usd: '0.25' } };
};

const EFFECTS = ['network', 'spawn_process', 'use_secret', 'write_filesystem'] as const;
const TARGETS = [{ host: 'notes.example' }];
const TRUSTED: TrustEntry = {
  packageId: parseExtensionId('notes'),
  source: 'composed',
  trust: 'user_trusted',
  allowedEffects: [...EFFECTS],
};

export interface DoorScript {
  readonly runs?: readonly ScriptedRun[];
  readonly policy?: CallPolicy;
  readonly limits?: readonly BudgetLimit[];
  readonly permission?: 'allow' | 'ask';
  readonly credentials?: boolean;
  readonly network?: boolean;
  readonly gateTtlMs?: number;
}

export type Door = ReturnType<typeof createDoor>;

/** `strideMs`: how much time passes between two things that somebody does. */
export function createDoor(script: DoorScript = {}, strideMs = 0) {
  const { runs = [saved], permission = 'allow', credentials = false, network = false } = script;
  const platform = createFakePlatform();
  const { clock, timers, ids, digest } = platform;
  const store = createInMemoryStore({ machines: HOST_MACHINES, clock, timers });
  const trust = createTrustBook(createHostTrustPolicy([TRUSTED]));
  const secrets = createStoredSecrets({ store, clock, ids, cipher: createFakeCipher() });
  const exchanges = [401, 200].map((status) => ({ outcome: answered(status) }));
  const wire = createFakeNetwork({ hosts: { 'notes.example': ['93.184.216.34'] }, exchanges });
  const handler = scriptedHandler({
    descriptor: {
      effects: ['use_secret', 'write_filesystem', ...(network ? (['network'] as const) : [])],
      permission,
      ...(network ? { targets: TARGETS } : {}),
      ...(credentials ? { credentials: [{ handle, required: true }] } : {}),
      estimate: { usd: '0.4' },
    },
    runs,
  });
  const grant = buildGrant({ allowedEffects: [...EFFECTS], secrets: [handle], targets: TARGETS });
  const open = (more: Partial<HostRuntimeOptions> = {}): HostRuntimeService =>
    createHostRuntime({
      store,
      clock,
      timers,
      ids,
      digest,
      profile: 'production',
      trust,
      capabilities: [handler],
      grants: { grantsFor: () => Promise.resolve([grant]) },
      secrets,
      budgets: createBudgets({ store, clock, limits: script.limits ?? [] }),
      processes: createProcessDesk({ store, clock, timers, ids, holder: `host:${ids.uuid()}` }),
      network: wire,
      ...(script.policy === undefined ? {} : { policy: script.policy }),
      ...(script.gateTtlMs === undefined ? {} : { gateTtlMs: script.gateTtlMs }),
      ...more,
    });
  const runtime = open();
  const request: InvokeRequest = {
    context: buildContext({ invocationId: fixedUuid(1), correlationId: fixedUuid(2), scope }),
    capabilityId: 'notes.write',
    input: { text: 'a' },
  };
  const invoke = async (through = runtime): Promise<InvokeOutcome> => {
    platform.advance(strideMs);
    return through.invokeCapability(request);
  };
  const resolve = async (
    outcome: InvokeOutcome | GateId,
    decision: Parameters<HostRuntimeService['resolveGate']>[0]['decision'],
    more: object = {},
  ): Promise<GateId> => {
    platform.advance(strideMs);
    const gateId = typeof outcome === 'string' ? outcome : gateOf(outcome);
    await runtime.resolveGate({ tenantId: 'acme', gateId, approver: alice, decision, ...more });
    return gateId;
  };
  const log = createEventLog(store, { digest });
  const turns = createTurnCoordinator({ store, clock, ids, digest });
  const explain = (of: ResourceScope = scope): Promise<Explanation | undefined> =>
    explainInvocation({ store, log, turns }, of, request.context.invocationId as never);
  const digestIs = (input: JsonValue) => digestOf(input, digest);
  return { platform, store, trust, secrets, handler, open, runtime, request, invoke, resolve, explain, digestIs };
}

export function gateOf(outcome: InvokeOutcome): GateId {
  if (!('gateId' in outcome)) throw new Error(`no gate but ${JSON.stringify(outcome)}`);
  return outcome.gateId;
}

/** The one call of an explanation, with its stages without their times. */
export async function tellOf(door: Door) {
  const explanation = await door.explain();
  const [call, ...others] = explanation?.calls ?? [];
  if (explanation === undefined || call === undefined || others.length > 0) throw new Error('no such call');
  const gates = new Map<GateId, GateRow>(call.gates.map((gate) => [gate.gateId, gate]));
  return {
    ...call,
    explanation,
    stages: call.stages.map(({ atMs: _atMs, ...stage }) => stage),
    gateOf: (id: GateId) => gates.get(id),
  };
}
