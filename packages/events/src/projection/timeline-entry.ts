/**
 * One line of a timeline: what kind of thing happened, when, to whom. Nothing that anybody said or sent.
 *
 * Not here: the whole record (`../record/`), its wording for people (the surfaces).
 * Source: specification 1, A7.
 */
import type {
  CapabilityId,
  CorrelationId,
  EventId,
  InvocationId,
  MissionId,
  ProjectId,
  RunId,
  ThreadId,
} from '@reborn/host-api';
import type { RuntimeEvent, RuntimeEventKind } from '../record/runtime-event.ts';
import { UNCLASSIFIED } from '../redaction.ts';

/** `facts`: closed tokens and counts only. `unclassified` is a kind of a newer version. Units: milliseconds since 1970. */
export interface TimelineEntry {
  readonly eventId: EventId;
  readonly kind: RuntimeEventKind | typeof UNCLASSIFIED;
  readonly atMs: number;
  readonly projectId?: ProjectId;
  readonly missionId?: MissionId;
  readonly threadId?: ThreadId;
  readonly runId?: RunId;
  readonly invocationId?: InvocationId;
  readonly correlationId?: CorrelationId;
  readonly capabilityId?: CapabilityId;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** The fields that may be shown. A field that is not named here stays hidden, also when a kind gets it later. */
const FACTS: ReadonlySet<string> = new Set([
  'attempt',
  'gates',
  'calls',
  'outputBytes',
  'durationMs',
  'reason',
  'errorKind',
  'effect',
  'hookId',
  'point',
  'verb',
  'category',
  'tier',
  'disposition',
  'family',
  'subscription',
]);
const AXES = ['projectId', 'missionId', 'threadId'] as const;
const IDS = ['runId', 'invocationId', 'correlationId'] as const;

export function toTimelineEntry(event: RuntimeEvent): TimelineEntry {
  const { eventId, kind, atMs, scope } = event;
  const facts = Object.entries(event).flatMap(([field, value]) => {
    const shown = FACTS.has(field) ? toFact(value) : undefined;
    return shown === undefined ? [] : [[field, shown] as const];
  });
  return {
    eventId,
    kind,
    atMs,
    ...present(scope, AXES),
    ...present(event, IDS),
    ...('capabilityId' in event ? { capabilityId: event.capabilityId } : {}),
    facts: Object.fromEntries(facts),
  };
}

/** All that can be said about an event of a newer version. */
export function unclassifiedEntry(eventId: EventId, atMs: number): TimelineEntry {
  return { eventId, kind: UNCLASSIFIED, atMs, facts: {} };
}

function toFact(value: unknown): string | number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  if (typeof value !== 'string') return undefined;
  return /^[a-z][a-z0-9_.:-]{0,127}$/.test(value) ? value : UNCLASSIFIED;
}

type Present<Source, Key extends keyof Source> = { readonly [Name in Key]?: NonNullable<Source[Name]> };

function present<Source, Key extends keyof Source>(source: Source, keys: readonly Key[]): Present<Source, Key> {
  const found = keys.flatMap((key) => (source[key] === undefined ? [] : [[key, source[key]] as const]));
  return Object.fromEntries(found) as Present<Source, Key>;
}
