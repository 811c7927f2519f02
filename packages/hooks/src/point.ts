/**
 * The one table of hook points. Types, validation of specifications, what a mint can do and the page
 * `docs/reference/hook-points.md` derive from it; what has no row cannot be registered.
 *
 * Not here: the ports that fire the points (`CallPolicy` of `@reborn/host-runtime`, the consumer of `@reborn/events`).
 * Source: rulings, sections 5 and 6; specification 1, B1.
 */

/** What a hook may do at a point. There is no verb that allows: hooks only restrict, and abstaining is `observe`. */
export type HookVerb = 'observe' | 'refuse' | 'pause';

/**
 * `refuses_for_run`: a hook that fails refuses, and is not asked again but keeps refusing for the run.
 * `retried_then_dead_lettered`: a failure touches nobody else; it is tried again with growing pauses, then given up.
 */
export type FailurePolicy = 'refuses_for_run' | 'retried_then_dead_lettered';

/** One row. `pauses`: what a pause may ask for. `filter`: by what a hook narrows the occasions on which it is called. */
export interface HookPointRow {
  readonly kind: 'gate' | 'observer';
  readonly when: string;
  readonly sees: string;
  readonly verbs: readonly HookVerb[];
  readonly pauses: readonly 'approval'[];
  readonly refusal: string | undefined;
  readonly onFailure: FailurePolicy;
  readonly filter: { readonly field: 'capabilities' | 'kinds'; readonly required: boolean };
  readonly firedBy: string;
}

/** Every point at which a hook may stand, by name. */
export const HOOK_POINTS = deepFrozen({
  before_capability: {
    kind: 'gate',
    when: 'Before a call takes effect, each time it is judged, with the final input.',
    sees: 'Capability, provider, effects, input, owner, run, invocation.',
    verbs: ['observe', 'refuse', 'pause'],
    pauses: ['approval'],
    refusal: 'The call is denied.',
    onFailure: 'refuses_for_run',
    filter: { field: 'capabilities', required: false },
    firedBy: 'CallPolicy.judge',
  },
  event_triggered: {
    kind: 'observer',
    when: 'After an event of the runtime family was written, from the log, never in the way of whoever wrote it.',
    sees: 'The event, the attempt, whether it is a replay.',
    verbs: ['observe'],
    pauses: [],
    refusal: undefined,
    onFailure: 'retried_then_dead_lettered',
    filter: { field: 'kinds', required: true },
    firedBy: 'log consumer',
  },
} as const satisfies Readonly<Record<string, HookPointRow>>);

export type HookPoint = keyof typeof HOOK_POINTS;
/** The points whose hooks judge, and those whose hooks only watch. */
export type GatePoint = PointOfKind<'gate'>;
export type ObserverPoint = PointOfKind<'observer'>;
/** What the row of a point permits. */
export type VerbOf<Point extends HookPoint> = (typeof HOOK_POINTS)[Point]['verbs'][number];

type PointOfKind<Kind extends HookPointRow['kind']> = {
  [Point in HookPoint]: (typeof HOOK_POINTS)[Point]['kind'] extends Kind ? Point : never;
}[HookPoint];

export function isHookPoint(value: unknown): value is HookPoint {
  return typeof value === 'string' && Object.hasOwn(HOOK_POINTS, value);
}

/** The row of a point, with the widest types. */
export function rowOf(point: HookPoint): HookPointRow {
  return HOOK_POINTS[point];
}

function deepFrozen<const Table extends Readonly<Record<string, HookPointRow>>>(table: Table): Table {
  for (const row of Object.values(table)) {
    Object.freeze(row.verbs);
    Object.freeze(row.pauses);
    Object.freeze(row.filter);
    Object.freeze(row);
  }
  return Object.freeze(table);
}
