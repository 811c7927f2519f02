/** What is left in the database after a round, and what is wrong with it. */
import { node } from '@reborn/adapter-node';
import { sqlite } from '@reborn/adapter-sqlite';
import { parseTenantId, type DurableStore, type StreamFamily, type StreamRecord } from '@reborn/host-api';
import { HOST_MACHINES } from '@reborn/reborn';
import { inspectDoor } from './door/inspect-door.ts';
import { EFFECTS } from './door/job-host.ts';
import type { EffectRecorder, Happening } from './recorder-process.ts';

const FAMILIES: readonly StreamFamily[] = ['runtime', 'journal', 'audit', 'security', 'turn', 'transcript'];
/** Those that the run asks for itself: their results stand in the transcript. */
const OF_THE_RUN: readonly number[] = [EFFECTS.edited, EFFECTS.revoked, EFFECTS.keyed];

export interface RoundFacts {
  readonly file: string;
  readonly round: string;
  /** Everything that any process of the round had acknowledged: `<family>/<eventId>`. */
  readonly acknowledged: readonly string[];
}

export interface RoundResult {
  readonly uncertain: number;
  /** Sentences; empty when everything held. */
  readonly violations: readonly string[];
}

export async function inspectRound(facts: RoundFacts, recorder: EffectRecorder): Promise<RoundResult> {
  const happenings = recorder.happenings(facts.round);
  return inspectFile(facts, happenings);
}

export async function inspectFile(
  { file, acknowledged }: Omit<RoundFacts, 'round'>,
  happenings: readonly Happening[],
): Promise<RoundResult> {
  const { clock, timers } = node();
  const store = await sqlite(file).open({ machines: HOST_MACHINES, clock, timers });
  try {
    const streams = new Map<StreamFamily, readonly StreamRecord[]>();
    for (const family of FAMILIES) streams.set(family, await readAll(store, family));
    const { uncertain, violations } = checkEffects(streams.get('transcript') ?? [], happenings);
    return {
      uncertain,
      violations: [...checkRecords(acknowledged, streams), ...violations, ...(await inspectDoor(store, happenings))],
    };
  } finally {
    await store.close();
  }
}

function checkRecords(
  acknowledged: readonly string[],
  streams: ReadonlyMap<StreamFamily, readonly StreamRecord[]>,
): readonly string[] {
  const violations: string[] = [];
  const present = new Set<string>();
  for (const [family, records] of streams) {
    for (const record of records) present.add(`${family}/${record.eventId}`);
    const gapless = records.every((record, at) => record.cursor === at + 1);
    if (!gapless) violations.push(`the cursors of ${family} have a gap`);
    if (new Set(records.map((record) => record.eventId)).size !== records.length)
      violations.push(`${family} holds a record twice`);
  }
  const missing = acknowledged.filter((eventId) => !present.has(eventId));
  if (missing.length > 0) violations.push(`${missing.length} acknowledged records are missing`);
  return violations;
}

/** What the run says of its effects is true of them. */
function checkEffects(transcript: readonly StreamRecord[], happenings: readonly Happening[]): RoundResult {
  const violations: string[] = [];
  let uncertain = 0;
  const results = transcript
    .filter((record) => record.kind === 'tool_result')
    .map((record) => JSON.stringify(record.body));
  for (const n of OF_THE_RUN) {
    const happened = happenings.filter((one) => one.n === n).length;
    const completed = results.some((text) => text.includes(`"done":${n}`));
    if (completed && happened !== 1) violations.push(`effect ${n} is reported as done and happened ${happened} times`);
    if (!completed) uncertain += 1;
  }
  const said = results.filter((text) => text.includes('"failureKind":"uncertain"')).length;
  if (said !== uncertain) violations.push(`${uncertain} effects have no result and ${said} are reported as uncertain`);
  return { uncertain, violations };
}

async function readAll(store: DurableStore, family: StreamFamily): Promise<readonly StreamRecord[]> {
  const found: StreamRecord[] = [];
  for (;;) {
    const after = found.at(-1)?.cursor ?? 0;
    const page = await store.readStream({ stream: { family, tenantId: parseTenantId('default') }, after, limit: 1000 });
    found.push(...page.records);
    if (page.records.length < 1000) return found;
  }
}
