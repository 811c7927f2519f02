/**
 * Events at a steady rate, whatever happens to them: who is late is late for all that follow.
 *
 * Source: design/measures.md, E2.5.
 */
import { setTimeout } from 'node:timers/promises';
import type { LogRecord } from '@reborn/events';
import type { Side } from '../measure/block.ts';
import { Supply } from '../measure/supply.ts';

/** Events a second. */
const RATE = 1000;
const EVERY_NS = BigInt(1e9 / RATE);
/** A timer is not more exact; an append that is later than that is late by fault of the process, and it counts. */
const TIMER_NS = 1_000_000n;
/** How long the last event may take before it is missing. Units: milliseconds. */
const PATIENCE_MS = 10_000;

/** Who has seen which event when; one that is seen twice counts once. Times: nanoseconds of the clock that all processes share. */
export interface Notices {
  seen(eventId: string, atNs?: bigint): void;
  expect(eventId: string, fromNs: bigint): void;
  /** Latencies since the last time, in microseconds, when everything expected was seen. */
  take(): Promise<readonly number[]>;
}

export function createNotices(collect?: () => Promise<void>): Notices {
  const expected = new Map<string, bigint>();
  let latenciesUs: number[] = [];
  return {
    seen(eventId, atNs = process.hrtime.bigint()) {
      const fromNs = expected.get(eventId);
      if (fromNs === undefined) return;
      expected.delete(eventId);
      latenciesUs.push(Number(atNs - fromNs) / 1000);
    },
    expect: (eventId, fromNs) => void expected.set(eventId, fromNs),
    async take() {
      const until = performance.now() + PATIENCE_MS;
      for (;;) {
        await collect?.();
        if (expected.size === 0) break;
        if (performance.now() > until) throw new Error(`${expected.size} events were never seen`);
        await setTimeout(5);
      }
      const taken = latenciesUs;
      latenciesUs = [];
      return taken;
    },
  };
}

export interface OpenLoopParts {
  append(record: LogRecord): Promise<unknown>;
  close(): Promise<void>;
}

/** A side whose latencies are those from the append, or from when it was due, to the notice. */
export function openLoop(name: string, notices: Notices, make: () => LogRecord, parts: OpenLoopParts): Side {
  const supply = new Supply(make);
  const countOf = (minMs: number): number => Math.max(10, Math.round((minMs * RATE) / 1000));
  return {
    name,
    prepare: (minMs) => supply.prepare(countOf(minMs)),
    async work(minMs) {
      const count = countOf(minMs);
      const records = Array.from({ length: count }, () => supply.next());
      const appends: Promise<unknown>[] = [];
      const start = process.hrtime.bigint();
      let next = 0;
      while (next < records.length) {
        const now = process.hrtime.bigint();
        for (let due = start + BigInt(next) * EVERY_NS; due <= now; due += EVERY_NS) {
          const record = records[next];
          if (record === undefined) break;
          next += 1;
          const calledAt = process.hrtime.bigint();
          notices.expect(record.eventId, calledAt - due > TIMER_NS ? due + TIMER_NS : calledAt);
          appends.push(parts.append(record));
        }
        await setTimeout(1);
      }
      await Promise.all(appends);
      const latenciesUs = await notices.take();
      return { operations: count, elapsedMs: Number(process.hrtime.bigint() - start) / 1e6, latenciesUs };
    },
    close: parts.close,
  };
}
