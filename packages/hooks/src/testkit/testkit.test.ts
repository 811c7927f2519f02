import { createFakePlatform } from '@reborn/host-api/testkit';
import { expect, test } from 'vitest';
import type { GateBody, GateHookSpec } from '../registry/hook-spec.ts';
import { buildJudgedCall } from './builder.ts';
import { tryGate } from './try-gate.ts';

const gate = (body: GateBody): GateHookSpec => ({
  point: 'before_capability',
  id: 'mine',
  version: 1,
  capabilities: ['notes.*'],
  body,
});

test('an author sees the decision of a gate', async () => {
  const trial = await tryGate(gate((_call, mint) => mint.pause('hook_over_threshold', 'too many')));
  expect(trial).toEqual({
    kind: 'decided',
    decision: { verb: 'pause', code: 'hook_over_threshold', reason: 'too many' },
  });
});

test('an author sees in which way a gate failed', async () => {
  expect(await tryGate(gate(() => undefined as never))).toEqual({ kind: 'failed', category: 'malformed' });
});

test('an author sees that a gate is not asked', async () => {
  const call = buildJudgedCall({ capability: 'files.read' });
  expect(
    await tryGate(
      gate((_call, mint) => mint.refuse()),
      { call },
    ),
  ).toEqual({ kind: 'passed_by' });
});

test('an author lets time pass', async () => {
  const platform = createFakePlatform();
  const trial = tryGate(
    gate(() => new Promise(() => undefined)),
    { timers: platform.timers },
  );
  platform.advance(250);
  expect(await trial).toEqual({ kind: 'failed', category: 'timeout' });
});
