/**
 * Messages between simulated processes: late, lost, doubled, cut off. They carry hints and never facts, as wake-ups do.
 *
 * Not here: requests to the world outside (no operation needs them yet).
 */
import type { Owner, Scheduler } from './scheduler.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Each between 0 and 1, except the delay. Units: milliseconds. */
export interface NetworkConditions {
  readonly loss: number;
  readonly duplication: number;
  readonly delayMsMax: number;
}

export const GOOD_NETWORK: NetworkConditions = { loss: 0, duplication: 0, delayMsMax: 3 };

export interface SimulatedNetwork {
  /** Receives what others send, until the owner dies or the disposer is called. */
  join(owner: Owner, receive: (message: string) => void): () => void;
  /** To everybody else. */
  broadcast(from: Owner, message: string): void;
  /** Nothing reaches a process of this name, and nothing leaves it, until `heal`. */
  cutOff(processName: string): void;
  /** Ends all cuts, and whatever else was wrong. */
  heal(): void;
}

export interface SimulatedNetworkOptions {
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly conditions: NetworkConditions;
  readonly on: { readonly lost: () => void; readonly doubled: () => void };
}

export function createSimulatedNetwork(options: SimulatedNetworkOptions): SimulatedNetwork {
  const { scheduler, random, on } = options;
  const receivers = new Map<Owner, (message: string) => void>();
  const cut = new Set<string>();
  let conditions = options.conditions;
  return {
    join: (owner, receive) => {
      receivers.set(owner, receive);
      return () => void receivers.delete(owner);
    },
    broadcast,
    cutOff: (processName) => void cut.add(processName),
    heal: () => {
      cut.clear();
      conditions = GOOD_NETWORK;
    },
  };

  function broadcast(from: Owner, message: string): void {
    for (const to of receivers.keys()) {
      if (to === from) continue;
      if (!to.alive) receivers.delete(to);
      else send(from, to, message);
    }
  }

  function send(from: Owner, to: Owner, message: string): void {
    if (cut.has(from.name) || cut.has(to.name) || random.chance(conditions.loss)) return on.lost();
    const copies = random.chance(conditions.duplication) ? 2 : 1;
    if (copies > 1) on.doubled();
    for (let copy = 0; copy < copies; copy += 1) {
      scheduler.hold(to, `message from ${from.name}`, random.between(1, conditions.delayMsMax), () =>
        receivers.get(to)?.(message),
      );
    }
  }
}
