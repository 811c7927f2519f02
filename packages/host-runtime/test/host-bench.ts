/** A door with everything behind it: secrets, budgets, processes, and a capability that uses them. */
import { createHostTrustPolicy, parseExtensionId } from '@reborn/host-api';
import { buildGrant, createFakeCipher } from '@reborn/host-api/testkit';
import {
  createBudgets,
  createProcessDesk,
  createStoredSecrets,
  SecretValue,
  type BudgetLimit,
  type HostRuntime,
  type HostRuntimeOptions,
} from '@reborn/host-runtime';
import { scriptedHandler, type ScriptedHandler, type ScriptedRun } from '@reborn/host-runtime/testkit';
import { alice, done, type World } from './support.ts';

export const TOKEN = 'correct-horse-battery';
const EFFECTS = ['read_filesystem', 'spawn_process', 'use_secret', 'write_filesystem'] as const;

/** `needs`: the names of secrets. `runs`: what its calls do; completed, without. */
interface HostBenchOptions {
  readonly needs?: readonly string[];
  readonly limits?: readonly BudgetLimit[];
  readonly permission?: 'allow' | 'ask';
  readonly runs?: readonly ScriptedRun[];
  readonly options?: Partial<HostRuntimeOptions>;
}

/** Each call is expected to take 0.4 dollars. */
export function openHostBench(world: World, given: HostBenchOptions = {}) {
  const { needs = [], limits = [], permission = 'allow', runs, options } = given;
  const { store } = world;
  const { clock, timers, ids } = world.platform;
  const secrets = createStoredSecrets({ store, clock, ids, cipher: createFakeCipher() });
  const budgets = createBudgets({ store, clock, limits });
  const processes = createProcessDesk({ store, clock, timers, ids, holder: 'host:1' });
  const handler: ScriptedHandler = scriptedHandler({
    descriptor: {
      effects: ['use_secret', 'write_filesystem'],
      permission,
      credentials: needs.map((handle) => ({ handle, required: true })),
      estimate: { usd: '0.4' },
    },
    otherwise: done,
    ...(runs === undefined ? {} : { runs }),
  });
  const trust = createHostTrustPolicy([
    { packageId: parseExtensionId('notes'), source: 'composed', trust: 'user_trusted', allowedEffects: [...EFFECTS] },
  ]);
  const grant = buildGrant({ allowedEffects: [...EFFECTS], secrets: [...needs] });
  const grants = { grantsFor: () => Promise.resolve([grant]) };
  const runtime: HostRuntime = world.open([handler], { trust, grants, secrets, budgets, processes, ...options });
  const put = (handle: string, tenantId = 'acme'): Promise<void> =>
    secrets.put({ owner: { tenantId, userId: 'alice' }, handle, by: alice } as never, new SecretValue(TOKEN));
  return { runtime, handler, secrets, budgets, processes, put };
}
