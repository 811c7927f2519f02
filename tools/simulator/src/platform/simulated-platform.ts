/**
 * The machine of one simulated process, on the ports of `@reborn/host-api`.
 *
 * Not here: its store (`../store`), its messages to others (`simulated-network.ts`).
 */
import { createHash } from 'node:crypto';
import type { Platform } from '@reborn/host-api';
import type { Owner, Scheduler } from './scheduler.ts';
import type { SeededRandom } from './seeded-random.ts';

/** 2026-01-01T00:00Z. */
export const SIMULATION_START_MS = 1_767_225_600_000;

export interface SimulatedPlatform extends Platform {
  /** Moves the wall clock alone, in either direction, as an operator or a time server does. Units: milliseconds. */
  jumpClock(ms: number): void;
  /** The wall clock is right again. */
  setClock(): void;
}

export interface SimulatedPlatformOptions {
  readonly owner: Owner;
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly report: (message: string) => void;
}

export function createSimulatedPlatform({
  owner,
  scheduler,
  random,
  report,
}: SimulatedPlatformOptions): SimulatedPlatform {
  let jumpedMs = 0;
  const idBytes = random.fork('ids');
  const freeBytes = random.fork('bytes');
  return {
    clock: { nowMs: () => SIMULATION_START_MS + scheduler.nowMs() + jumpedMs },
    timers: { schedule: (delayMs, callback) => scheduler.hold(owner, 'timer', delayMs, callback) },
    ids: { uuid: () => drawUuid(idBytes) },
    random: { bytes: (length) => Uint8Array.from({ length }, () => freeBytes.between(0, 255)) },
    digest: { sha256Hex: (bytes) => createHash('sha256').update(bytes).digest('hex') },
    diagnostics: { report: (message) => report(message) },
    jumpClock: (ms) => void (jumpedMs += ms),
    setClock: () => void (jumpedMs = 0),
  };
}

export function drawUuid(random: SeededRandom): string {
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => random.between(0, 15).toString(16)).join('');
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${random.pick(['8', '9', 'a', 'b'])}${hex(3)}-${hex(12)}`;
}
