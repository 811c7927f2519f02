/**
 * One door in one process, with everything behind it that a host has: hooks, secrets, budgets, background processes, and a
 * look every now and then at what hosts that are gone have left behind.
 *
 * Not here: what is called (`capabilities.ts`), by whom (`../actor`).
 */
import {
  gateMachine,
  getRecord,
  parseTenantId,
  type Diagnostics,
  type Digest,
  type DurableStore,
} from '@reborn/host-api';
import {
  createBudgets,
  createHostRuntime,
  createProcessDesk,
  createStoredSecrets,
  ownerApproves,
  staticGrants,
  type CallPolicy,
  type HostRuntimeService,
  type ProcessDesk,
  type ResolveGateRequest,
  type SecretStore,
} from '@reborn/host-runtime';
import type { SimulatedProcess, World } from '../world/world.ts';
import { createTools, GRANTS, LIMITS, TRUST, wishInputSchema } from './capabilities.ts';
import type { DoorDiscipline } from './door-discipline.ts';
import type { Outside } from './outside.ts';
import { createSimulatedCipher, ENCODES_ONLY } from './simulated-cipher.ts';
import { undisciplined } from './undisciplined-store.ts';

/** Short, so that all of it happens within a simulation. Units: milliseconds. */
const GATE_TTL_MS = 9_000;
const PROCESS_LEASE_MS = 1_000;

export interface Door {
  readonly runtime: HostRuntimeService;
  readonly processes: ProcessDesk;
  readonly secrets: SecretStore;
}

/** What a door needs to know of the stage that it stands on. */
export interface DoorStage {
  readonly world: World;
  readonly outside: Outside;
  readonly said: string[];
  takenAgain: number;
  hooksDigest(): Digest;
}

export function openDoor(stage: DoorStage, process: SimulatedProcess): Door {
  const { doorDiscipline: discipline } = stage.world.options;
  const { clock, timers, ids, digest, random } = process.platform;
  const store = undisciplined(process.store, discipline);
  const diagnostics: Diagnostics = {
    report: (message, detail) => void stage.said.push(`${message} ${JSON.stringify(detail ?? {})}`),
  };
  const cipher = discipline.secrets === 'sealed' ? createSimulatedCipher(random) : ENCODES_ONLY;
  const secrets = createStoredSecrets({ store, clock, ids, cipher });
  const processes = createProcessDesk({
    store,
    clock,
    timers,
    ids,
    diagnostics,
    holder: `${process.owner.name}:${ids.uuid()}`,
    leaseMs: PROCESS_LEASE_MS,
  });
  const tools = createTools({
    world: stage.world,
    process,
    outside: stage.outside,
    onTakenAgain: () => void (stage.takenAgain += 1),
  });
  const runtime = createHostRuntime({
    store,
    clock,
    timers,
    ids,
    digest,
    diagnostics,
    profile: 'production',
    trust: TRUST,
    capabilities: tools,
    grants: staticGrants(GRANTS),
    policy: createPolicy(stage),
    approvers: discipline.tenants === 'mixed' ? { mayResolve: () => true } : ownerApproves,
    gateTtlMs: GATE_TTL_MS,
    budgets: createBudgets({ store, clock, limits: LIMITS }),
    secrets,
    processes,
  });
  return { runtime: lessDisciplined(runtime, process.store, discipline), processes, secrets };
}

/** What a text in an input makes the hooks do: words that are refused, or that hooks break over. */
export const TEXTS = ['plain', 'asked_about', 'denied', 'breaks_hook', 'hangs_hook', 'confuses_hook'] as const;

/** None of these may ever come to an effect. */
export const REFUSED_TEXTS: readonly string[] = TEXTS.slice(2);

function createPolicy(stage: DoorStage): CallPolicy {
  const { failures } = stage.world.options.doorDiscipline;
  const nothing = { verdicts: [], records: [], writes: [] };
  return {
    digest: () => stage.hooksDigest(),
    judge: async ({ input }) => {
      const [word] = wishInputSchema.parse(input).text.split(' ');
      if (word === 'plain') return nothing;
      if (word === 'asked_about')
        return { ...nothing, verdicts: [{ kind: 'approval', by: 'hook:a', code: 'word_asked' }] };
      if (word === 'denied') return { ...nothing, verdicts: [{ kind: 'deny', by: 'hook:d', code: 'policy_denied' }] };
      stage.world.options.sometimes('a hook broke over a call');
      if (failures === 'allow') return nothing;
      if (word === 'breaks_hook') throw new Error('a hook that breaks');
      return word === 'hangs_hook' ? new Promise(() => undefined) : ({ verdicts: 'yes' } as never);
    },
  };
}

/** A door that takes an answer from whoever knows the gate. */
function lessDisciplined(
  runtime: HostRuntimeService,
  store: DurableStore,
  { tenants }: DoorDiscipline,
): HostRuntimeService {
  if (tenants === 'apart') return runtime;
  const resolveGate = async (request: ResolveGateRequest): ReturnType<HostRuntimeService['resolveGate']> => {
    const gate = await getRecord(store, gateMachine, String(request.gateId));
    return runtime.resolveGate({ ...request, tenantId: gate?.receipt.scope.tenantId ?? parseTenantId('none') });
  };
  return { ...runtime, resolveGate };
}
