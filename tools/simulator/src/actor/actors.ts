/**
 * Who takes part in a simulation. Each seed has one cast, so that in a few hundred operations everybody gets somewhere.
 *
 * Not here: what they do (the files beside this one).
 */
import type { SeededRandom } from '../platform/seeded-random.ts';
import type { ActorFactory } from './actor.ts';
import { createAppender } from './appender.ts';
import { createDoorUsers } from './door-users.ts';
import { createFollowers } from './follower.ts';
import { createLeaseTaker } from './lease-taker.ts';
import { createReader } from './reader.ts';
import { createRetention } from './retention.ts';
import { createTallier } from './tallier.ts';
import { createTrouble } from './trouble.ts';

/** `log`: what uses streams and leases. `door`: what uses doors. `all`: both, each with less room. */
export const CASTS = ['log', 'door', 'all'] as const;
export type Cast = (typeof CASTS)[number];

const LOG_USERS: readonly ActorFactory[] = [
  createAppender,
  createTallier,
  createLeaseTaker,
  createFollowers,
  createReader,
  createRetention,
];

export function actorsOf(cast: Cast): readonly ActorFactory[] {
  return [...(cast === 'door' ? [] : LOG_USERS), ...(cast === 'log' ? [] : [createDoorUsers]), createTrouble];
}

export function drawCast(random: SeededRandom): Cast {
  return random.pick(['log', 'log', 'door', 'door', 'all']);
}
