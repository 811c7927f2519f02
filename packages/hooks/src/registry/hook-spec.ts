/**
 * What an extension writes to have a hook: a point, a name, when it wants to be called, and its body.
 *
 * Not here: who brings it and how far that is trusted; the composer says so (`registry.ts`), a hook never does.
 */
import { capabilityIdSchema, describeIssues, extensionIdSchema, NAME_ID_BYTES_MAX } from '@reborn/host-api';
import type {
  CapabilityId,
  EffectKind,
  ExtensionId,
  InvocationId,
  JsonValue,
  ResourceScope,
  RunId,
} from '@reborn/host-api';
import { kindsOf, type RuntimeEvent, type RuntimeEventKind } from '@reborn/events';
import { z } from 'zod';
import type { Decision } from '../decision/decision.ts';
import type { Mint } from '../decision/mint.ts';
import { HooksError } from '../errors.ts';
import { CAPABILITY_PATTERNS_MAX } from '../limits.ts';
import { HOOK_PHASES, PRIORITY_DEFAULT, PRIORITY_MAX, type HookPhase } from '../ordering.ts';
import { isHookPoint, rowOf, type GatePoint, type HookPoint, type ObserverPoint } from '../point.ts';

/** What a gate sees of a call. Frozen to the bottom; `signal` aborts when nobody waits for the answer any more. */
export interface GateCall {
  readonly capabilityId: CapabilityId;
  readonly provider: ExtensionId;
  readonly effects: readonly EffectKind[];
  readonly input: JsonValue;
  readonly scope: ResourceScope;
  readonly invocationId: InvocationId;
  readonly runId: RunId | undefined;
  readonly signal: AbortSignal;
}

/**
 * Judges one call. Shape: returns exactly one decision of `mint`, itself or by a native promise, within 250 ms. Anything
 * else is a failure: the call is denied, and so is every later one of the run that this hook would have judged.
 */
export type GateBody<Point extends GatePoint = GatePoint> = (
  call: GateCall,
  mint: Mint<Point>,
) => Decision | Promise<Decision>;

/**
 * One delivery. `attempt` counts from 1; `isReplay`: the event was there before this follower started. Aborts at the
 * deadline of the delivery and when the follower stops.
 */
export interface EventDelivery {
  readonly attempt: number;
  readonly isReplay: boolean;
  readonly signal: AbortSignal;
  /**
   * Writes a note into the journal, together with the acknowledgement: it stands there once, however often the event was
   * delivered. Shape: one line, cut at 512 bytes; at most eight a delivery. False: it was not taken.
   */
  note(text: string): boolean;
}

/** Watches one event. It can restrict nothing; a rejection means "deliver it again later". */
export type EventBody = (event: RuntimeEvent, delivery: EventDelivery) => void | Promise<void>;

interface AnyHookSpec {
  /** Unique within the extension. */
  readonly id: string;
  /** Counts up with each change of the hook; part of its identity. */
  readonly version: number;
  readonly phase?: HookPhase;
  readonly priority?: number;
}

/** `capabilities`: ids, or `provider.*` for all of a provider and its parts; without them the gate judges every call. */
export interface GateHookSpec extends AnyHookSpec {
  readonly point: GatePoint;
  readonly capabilities?: readonly string[];
  readonly body: GateBody;
}

export interface EventHookSpec extends AnyHookSpec {
  readonly point: ObserverPoint;
  readonly kinds: readonly RuntimeEventKind[];
  readonly body: EventBody;
}

export type HookSpec = GateHookSpec | EventHookSpec;

const hookFields = {
  id: z
    .string()
    .max(NAME_ID_BYTES_MAX)
    .regex(/^[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9][a-z0-9_-]*)*$/, 'must be a lower-case name'),
  version: z.int().positive(),
  phase: z.enum(HOOK_PHASES).default('policy'),
  priority: z.int().min(0).max(PRIORITY_MAX).default(PRIORITY_DEFAULT),
};
const bodySchema = <Body extends GateBody | EventBody>() =>
  z.custom<Body>((value) => typeof value === 'function', { message: 'must be a function' });
const patternSchema = z.string().refine(isPattern, 'must be a capability id or provider.*');
const kindSchema = z
  .string()
  .refine(
    (kind): kind is RuntimeEventKind => kindsOf('runtime').includes(kind),
    'must be a kind of the runtime family',
  );

const gateSpecSchema = z.strictObject({
  point: z.literal('before_capability'),
  ...hookFields,
  capabilities: z.array(patternSchema).min(1).max(CAPABILITY_PATTERNS_MAX).transform(sortedOnce).optional(),
  body: bodySchema<GateBody>(),
});
const eventSpecSchema = z.strictObject({
  point: z.literal('event_triggered'),
  ...hookFields,
  kinds: z.array(kindSchema).min(1).transform(sortedOnce),
  body: bodySchema<EventBody>(),
});
const SPEC_SCHEMAS = {
  before_capability: gateSpecSchema,
  event_triggered: eventSpecSchema,
} as const satisfies Readonly<Record<HookPoint, z.ZodType>>;

export type ParsedGateSpec = z.output<typeof gateSpecSchema>;
export type ParsedEventSpec = z.output<typeof eventSpecSchema>;

/** Checks a specification. Errors: `hooks/unknown_point`, `hooks/invalid_hook` naming the field and the rule. */
export function parseHookSpec(value: unknown, field: string): ParsedGateSpec | ParsedEventSpec {
  const given = typeof value === 'object' && value !== null ? { ...value } : {};
  const point: unknown = 'point' in given ? given.point : undefined;
  if (!isHookPoint(point)) throw new HooksError('hooks/unknown_point', { detail: { field: `${field}.point` } });
  checkFilter(point, given, field);
  const parsed = SPEC_SCHEMAS[point].safeParse(given);
  if (parsed.success) return parsed.data;
  throw new HooksError('hooks/invalid_hook', { detail: describeIssues(parsed.error, field) });
}

/** True when a filter lets a capability through; without a filter all of them. */
export function coversCapability(patterns: readonly string[] | undefined, capabilityId: CapabilityId): boolean {
  if (patterns === undefined) return true;
  return patterns.some((pattern) =>
    pattern.endsWith('.*') ? capabilityId.startsWith(pattern.slice(0, -1)) : capabilityId === pattern,
  );
}

/** A filter exactly where the point has occasions to filter. */
function checkFilter(point: HookPoint, given: object, field: string): void {
  const { filter } = rowOf(point);
  const other = filter.field === 'kinds' ? 'capabilities' : 'kinds';
  const refuse = (at: string, rule: string): HooksError =>
    new HooksError('hooks/invalid_hook', { detail: { field: `${field}.${at}`, rule } });
  if (other in given) throw refuse(other, `is not a filter of ${point}`);
  if (filter.required && !(filter.field in given)) throw refuse(filter.field, 'must say what the hook is called for');
}

function isPattern(text: string): boolean {
  return text.endsWith('.*')
    ? extensionIdSchema.safeParse(text.slice(0, -2)).success
    : capabilityIdSchema.safeParse(text).success;
}

function sortedOnce<Item extends string>(items: readonly Item[]): readonly Item[] {
  return Object.freeze([...new Set(items)].toSorted());
}
