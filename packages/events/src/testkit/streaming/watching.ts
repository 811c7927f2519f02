/**
 * What the cases about event streams share: a reader of one, and streams with everything in the hand of the case.
 *
 * Not here: the cases.
 */
import {
  portableDigest,
  type DurableStore,
  type Platform,
  type Principal,
  type Timers,
  type UserId,
} from '@reborn/host-api';
import { holds, wrapStore } from '@reborn/host-api/testkit';
import type { ProjectionLog } from '../../projection/projection-source.ts';
import { ADMISSION_LIMITS, type AdmissionLimits } from '../../streaming/admission.ts';
import type {
  EventStream,
  EventStreamItem,
  EventStreamRequest,
  EventStreams,
  OpenStreamOutcome,
} from '../../streaming/event-stream.ts';
import { createEventStreams } from '../../streaming/open-event-streams.ts';
import { eventually, settle, type OpenedLog } from '../harness.ts';
import { ALICE, standings } from '../projection/happenings.ts';

export const alice: Principal = { kind: 'user', id: 'alice' as UserId };

/** Alice watches herself, and may. */
export const REQUEST: EventStreamRequest = { actor: alice, scope: ALICE, access: () => 'allowed' };

interface StreamParts {
  readonly store: DurableStore;
  readonly log: ProjectionLog;
  readonly platform: Pick<Platform, 'diagnostics' | 'timers'>;
}

export function streamsOf({ store, log, platform }: StreamParts, limits: Partial<AdmissionLimits> = {}): EventStreams {
  const { timers, diagnostics } = platform;
  const parts = { log, changes: store, timers, diagnostics, digest: portableDigest };
  return createEventStreams({ ...parts, limits: { ...ADMISSION_LIMITS, ...limits } });
}

/** Streams, and what can be seen of them from outside. */
export interface Observed {
  readonly streams: EventStreams;
  /** How many listen to the store. */
  listening(): number;
  /** How many timers of theirs run. Two for each open stream, and one more while something waits for its reader. */
  timers(): number;
  /** Waits until the log was read up to a cursor, and what was found there has been put aside. */
  hasRead(cursor: number): Promise<void>;
  /** Waits until something waits for the reader of the one open stream. */
  hasItem(): Promise<void>;
}

export function observe(opened: OpenedLog, limits: Partial<AdmissionLimits> = {}): Observed {
  let listening = 0;
  let reached = 0;
  const running = new Set<object>();
  const store = wrapStore(opened.store, {
    onCommit: (listener, interest) => {
      const off = opened.store.onCommit(listener, interest);
      listening += 1;
      return () => {
        listening -= 1;
        off();
      };
    },
  });
  const log: ProjectionLog = {
    bounds: (request) => opened.log.bounds(request),
    query: (request) => opened.log.query(request),
    read: async (request) => {
      const outcome = await opened.log.read(request);
      if (outcome.kind === 'page') reached = Math.max(reached, outcome.next);
      return outcome;
    },
  };
  const timers: Timers = {
    schedule: (ms, callback) => {
      const timer = {};
      running.add(timer);
      const cancel = opened.platform.timers.schedule(ms, () => {
        running.delete(timer);
        callback();
      });
      return () => {
        running.delete(timer);
        cancel();
      };
    },
  };
  return {
    streams: streamsOf({ store, log, platform: { ...opened.platform, timers } }, limits),
    listening: () => listening,
    timers: () => running.size,
    hasRead: async (cursor) => {
      await eventually(opened, () => reached >= cursor, 'the log is read');
      await settle(opened);
    },
    hasItem: () => eventually(opened, () => running.size > 2, 'something waits for the reader'),
  };
}

export async function openOne(streams: EventStreams, more: Partial<EventStreamRequest> = {}): Promise<EventStream> {
  return streamIn(await streams.open({ ...REQUEST, ...more }));
}

export function streamIn(outcome: OpenStreamOutcome): EventStream {
  holds(outcome.kind === 'opened', 'the stream opens');
  return outcome.stream;
}

/** The next item; there must be one. */
export async function take(stream: EventStream): Promise<EventStreamItem> {
  const next = await stream.next();
  holds(next.done !== true, 'the stream goes on');
  return next.value;
}

/** What an item comes to, in a few words. */
export function told(item: EventStreamItem): string {
  switch (item.kind) {
    case 'snapshot':
    case 'update':
      return `${item.kind}: ${item.entries.map(({ kind }) => kind).join(' ')} (${standings(item.runs).join(', ')})`;
    case 'rebase_required':
    case 'lagged':
      return `${item.kind} ${item.reason}`;
    case 'keep_alive':
      return item.kind;
  }
}

/** Everything until the end. */
export async function takeAll(stream: EventStream): Promise<readonly string[]> {
  const items: string[] = [];
  for await (const item of stream) items.push(told(item));
  return items;
}

/** Lets time pass, and whatever follows from it. Units: milliseconds. */
export async function pass(opened: OpenedLog, ms: number): Promise<void> {
  await settle(opened);
  opened.platform.advance(ms);
  await settle(opened);
}
