import { createInMemoryStore, parseEventId, parseGateId, parseRunId } from '@reborn/host-api';
import { fixedUuid, machineContract } from '@reborn/host-api/testkit';
import { isTerminal, runMachine, type RunStatus } from '@reborn/turns';
import { checkpointMachine, threadLockMachine } from '@reborn/turns/runner';
import { buildCheckpoint, buildRun } from '@reborn/turns/testkit';
import { describe, expect, test } from 'vitest';

const { runId, turnId, correlationId, scope, actor, profile } = buildRun();
const gateId = parseGateId(fixedUuid(9));
const failure = { kind: 'no_progress', explanation: '' } as const;

// What a running run refuses depends on more than its status, too: see its own tables below.
const runCases = machineContract(runMachine, {
  path: {
    none: [],
    queued: ['submit'],
    running: (next) => (next === 'cancel' ? ['submit', 'claim', 'request_cancel'] : ['submit', 'claim']),
    parked: ['submit', 'claim', 'park'],
    completed: ['submit', 'claim', 'complete'],
    failed: ['submit', 'claim', 'fail'],
    cancelled: ['submit', 'request_cancel'],
  },
  command: (trigger, from) => {
    switch (trigger) {
      case 'submit':
        return { command: { trigger, run: { runId, turnId, correlationId, scope, actor, profile } } };
      case 'claim':
        return { command: { trigger, claims: 1 } };
      case 'park':
        return { command: { trigger, gates: [gateId] } };
      case 'gate_resolved':
        return { command: { trigger, gateId } };
      case 'request_cancel':
        return { command: { trigger, reason: 'policy' as const, ends: from !== 'running' } };
      case 'complete':
        return { command: { trigger, replyEntryId: parseEventId(fixedUuid(4)) } };
      case 'fail':
        return { command: { trigger, failure } };
      case 'cancel':
      case 'yield':
        return { command: { trigger } };
      case 'recover':
        return { command: { trigger, to: 'queued' as const } };
    }
  },
});

const lockCases = machineContract(threadLockMachine, {
  path: { none: [], busy: ['lock'], free: ['lock', 'unlock'] },
  command: (trigger, from) => ({
    command: { trigger, runId },
    ...(trigger === 'lock' && from === 'busy' ? { refused: 'thread_busy' } : {}),
  }),
});

const checkpointCases = machineContract(checkpointMachine, {
  path: { none: [], stored: ['store'] },
  command: (trigger) => ({ command: { trigger, checkpoint: buildCheckpoint() } }),
});

describe('The machines of turns', () => {
  for (const { name, run } of [...runCases, ...lockCases, ...checkpointCases]) {
    test(name, () => run({ open: async (opening) => createInMemoryStore(opening) }));
  }
});

describe('The table of runs', () => {
  const statuses: readonly RunStatus[] = ['queued', 'running', 'parked', 'completed', 'failed', 'cancelled'];

  test('has no dead end: from every status that is not final some way leads to an end', () => {
    for (const status of statuses) {
      const reached = new Set<string>([status]);
      for (let before = 0; before < reached.size;) {
        before = reached.size;
        for (const edge of runMachine.transitions) if (reached.has(edge.from)) reached.add(edge.to);
      }
      expect([status, [...reached].some((found) => isTerminal(found as RunStatus))]).toEqual([status, true]);
    }
  });

  test('lets nothing out of a final status', () => {
    expect(runMachine.transitions.filter(({ from }) => from !== 'none' && isTerminal(from))).toEqual([]);
  });
});

type RunCommand = Parameters<typeof runMachine.decide>[1];
const decide = (row: Parameters<typeof buildRun>[0], command: RunCommand) =>
  runMachine.decide(buildRun(row), command, { nowMs: 7 });
const refused = (reason: string) => ({ kind: 'refuse', reason });

describe('A running run', () => {
  const running = { status: 'running', claims: 1 } as const;

  test.each<[string, Parameters<typeof buildRun>[0], RunCommand, unknown]>([
    ['parks', running, { trigger: 'park', gates: [gateId] }, { status: 'parked', gates: [gateId] }],
    [
      'forgets an answered gate',
      { ...running, gates: [gateId] },
      { trigger: 'gate_resolved', gateId },
      { status: 'running', gates: [] },
    ],
    [
      'is told that it is cancelled',
      running,
      { trigger: 'request_cancel', reason: 'policy', ends: false },
      { status: 'running', cancel: 'policy' },
    ],
    ['completes', running, { trigger: 'complete', replyEntryId: parseEventId(fixedUuid(4)) }, { status: 'completed' }],
    ['fails', running, { trigger: 'fail', failure }, { status: 'failed', failure }],
    [
      'is settled once cancelled',
      { ...running, cancel: 'policy' },
      { trigger: 'cancel' },
      { status: 'cancelled', cancel: 'policy' },
    ],
    ['is given back', running, { trigger: 'yield' }, { status: 'queued', crashes: 0, queuedAtMs: 7 }],
    [
      'is queued after a crash',
      running,
      { trigger: 'recover', to: 'queued' },
      { status: 'queued', crashes: 1, queuedAtMs: 7 },
    ],
    [
      'is given up after five',
      { ...running, crashes: 4 },
      { trigger: 'recover', to: 'failed' },
      { status: 'failed', crashes: 5 },
    ],
    [
      'is settled after a crash',
      { ...running, cancel: 'policy', crashes: 4 },
      { trigger: 'recover', to: 'cancelled' },
      { status: 'cancelled', crashes: 4 },
    ],
  ])('%s', (_, row, command, changes) => {
    expect(decide(row, command)).toMatchObject({ kind: 'write', row: { updatedAtMs: 7, ...(changes as object) } });
  });

  test.each<[string, Parameters<typeof buildRun>[0], RunCommand, unknown]>([
    [
      'park once cancelled',
      { ...running, cancel: 'policy' },
      { trigger: 'park', gates: [gateId] },
      refused('cancel_requested'),
    ],
    [
      'be cancelled as if it waited',
      running,
      { trigger: 'request_cancel', reason: 'policy', ends: true },
      refused('run_moved'),
    ],
    [
      'be cancelled twice',
      { ...running, cancel: 'policy' },
      { trigger: 'request_cancel', reason: 'timeout', ends: false },
      refused('cancel_already_requested'),
    ],
    [
      'be given back once cancelled',
      { ...running, cancel: 'policy' },
      { trigger: 'yield' },
      refused('cancel_requested'),
    ],
    ['be settled uncancelled', running, { trigger: 'cancel' }, refused('cancel_not_requested')],
    [
      'be queued once cancelled',
      { ...running, cancel: 'policy' },
      { trigger: 'recover', to: 'queued' },
      refused('run_moved'),
    ],
    [
      'be queued after too many crashes',
      { ...running, crashes: 4 },
      { trigger: 'recover', to: 'queued' },
      refused('run_moved'),
    ],
    ['be given up too early', running, { trigger: 'recover', to: 'failed' }, refused('run_moved')],
    ['hear of a gate it does not wait for', running, { trigger: 'gate_resolved', gateId }, { kind: 'keep' }],
  ])('does not %s', (_, row, command, decision) => {
    expect(decide(row, command)).toEqual(decision);
  });

  test.each(['submit', 'claim'] as const)('cannot be moved by %s', (trigger) => {
    const command =
      trigger === 'claim'
        ? { trigger, claims: 2 }
        : { trigger, run: { runId, turnId, correlationId, scope, actor, profile } };
    const stored = JSON.parse(JSON.stringify(buildRun(running)));
    expect(runMachine.run(stored, JSON.parse(JSON.stringify(command)), { nowMs: 7 })).toEqual(
      refused(`${trigger}_from_running`),
    );
  });
});

describe('A waiting run', () => {
  test('is claimed as often as its event says', () => {
    expect(decide({ claims: 2 }, { trigger: 'claim', claims: 3 })).toMatchObject({
      kind: 'write',
      row: { status: 'running', claims: 3 },
    });
    expect(decide({ claims: 2 }, { trigger: 'claim', claims: 2 })).toEqual(refused('run_moved'));
  });

  test('is not cancelled as if it were at work', () => {
    expect(decide({ status: 'parked' }, { trigger: 'request_cancel', reason: 'policy', ends: false })).toEqual(
      refused('run_moved'),
    );
  });
});

describe('The lock of a thread', () => {
  const decideLock = (trigger: 'lock' | 'unlock', by: number) =>
    threadLockMachine.decide({ status: 'busy', runId }, { trigger, runId: parseRunId(fixedUuid(by)) }, { nowMs: 0 });

  test('is held by one run and given back by that run alone', () => {
    expect(decideLock('lock', 5)).toEqual(refused('thread_busy'));
    expect(decideLock('lock', 1)).toEqual(refused('thread_busy'));
    expect(decideLock('unlock', 5)).toEqual(refused('other_run'));
    expect(decideLock('unlock', 1)).toEqual({ kind: 'write', row: { status: 'free', runId } });
  });
});
