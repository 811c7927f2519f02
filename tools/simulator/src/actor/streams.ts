/** The streams of a simulation: which are followed, which may be cut. Not here: who uses them. */
import { parseEventId, parseTenantId, type RecordDraft, type StreamKey } from '@reborn/host-api';
import { FOLLOWED_KIND, type FollowedStream } from '../invariant/delivery.ts';
import type { SeededRandom } from '../platform/seeded-random.ts';
import type { SimulatedProcess } from '../world/world.ts';

const TENANTS = ['ada', 'bob', 'cid', 'dot', 'eve'].map((name) => parseTenantId(name));
const [ada = parseTenantId('ada'), bob = parseTenantId('bob')] = TENANTS;

/** Anybody appends here. */
export const OPEN_STREAMS: readonly StreamKey[] = TENANTS.flatMap((tenantId): StreamKey[] => [
  { family: 'runtime', tenantId },
  { family: 'journal', tenantId },
]);

export const TALLY_STREAM: StreamKey = { family: 'audit', tenantId: ada };
export const FENCED_STREAM: StreamKey = { family: 'turn', tenantId: ada };

export const FOLLOWED: readonly FollowedStream[] = [
  {
    name: 'alpha',
    stream: { family: 'runtime', tenantId: ada },
    kind: 'noted',
    effects: { family: 'security', tenantId: ada },
  },
  {
    name: 'beta',
    stream: { family: 'journal', tenantId: bob },
    kind: 'noted',
    effects: { family: 'security', tenantId: bob },
  },
];

/** A record with a fresh id. Two of three are of the kind that is followed. */
export function drawDraft(
  { platform }: SimulatedProcess,
  random: SeededRandom,
  overrides: Partial<RecordDraft> = {},
): RecordDraft {
  return {
    eventId: parseEventId(platform.ids.uuid()),
    kind: random.pick(['noted', 'noted', 'seen']),
    atMs: platform.clock.nowMs(),
    labels: random.chance(0.5) ? { userId: random.pick(['u1', 'u2']), runId: 'r' } : {},
    body: { text: 'é😀 '.repeat(random.between(0, 4)), number: random.between(0, 1_000) },
    ...overrides,
  };
}

export function followedDraft(process: SimulatedProcess, subscription: string, cursor: number): RecordDraft {
  return {
    eventId: parseEventId(process.platform.ids.uuid()),
    kind: FOLLOWED_KIND,
    atMs: process.platform.clock.nowMs(),
    labels: {},
    body: { subscription, cursor },
  };
}
