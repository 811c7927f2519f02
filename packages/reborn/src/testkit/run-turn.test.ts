import { defineTool, ToolFailure } from '@reborn/host-runtime';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { keptInMemory, runTurn } from './index.ts';

const sent: string[] = [];
const mail = {
  id: 'mail',
  version: '1.0.0',
  tools: [
    defineTool({
      id: 'mail.send',
      description: 'Sends a letter.',
      input: z.strictObject({ to: z.string().max(64) }),
      effects: ['external_write'],
      run: async ({ to }) => {
        // Something that takes its time outside.
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (to === 'nobody') throw new ToolFailure('no_address', 'There is no such address.');
        sent.push(to);
        return { sent: to };
      },
    }),
  ],
};
const send = (to: string) => ({ calls: [{ tool: 'mail.send', input: { to } }] });

test('a turn runs to its end in one call', async () => {
  const turn = await runTurn({ extensions: [mail], model: [send('bob'), { say: 'Sent.' }], approve: 'approve' });
  expect([turn.outcome, turn.reply, sent.splice(0)]).toEqual(['completed', 'Sent.', ['bob']]);
  expect(turn.gates.map((gate) => [gate.status, gate.input])).toEqual([['consumed', { to: 'bob' }]]);
  expect(turn.explanation.calls.map((call) => call.end)).toEqual(['succeeded']);
  expect(turn.transcript.map((entry) => entry.kind)).toEqual([
    'user_message',
    'assistant_message',
    'tool_result',
    'assistant_message',
  ]);
});

test('each question gets its own answer', async () => {
  const turn = await runTurn({
    extensions: [mail],
    model: [{ calls: [...send('bob').calls, ...send('eve').calls, ...send('kim').calls] }, { say: 'Done.' }],
    approve: ({ input }) => {
      const { to } = input as { to: string };
      if (to === 'eve') return 'deny';
      return to === 'kim' ? { decision: 'approve', input: { to: 'ann' } } : 'approve';
    },
  });
  expect([turn.outcome, sent.splice(0)]).toEqual(['completed', ['bob', 'ann']]);
  expect(turn.gates.map((gate) => gate.status)).toEqual(['consumed', 'denied', 'consumed']);
});

test('a question that nobody answers leaves the turn parked, and another host may go on with it', async () => {
  const storage = keptInMemory();
  const turn = await runTurn({ extensions: [mail], model: [send('bob')], storage });
  expect([turn.outcome, turn.gates.map((gate) => gate.status), sent]).toEqual(['parked', ['open'], []]);
});

test('pauses take no time', async () => {
  const busy = { kind: 'failed', errorKind: 'unavailable', retryable: true, explanation: 'Busy.' } as const;
  const turn = await runTurn({ extensions: [mail], model: [busy, busy, { say: 'Here.' }] });
  expect([turn.outcome, turn.reply]).toEqual(['completed', 'Here.']);
});

test('a script that is over fails the run and says so', async () => {
  const turn = await runTurn({ extensions: [mail], model: [send('nobody')], approve: 'approve' });
  expect([turn.outcome, turn.run.failure?.kind]).toEqual(['failed', 'recording_left']);
});
