/**
 * A machine in the hand of a test: time moves when it is told to, identities and randomness come from a seed.
 *
 * Not here: files, processes, network and ciphers (their doubles stand beside this one).
 */
import { assert } from '../assert.ts';
import { copyJson, isJsonObject, type JsonObject } from '../json.ts';
import type { Platform } from '../platform.ts';
import { portableDigest } from '../portable-digest.ts';

/** 2026-01-01T00:00Z. */
export const FAKE_START_MS = 1_767_225_600_000;

/** More callbacks in one step are a timer that feeds itself. */
const CALLBACKS_MAX = 100_000;

export interface FakePlatform extends Platform {
  /** Moves the clock and runs, in order of time and then of scheduling, whatever falls due on the way. */
  advance(ms: number): void;
  /** Moves the wall clock alone, in either direction, as an operator or a time server does. */
  jumpClock(ms: number): void;
  pendingTimers(): number;
  /** What was reported to the operator. Order: as reported. */
  readonly reports: readonly FakeReport[];
}

export interface FakeReport {
  readonly message: string;
  readonly facts: JsonObject | undefined;
}

export interface FakePlatformOptions {
  readonly seed?: number;
  readonly startMs?: number;
}

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** The same seed and the same calls give the same machine. */
export function createFakePlatform(options: FakePlatformOptions = {}): FakePlatform {
  const { seed = 1, startMs = FAKE_START_MS } = options;
  const reports: FakeReport[] = [];
  const timers = new Set<Timer>();
  const nextIdBytes = createByteSource(seed ^ 0x1d);
  const nextBytes = createByteSource(seed);
  let wallMs = startMs;
  let elapsedMs = 0;
  let scheduled = 0;

  return {
    clock: { nowMs: () => wallMs },
    timers: { schedule },
    ids: { uuid: () => toUuid(nextIdBytes(16)) },
    random: { bytes: nextBytes },
    digest: portableDigest,
    diagnostics: { report: (message, facts) => void reports.push({ message, facts: copyFacts(facts) }) },
    reports,
    advance,
    jumpClock: (ms) => void (wallMs += ms),
    pendingTimers: () => timers.size,
  };

  function schedule(delayMs: number, callback: () => void): () => void {
    scheduled += 1;
    const timer = { dueMs: elapsedMs + Math.max(0, Math.trunc(delayMs) || 0), order: scheduled, callback };
    timers.add(timer);
    return () => void timers.delete(timer);
  }

  function advance(ms: number): void {
    assert(ms >= 0, 'time does not run backwards; jumpClock moves the wall clock');
    const untilMs = elapsedMs + ms;
    for (let fired = 0; ; fired += 1) {
      assert(fired < CALLBACKS_MAX, 'a timer does not feed itself without end');
      const next = [...timers].filter((timer) => timer.dueMs <= untilMs).toSorted(byTime)[0];
      if (next === undefined) break;
      timers.delete(next);
      moveTo(Math.max(elapsedMs, next.dueMs));
      next.callback();
    }
    moveTo(Math.max(elapsedMs, untilMs));
  }

  function moveTo(ms: number): void {
    wallMs += ms - elapsedMs;
    elapsedMs = ms;
  }
}

/** A well-formed UUID (version 4) that stands for a small number: for tables and for reading failures. */
export function fixedUuid(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

function byTime(left: Timer, right: Timer): number {
  return left.dueMs - right.dueMs || left.order - right.order;
}

function copyFacts(facts: JsonObject | undefined): JsonObject | undefined {
  const copy = facts === undefined ? undefined : copyJson(facts, 'facts');
  return isJsonObject(copy) ? copy : undefined;
}

/** SHA-256 in counter mode: no pattern that a test could come to rely on by accident. */
function createByteSource(seed: number): (length: number) => Uint8Array {
  let counter = 0;
  let pool: number[] = [];
  return (length) => {
    while (pool.length < length) {
      counter += 1;
      const hex = portableDigest.sha256Hex(new TextEncoder().encode(`${seed}:${counter}`));
      pool.push(...(hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)));
    }
    const taken = Uint8Array.from(pool.slice(0, length));
    pool = pool.slice(length);
    return taken;
  };
}

function toUuid(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) % 4);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20),
  ];
  return parts.join('-');
}
