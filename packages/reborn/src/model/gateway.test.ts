import { capabilityIdSchema } from '@reborn/host-api';
import { createFakePlatform, createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { CALLS_PER_STEP_MAX, MESSAGE_BYTES_MAX } from '@reborn/turns';
import type { ModelOutcome, ModelProvider, ModelRequest } from '@reborn/turns/loop';
import { describe, expect, test } from 'vitest';
import { EXPLANATION_BYTES_MAX, MODEL_DEADLINE_MS } from '../limits.ts';
import { createModelGateway } from './gateway.ts';

const capabilityId = capabilityIdSchema.parse('desk.look');
const request: ModelRequest = {
  system: 's',
  messages: [{ role: 'user', text: 'Hi' }],
  tools: [{ capabilityId, description: 'd', inputSchema: {} }],
};
const call = { callId: 'c', capabilityId, input: {} };
const reply = (parts: object = {}) => ({ kind: 'reply', text: 'Hi', calls: [], ...parts });
const unavailable = { kind: 'failed', errorKind: 'unavailable', retryable: true, explanation: 'Busy.' } as const;

/** Asks a provider that answers from a list, the last answer for ever. */
function ask(answers: readonly (unknown | (() => unknown))[], signal: AbortSignal = new AbortController().signal) {
  const platform = createFakePlatform();
  const seen: string[] = [];
  const asked: ModelRequest[] = [];
  const provider: ModelProvider = {
    label: 'm',
    complete: (given) => {
      asked.push(given);
      const answer = answers[Math.min(asked.length, answers.length) - 1];
      return (typeof answer === 'function' ? answer() : Promise.resolve(answer)) as Promise<ModelOutcome>;
    },
  };
  const observer = {
    started: async (attempt: number) => void seen.push(`started ${attempt}`),
    ended: async (attempt: number, outcome: ModelOutcome) =>
      void seen.push(`ended ${attempt} ${outcome.kind === 'failed' ? outcome.errorKind : 'reply'}`),
  };
  const outcome = createModelGateway(provider, platform.timers).complete(request, { signal, observer });
  const waits: number[] = [];
  const settle = async (): Promise<ModelOutcome> => {
    let over = false;
    void outcome.finally(() => {
      over = true;
    });
    for (;;) {
      for (let step = 0; step < 50; step += 1) await Promise.resolve();
      if (over) return outcome;
      let waited = 0;
      for (
        const before = platform.pendingTimers();
        platform.pendingTimers() === before && waited < 200_000;
        waited += 50
      )
        platform.advance(50);
      waits.push(waited);
    }
  };
  return { settle, seen, asked, waits, platform };
}

const unusable = (why: string) => ({
  kind: 'failed',
  errorKind: 'invalid_output',
  retryable: true,
  explanation: `The model's reply cannot be used: ${why}.`,
});

describe('A reply', () => {
  test('goes through as it is, without what does not belong to it', async () => {
    const { settle, seen } = ask([reply({ calls: [{ ...call, extra: 1 }], usage: 7 })]);
    expect(await settle()).toEqual({ kind: 'reply', text: 'Hi', calls: [call] });
    expect(seen).toEqual(['started 1', 'ended 1 reply']);
  });

  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  const form = 'it does not have the form of a reply';
  test.each<[string, unknown, string]>([
    ['undefined', undefined, form],
    ['a text', 'Hi', form],
    ['another kind', { kind: 'answer' }, form],
    ['no text', { kind: 'reply', calls: [] }, form],
    ['a getter that throws', Object.defineProperty({}, 'kind', { get: () => { throw new Error('x'); } }), form], // prettier-ignore
    ['a call without an id', reply({ calls: [{ ...call, callId: '' }] }), form],
    ['a call with too long an id', reply({ calls: [{ ...call, callId: 'x'.repeat(129) }] }), form],
    ['an input that is not JSON', reply({ calls: [{ ...call, input: 1n }] }), form],
    ['an input without an end', reply({ calls: [{ ...call, input: cyclic }] }), form],
    ['a failure of an unknown kind', { ...unavailable, errorKind: 'tired' }, form],
    ['two calls with one id', reply({ calls: [call, call] }), 'two of its calls have one id'],
    [
      'one bad call among good ones',
      reply({ calls: [call, { ...call, callId: 'd', capabilityId: 'desk.burn' }] }),
      'it calls a tool that it was not offered',
    ],
    [
      'too many calls',
      reply({ calls: Array.from({ length: CALLS_PER_STEP_MAX + 1 }, (_, at) => ({ ...call, callId: `${at}` })) }),
      `it makes more than ${CALLS_PER_STEP_MAX} calls`,
    ],
    ['too long a text', reply({ text: 'x'.repeat(MESSAGE_BYTES_MAX + 1) }), 'it is too long'],
    ['a NUL', reply({ text: 'a\u0000b' }), 'it holds characters that are no text'],
    ['half a character', reply({ text: '\ud800' }), 'it holds characters that are no text'],
    ['nothing', reply({ text: ' \n' }), 'it is empty'],
  ])('with %s is refused after three attempts', async (_, answer, why) => {
    const { settle, asked } = ask([answer]);
    expect(await settle()).toEqual(unusable(why));
    expect(asked).toHaveLength(3);
  });
});

describe('A provider', () => {
  const secret = createSentinel('provider');

  test.each([
    ['rejects', () => Promise.reject(new Error(secret))],
    [
      'throws',
      () => {
        throw new Error(secret);
      },
    ],
  ])('that %s is unavailable, and what it said is not repeated', async (_, answer) => {
    const { settle } = ask([answer]);
    const outcome = await settle();
    expect(outcome).toEqual({
      kind: 'failed',
      errorKind: 'unavailable',
      retryable: true,
      explanation: 'The model could not be reached.',
    });
    expect(findLeaks(outcome, [secret])).toEqual([]);
  });

  test('is asked again after a growing pause, until it answers', async () => {
    const { settle, seen, waits } = ask([unavailable, unavailable, reply()]);
    expect(await settle()).toEqual(reply());
    expect(waits).toEqual([250, 500]);
    expect(seen).toEqual([
      'started 1',
      'ended 1 unavailable',
      'started 2',
      'ended 2 unavailable',
      'started 3',
      'ended 3 reply',
    ]);
  });

  test('that refuses is not asked again', async () => {
    const refused = { ...unavailable, errorKind: 'refused', retryable: false };
    const { settle, asked } = ask([refused]);
    expect(await settle()).toEqual(refused);
    expect(asked).toHaveLength(1);
  });

  test('that explains itself at length gets a sentence of the host', async () => {
    const { settle } = ask([{ ...unavailable, retryable: false, explanation: 'x'.repeat(EXPLANATION_BYTES_MAX + 1) }]);
    expect(await settle()).toEqual({ ...unavailable, retryable: false, explanation: 'The model could not answer.' });
  });

  test('that never answers is given up at the deadline', async () => {
    const { settle, waits } = ask([() => new Promise(() => undefined)]);
    expect(await settle()).toEqual({ ...unavailable, explanation: 'The model did not answer in time.' });
    expect(waits).toEqual([MODEL_DEADLINE_MS, 250, MODEL_DEADLINE_MS, 500, MODEL_DEADLINE_MS]);
  });

  test('cannot change what the next attempt asks', async () => {
    const { settle, asked } = ask([unavailable, reply()]);
    const [first] = asked;
    if (first !== undefined) Object.assign(first.messages, { length: 0 });
    await settle();
    expect(asked[1]).toEqual(request);
  });
});

describe('Somebody who does not want the answer any more', () => {
  const aborted = { kind: 'failed', errorKind: 'aborted', retryable: false, explanation: 'The request was cancelled.' };

  test('does not ask', async () => {
    const { settle, asked } = ask([reply()], AbortSignal.abort());
    expect(await settle()).toEqual(aborted);
    expect(asked).toEqual([]);
  });

  test('does not wait for a provider that does not listen', async () => {
    const control = new AbortController();
    const { settle, platform } = ask([() => new Promise(() => undefined)], control.signal);
    const settling = settle();
    control.abort();
    expect(await settling).toEqual(aborted);
    expect(platform.pendingTimers()).toBe(0);
  });

  test('ends the pause between two attempts and asks no more', async () => {
    const control = new AbortController();
    const { settle, asked, platform } = ask([unavailable], control.signal);
    for (let step = 0; step < 50; step += 1) await Promise.resolve();
    expect(platform.pendingTimers()).toBe(1);
    control.abort();
    expect(await settle()).toEqual(aborted);
    expect(asked).toHaveLength(1);
    expect(platform.pendingTimers()).toBe(0);
  });
});
