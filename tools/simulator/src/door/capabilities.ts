/**
 * What can be called in a simulation, who may, and what it does: every way in which a capability ends or does not.
 *
 * Not here: the effects themselves (`outside.ts`), the door (`open-door.ts`).
 */
import {
  createHostTrustPolicy,
  parseCapabilityDescriptor,
  parseCapabilityGrant,
  parseExtensionId,
  parseResourceScope,
  parseSecretHandle,
  type CapabilityGrant,
  type EffectKind,
  type JsonValue,
  type ResourceAmounts,
  type ResourceScope,
} from '@reborn/host-api';
import type { BudgetLimit, CapabilityHandler, HandlerCall, HandlerOutcome } from '@reborn/host-runtime';
import { z } from 'zod';
import type { SimulatedProcess, World } from '../world/world.ts';
import { pauseFor } from '../actor/actor.ts';
import type { Outside } from './outside.ts';

/** How a call goes once it is made. `stubborn` never ends, `leaks` hands out the secret that it was lent. */
export const WAYS = [
  'completes',
  'fails_before',
  'fails_after',
  'throws_before',
  'throws_after',
  'obeys',
  'stubborn',
  'leaks',
  'refuses_secret',
] as const;
export type Way = (typeof WAYS)[number];

/** `wish` names the intended effect; it stays the same in an edited input. */
export const wishInputSchema = z.strictObject({ wish: z.string(), way: z.enum(WAYS), text: z.string().max(200) });
export type WishInput = z.infer<typeof wishInputSchema>;

export const TOKEN = parseSecretHandle('sim_token');
/** Stands in errors that nobody is to see. */
export const THROWN_TEXT = 'sentinel-thrown-qzx';
/** Stands in inputs: kept with gates, and in no stream. */
export const INPUT_TEXT = 'sentinel-input-qzx';

const EFFECTS: readonly EffectKind[] = ['read_filesystem', 'external_write', 'use_secret', 'spawn_process'];
const ESTIMATE = { usd: '0.4' };

/** `asks`: somebody has to approve each call. `rare`: its grant may be used twice. */
const TOOLS = [
  { id: 'sim.look', effects: ['read_filesystem'], permission: 'allow' },
  { id: 'sim.put', effects: ['external_write'], permission: 'allow' },
  { id: 'sim.ask', effects: ['external_write'], permission: 'ask' },
  { id: 'sim.key', effects: ['external_write', 'use_secret'], permission: 'ask' },
  { id: 'sim.rare', effects: ['external_write'], permission: 'allow' },
] as const;
export type ToolId = (typeof TOOLS)[number]['id'];

export function isAsking(capabilityId: string): boolean {
  return TOOLS.some(({ id, permission }) => id === capabilityId && permission === 'ask');
}

export const SCOPES: readonly ResourceScope[] = ['fay', 'gil'].flatMap((tenantId) =>
  ['1', '2', '3'].map((user) =>
    parseResourceScope({ tenantId, userId: `${tenantId}-${user}`, agentId: 'agent', threadId: 'thread' }),
  ),
);

export const TRUST = createHostTrustPolicy([
  { packageId: parseExtensionId('sim'), source: 'composed', trust: 'user_trusted', allowedEffects: [...EFFECTS] },
]);

const RARE_USES = 2;

export const GRANTS: readonly CapabilityGrant[] = [...new Set(SCOPES.map(({ tenantId }) => tenantId))].flatMap(
  (tenantId, tenant) =>
    TOOLS.map(({ id }, tool) =>
      parseCapabilityGrant({
        id: `00000000-0000-4000-8000-0000000000${tenant}${tool}`,
        capability: id,
        grantee: { kind: 'tenant', id: tenantId },
        issuedBy: { kind: 'host' },
        allowedEffects: [...EFFECTS],
        secrets: [TOKEN],
        ceiling: { wallClockMs: 3_000 },
        ...(id === 'sim.rare' ? { maxInvocations: RARE_USES } : {}),
      }),
    ),
);

const OF_TENANT: ResourceAmounts = { usd: '6' };
const OF_USER: ResourceAmounts = { usd: '2' };

export const LIMITS: readonly BudgetLimit[] = [
  { axis: 'tenant', period: { kind: 'rolling_day' }, limit: OF_TENANT, warnAt: 0.5 },
  { axis: 'user', period: { kind: 'rolling_day' }, limit: OF_USER, pauseAt: 0.5 },
];

export function limitOf(account: string): ResourceAmounts | undefined {
  if (account.startsWith('grant|')) return { calls: RARE_USES };
  if (account.startsWith('budget|tenant|')) return OF_TENANT;
  return account.startsWith('budget|user|') ? OF_USER : undefined;
}

export interface ToolParts {
  readonly world: World;
  readonly process: SimulatedProcess;
  readonly outside: Outside;
  /** A secret that was lent came out a second time. */
  readonly onTakenAgain: () => void;
}

export function createTools(parts: ToolParts): readonly CapabilityHandler[] {
  return TOOLS.map(({ id, effects, permission }) => {
    const keyed = id === 'sim.key';
    return {
      descriptor: parseCapabilityDescriptor({
        id,
        provider: 'sim',
        description: 'Does what its input says.',
        inputSchema: { type: 'object' },
        effects: [...effects],
        permission,
        deadlineMs: 400,
        outputBytesMax: 4_096,
        ...(id === 'sim.look' ? {} : { estimate: ESTIMATE }),
        ...(keyed ? { credentials: [{ handle: TOKEN, required: true }] } : {}),
      }),
      provider: { packageId: parseExtensionId('sim'), source: 'composed' },
      checkInput: (input) => {
        const parsed = wishInputSchema.safeParse(input);
        return parsed.success
          ? { kind: 'valid', input: parsed.data }
          : { kind: 'invalid', field: 'input', rule: 'must be a wish' };
      },
      run: (call) => carryOut(parts, call, id !== 'sim.look'),
    };
  });
}

async function carryOut(parts: ToolParts, call: HandlerCall, has: boolean): Promise<HandlerOutcome> {
  const { world, process, outside } = parts;
  const { wish, way, text } = wishInputSchema.parse(call.input);
  const secret = takeSecret(parts, call);
  const happen = async (): Promise<void> => {
    if (has) await outside.happen(process, { wish, text });
  };
  await pauseFor(process, world.options.random.between(0, 60));
  const done = (output: JsonValue): HandlerOutcome => ({
    kind: 'completed',
    output,
    usage: { usd: has ? '0.1' : '0' },
  });
  switch (way) {
    case 'completes':
      await happen();
      return done({ wish });
    case 'leaks':
      await happen();
      return done({ wish, debug: `the token is ${Buffer.from(secret).toString('base64')}` });
    case 'fails_before':
      return { kind: 'failed', code: 'busy', message: 'Not now.', effect: 'none' };
    case 'fails_after':
      await happen();
      return { kind: 'failed', code: 'half_done', message: `Done with ${secret}.`, effect: 'happened' };
    case 'throws_before':
      throw new Error(`${THROWN_TEXT} ${secret}`);
    case 'throws_after':
      await happen();
      throw new Error(`${THROWN_TEXT} ${secret}`);
    case 'obeys':
      await new Promise<void>((resolve) => call.signal.addEventListener('abort', () => resolve()));
      return { kind: 'failed', code: 'stopped', message: 'Stopped.', effect: 'none' };
    case 'stubborn':
      await happen();
      return new Promise(() => undefined);
    case 'refuses_secret':
      return secret === '' ? done({ wish: 'none' }) : { kind: 'auth_required', handles: [TOKEN] };
  }
}

/** What a lent secret is, once; a second look, now and after the call, has to find nothing. */
function takeSecret({ world, process, onTakenAgain }: ToolParts, { secrets }: HandlerCall): string {
  const first = secrets?.take(TOKEN)?.reveal() ?? '';
  const kept = first !== '' && world.options.doorDiscipline.lentSecrets === 'kept';
  const lookAgain = (): void => {
    if (kept || secrets?.take(TOKEN) !== undefined) onTakenAgain();
  };
  lookAgain();
  process.platform.timers.schedule(5_000, lookAgain);
  return first;
}
