import { readFileSync } from 'node:fs';
import { replayJournal, type StreamPlan, type VerifyOutcome } from '@reborn/events';
import { parseTenantId, runIdSchema, type StreamKey } from '@reborn/host-api';
import { expect, it } from 'vitest';
import {
  anchorWire,
  moreWire,
  pinWire,
  replayWire,
  retentionPlanWire,
  retentionReportWire,
  streamWire,
  transferWire,
  unfollowWire,
  verifyWire,
} from './log-wire.ts';

const guide = readFileSync(new URL('../../../../docs/guides/cli.md', import.meta.url), 'utf8');
const stream: StreamKey = { family: 'runtime', tenantId: parseTenantId('default') };
const about = { v: 1, family: 'runtime', tenantId: 'default' };
const runId = runIdSchema.parse('01a1ff31-dd62-76ca-91e7-c1772ec7879a');
const chain = 'c'.repeat(64);
const obstacle = { kind: 'consumer', cursor: 4, name: 'late' } as const;
const standing = { name: 'late', status: 'gapped', cursor: 4, lag: 5, attempt: 1, deadLetters: 2 } as const;
const plan = { stream, earliest: 2, head: 9, cutThrough: 3, removed: 1, gaps: ['late'] };
const pinRow = { cursor: 7, by: { kind: 'user', id: 'ada' }, atMs: 1 };
const effect = { invocationId: runId, capabilityId: 'desk.write', attempt: 1, cursor: 5, state: 'pending' };
const finding = { code: 'settled_twice', cursor: 6, eventId: runId, kind: 'effect_settled' };
const decision = { record: { invocationId: runId, hookId: 'gate', verb: 'refuse' }, cursor: 4, state: 'accepted' };
const read = { calls: [], findings: [finding], records: 6, unknown: 0, through: 6, pending: [], openDecisions: [] };
type Replayed = Parameters<typeof replayWire>[1];

it.each([
  [moreWire('token'), { v: 1, kind: 'more', page: 'token' }],
  [
    verifyWire(stream, { kind: 'intact', first: 2, head: 9, records: 8, removed: 1 } as VerifyOutcome),
    { ...about, kind: 'verified', result: 'intact', first: '2', head: '9', records: 8, removed: 1 },
  ],
  [
    verifyWire(stream, { kind: 'broken', at: 3, rule: 'chain_broken' } as VerifyOutcome),
    { ...about, kind: 'verified', result: 'broken', at: '3', rule: 'chain_broken' },
  ],
  [
    verifyWire(stream, { kind: 'stopped', through: 3 } as VerifyOutcome),
    { ...about, kind: 'verified', result: 'stopped', through: '3' },
  ],
  [transferWire('exported', stream, { records: 8 }), { ...about, kind: 'exported', records: 8 }],
  [
    transferWire('imported', stream, { records: 8, added: 0, head: 9 }),
    { ...about, kind: 'imported', records: 8, added: 0, head: '9' },
  ],
  [
    streamWire({
      stream,
      earliest: 2,
      head: 9,
      removed: 1,
      pins: [pinRow],
      subscriptions: [{ ...standing, gap: { after: 1, through: 3 } }],
    } as unknown as Parameters<typeof streamWire>[0]),
    {
      ...about,
      kind: 'stream',
      earliest: '2',
      head: '9',
      removed: 1,
      pins: ['7'],
      subscriptions: [{ ...standing, cursor: '4', gap: { after: '1', through: '3' } }],
    },
  ],
  [
    anchorWire({ backend: 'sqlite', survives: 'power_loss', shared: 'machine', anchored: true }, {
      stream,
      cursor: 9,
      chain,
      position: 3,
    } as unknown as Parameters<typeof anchorWire>[1]),
    {
      v: 1,
      kind: 'anchor',
      backend: 'sqlite',
      survives: 'power_loss',
      anchored: true,
      at: { family: 'runtime', tenantId: 'default', cursor: '9', chain },
    },
  ],
  [
    retentionPlanWire({ ...plan, removals: [{ from: 6, through: 6 }], heldBy: [obstacle] } as unknown as StreamPlan),
    {
      ...about,
      kind: 'retention_plan',
      earliest: '2',
      head: '9',
      cutThrough: '3',
      removed: 1,
      removals: [{ from: '6', through: '6' }],
      heldBy: [{ ...obstacle, cursor: '4' }],
      gaps: ['late'],
    },
  ],
  [
    retentionReportWire({ stream, cutThrough: 3, cut: 2, removed: 1, done: true } as Parameters<
      typeof retentionReportWire
    >[0]),
    { ...about, kind: 'retained', cutThrough: '3', cut: 2, removed: 1, done: true },
  ],
  [pinWire('pinned', stream, 7), { ...about, kind: 'pinned', cursor: '7' }],
  [pinWire('unpinned', stream, 7), { ...about, kind: 'unpinned', cursor: '7' }],
  [unfollowWire('late', 'ended'), { v: 1, kind: 'unfollowed', name: 'late', outcome: 'ended' }],
  [
    replayWire(runId, {
      ...read,
      mode: 'resume',
      blockers: [
        { kind: 'effect_pending', effect },
        { kind: 'decision_open', decision },
        { kind: 'finding', finding },
      ],
    } as unknown as Replayed),
    {
      v: 1,
      kind: 'replay',
      runId,
      mode: 'resume',
      records: 6,
      unknown: 0,
      through: '6',
      calls: [],
      findings: [{ code: 'settled_twice', cursor: '6', eventId: runId, event: 'effect_settled' }],
      blockers: [
        { kind: 'effect_pending', invocationId: runId, capabilityId: 'desk.write', attempt: 1, cursor: '5' },
        { kind: 'decision_open', invocationId: runId, hookId: 'gate', cursor: '4' },
        { kind: 'finding', code: 'settled_twice', cursor: '6', eventId: runId, event: 'effect_settled' },
      ],
    },
  ],
  [
    replayWire(runId, {
      ...read,
      findings: [],
      mode: 'repair',
      questions: [{ kind: 'did_it_happen', effect, answers: ['happened', 'did_not_happen'] }],
    } as unknown as Replayed),
    {
      v: 1,
      kind: 'replay',
      runId,
      mode: 'repair',
      records: 6,
      unknown: 0,
      through: '6',
      calls: [],
      findings: [],
      questions: [
        {
          kind: 'did_it_happen',
          answers: ['happened', 'did_not_happen'],
          invocationId: runId,
          capabilityId: 'desk.write',
          attempt: 1,
          cursor: '5',
        },
      ],
    },
  ],
])('$kind has these members and the guide lists them, cursors as text', (value, expected) => {
  expect(value).toEqual(expected);
  const listed = guide
    .split('\n')
    .find((line) => line.startsWith('- ') && line.includes(`\`${String(value['kind'])}\``));
  for (const member of Object.keys(value).filter((key) => key !== 'v' && key !== 'kind'))
    expect(listed, member).toContain(`\`${member}\``);
});

it('an empty journal is a replay of nothing', () => {
  expect(replayWire(runId, replayJournal({ mode: 'audit', entries: [] }))).toEqual({
    v: 1,
    kind: 'replay',
    runId,
    mode: 'audit',
    records: 0,
    unknown: 0,
    through: '0',
    calls: [],
    findings: [],
  });
});
