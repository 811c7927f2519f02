/** Who takes part in a simulation. Later work adds its actor here. Not here: what they do. */
import type { ActorFactory } from './actor.ts';
import { createAppender } from './appender.ts';
import { createFollowers } from './follower.ts';
import { createLeaseTaker } from './lease-taker.ts';
import { createReader } from './reader.ts';
import { createRetention } from './retention.ts';
import { createTallier } from './tallier.ts';
import { createTrouble } from './trouble.ts';

export const ACTORS: readonly ActorFactory[] = [
  createAppender,
  createTallier,
  createLeaseTaker,
  createFollowers,
  createReader,
  createRetention,
  createTrouble,
];
