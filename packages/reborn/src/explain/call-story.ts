/**
 * Everything about one call through the door: its records, its gates as they stand now, and what the journal says when it
 * is read from its beginning.
 *
 * Not here: which records are a call's (`../explain.ts`), its stages (`call-stages.ts`).
 */
import {
  gateMachine,
  getRecord,
  type CapabilityId,
  type DurableStore,
  type GateId,
  type GateRow,
  type InvocationId,
} from '@reborn/host-api';
import { replayJournal, type LogEntry, type LogRecord, type ReplayedCall, type ReplayFinding } from '@reborn/events';
import { toStages, type CallStage } from './call-stages.ts';
import type { StoryItem } from './merge-story.ts';

/** `attempts`: how often it was carried out. Order of `gates`: as they were opened. */
export interface CallStory {
  readonly invocationId: InvocationId;
  readonly capabilityId: CapabilityId;
  /** What each stage said, in order. */
  readonly stages: readonly CallStage[];
  readonly verdicts: ReplayedCall['verdicts'];
  /** What hooks decided, and whether it took effect. */
  readonly decisions: ReplayedCall['decisions'];
  readonly gates: readonly GateRow[];
  readonly effects: ReplayedCall['effects'];
  readonly attempts: number;
  readonly end: CallEnd;
}

/**
 * `waiting`: a gate is open. `open`: it may go on, or is at work; a process too. `failed`, `uncertain`: the last attempt
 * came to that, with `failed` also a call that never came to a judgement.
 */
export type CallEnd = 'succeeded' | 'failed' | 'denied' | 'uncertain' | 'waiting' | 'open';

/** `findings`: what is wrong with the journal; nothing, unless somebody was at it. */
export async function tellCalls(
  store: DurableStore,
  story: readonly StoryItem[],
  journal: readonly LogEntry[],
): Promise<{ readonly calls: readonly CallStory[]; readonly findings: readonly ReplayFinding[] }> {
  const { calls: replayed, findings } = replayJournal({ mode: 'audit', entries: journal });
  const byId = new Map(replayed.map((call) => [call.invocationId, call]));
  const byCall = Map.groupBy(
    story.filter((item) => item.record.invocationId !== undefined),
    (item) => item.record.invocationId as InvocationId,
  );
  const calls = await Promise.all(
    [...byCall].map(([invocationId, items]) => toCall(store, invocationId, items, byId.get(invocationId))),
  );
  return { calls, findings };
}

async function toCall(
  store: DurableStore,
  invocationId: InvocationId,
  items: readonly StoryItem[],
  replayed: ReplayedCall | undefined,
): Promise<CallStory> {
  const records = items.map((item) => item.record);
  const [capabilityId] = records.flatMap((record) =>
    'capabilityId' in record && record.capabilityId !== undefined ? [record.capabilityId] : [],
  );
  const gateIds = new Set(
    records.flatMap((record): GateId[] => ('gateId' in record && record.gateId !== undefined ? [record.gateId] : [])),
  );
  const rows = await Promise.all([...gateIds].map((gateId) => getRecord(store, gateMachine, gateId)));
  const gates = rows.filter((row) => row !== undefined);
  const effects = replayed?.effects ?? [];
  return {
    invocationId,
    capabilityId: capabilityId ?? ('unknown.capability' as CapabilityId),
    stages: toStages(records, gates),
    verdicts: replayed?.verdicts ?? [],
    decisions: replayed?.decisions ?? [],
    gates,
    effects,
    attempts: effects.length,
    end: endOf(records, effects, gates),
  };
}

/** What is final comes first: an effect that happened stays so, whatever was said about the call later. */
function endOf(records: readonly LogRecord[], effects: ReplayedCall['effects'], gates: readonly GateRow[]): CallEnd {
  if (effects.some(({ result }) => result?.outcome === 'completed')) return 'succeeded';
  if (effects.some(({ state }) => state === 'pending')) return 'open';
  for (const record of records.toReversed()) {
    switch (record.kind) {
      case 'dispatch_failed':
      case 'process_ended':
        return record.effect === 'uncertain' ? 'uncertain' : 'failed';
      case 'call_denied':
        return record.by === 'host' ? 'failed' : 'denied';
      case 'approval_requested':
        return gates.some(({ gateId, status }) => gateId === record.gateId && status === 'open') ? 'waiting' : 'open';
      default:
    }
  }
  return 'open';
}
