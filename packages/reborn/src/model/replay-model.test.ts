import { capabilityIdSchema, type JsonValue } from '@reborn/host-api';
import type { ModelMessage, ModelOutcome, ModelTool, ToolResult } from '@reborn/turns/loop';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRecording, type Recording } from './recording.ts';
import { createReplayModel } from './replay-model.ts';

const question = 'What is in here?';
const recording = parseRecording(
  JSON.stringify({
    version: 1,
    title: 'a look around',
    user: question,
    steps: [
      {
        id: 'list',
        calls: [{ id: 'list', tool: 'test.list', input: {} }],
        next: [{ when: { empty: { $from: 'list', at: '/names' } }, goto: 'nothing' }],
      },
      {
        id: 'read',
        say: { $text: [{ $count: { from: 'list', at: '/names' } }, ' names.'] },
        calls: [
          {
            id: 'read',
            tool: 'test.read',
            each: { $from: 'list', at: '/names' },
            input: { name: { $item: '' }, number: { $index: true } },
          },
        ],
        next: [{ when: { call: 'read', outcome: 'denied' }, goto: 'refused' }],
      },
      { id: 'write', calls: [{ id: 'write', tool: 'test.write', input: { a: 1, b: 2 }, expect: 'denied' }] },
      { id: 'done', say: { $text: ['I read ', { $count: { fromCalls: 'read' } }, '.'] } },
      { id: 'refused', say: 'I may not read here.' },
      { id: 'nothing', say: 'There is nothing.' },
    ],
  }),
);

const denied: ToolResult = { kind: 'failed', failureKind: 'denied', effect: 'none', message: 'secret words' };
const tools = ['test.list', 'test.read', 'test.write'].map(tool);
const user: ModelMessage = { role: 'user', text: question };

describe('a replay model', () => {
  it('says that it is a replay', () => {
    expect(createReplayModel(recording).label).toBe('replay of "a look around"');
  });

  it('plays its steps, with call ids of step, call and number', async () => {
    const { outcome, messages } = await play((callId) => answerTo(callId, ['x', 'y']));
    expect(outcome).toEqual({ kind: 'reply', text: 'I read 2.', calls: [] });
    const ids = messages.flatMap((message) => (message.role === 'tool' ? [message.callId] : []));
    expect(ids).toEqual(['list.list', 'read.read.0', 'read.read.1', 'write.write']);
    expect(messages[3]).toMatchObject({ role: 'assistant', text: '2 names.' });
  });

  it('takes the branch of an empty value, and the branch of an outcome', async () => {
    expect((await play((callId) => answerTo(callId, []))).outcome).toMatchObject({ text: 'There is nothing.' });
    const refused = await play((callId) => (callId === 'read.read.1' ? denied : answerTo(callId, ['x', 'y'])));
    expect(refused.outcome).toMatchObject({ text: 'I may not read here.' });
  });

  it('begins again with each message of the user', async () => {
    const first = await play((callId) => answerTo(callId, ['x']));
    const again = await ask([...first.messages, user]);
    expect(again).toMatchObject({ calls: [{ callId: 'list.list' }] });
  });

  it('does not answer another message, and says what would', async () => {
    expect(await ask([{ role: 'user', text: 'Buy milk.' }])).toEqual(
      leaving('The recording answers another message; use --model for a live model.'),
    );
    const open: Recording = { ...recording, user: null };
    expect((await ask([{ role: 'user', text: 'Buy milk.' }], open)).kind).toBe('reply');
  });

  it('leaves the recording where a result is not the expected one, without its words', async () => {
    const failing: ToolResult = { kind: 'failed', failureKind: 'not_found', effect: 'none', message: 'secret words' };
    expect((await play((callId) => (callId === 'read.read.0' ? failing : answerTo(callId, ['x'])))).outcome).toEqual(
      leaving('Step "read": the recording expects test.read to succeed, but it failed (not_found).'),
    );
    const allowed: ToolResult = { kind: 'completed', output: null };
    expect((await play((callId) => (callId === 'write.write' ? allowed : answerTo(callId, ['x'])))).outcome).toEqual(
      leaving('Step "write": the recording expects test.write to fail (denied), but it succeeded.'),
    );
  });

  it('leaves the recording at a reference that resolves to nothing', async () => {
    const outcome = (await play(() => ({ kind: 'completed', output: { other: 'secret words' } }))).outcome;
    expect(outcome).toEqual(leaving('Step "list", next: the result of call "list" has nothing at "/names".'));
  });

  it('leaves the recording at a call of a tool that the agent does not have', async () => {
    expect(await ask([user], recording, [tool('test.read')])).toEqual(
      leaving('Step "list": the recording calls test.list, which this agent does not have.'),
    );
  });

  it('refuses to fan out into more than 32 calls', async () => {
    const names = Array.from({ length: 33 }, (_, at) => `n${at}`);
    expect((await play((callId) => answerTo(callId, names))).outcome).toEqual(
      leaving('Step "read", call "read": "each" has 33 items, 32 allowed.'),
    );
  });

  it.each<[string, (message: AssistantMessage) => AssistantMessage, string]>([
    ['text', (message) => ({ ...message, text: 'secret words' }), 'the recording has another text here'],
    ['no call', (message) => ({ ...message, calls: [] }), 'has calls (1 of test.list) here, the conversation no calls'],
    ['input', (message) => ({ ...message, calls: message.calls.map((c) => ({ ...c, input: 1 })) }), 'another input'],
    ['id', (message) => ({ ...message, calls: message.calls.map((c) => ({ ...c, callId: 'x' })) }), 'another id'],
    [
      'tool',
      (message) => ({ ...message, calls: message.calls.map((c) => ({ ...c, capabilityId: capability('test.read') })) }),
      'the conversation calls (1 of test.read)',
    ],
  ])('leaves the recording where the conversation has another %s', async (_name, change, explanation) => {
    const { messages } = await play((callId) => answerTo(callId, ['x']));
    const changed = messages
      .slice(0, 3)
      .map((message) => (message.role === 'assistant' ? change(message) : message))
      .map((message) => (message.role === 'tool' && _name === 'id' ? { ...message, callId: 'x' } : message))
      .filter((message) => _name !== 'no call' || message.role !== 'tool');
    const outcome = await ask(changed);
    expect(outcome).toMatchObject({ errorKind: 'recording_left', explanation: expect.stringContaining(explanation) });
    expect(JSON.stringify(outcome)).not.toContain('secret words');
  });

  it('compares inputs as canonical JSON, whatever the order of their keys', async () => {
    const { messages } = await play((callId) => answerTo(callId, ['x']));
    const turned = messages.slice(0, -1).map((message) => {
      if (message.role !== 'assistant' || message.calls[0]?.callId !== 'write.write') return message;
      return { ...message, calls: message.calls.map((call) => ({ ...call, input: { b: 2, a: 1 } })) };
    });
    expect(await ask(turned)).toMatchObject({ text: 'I read 1.' });
  });

  it('leaves the recording when the conversation goes on after its end, or has lost a result', async () => {
    const { messages } = await play((callId) => answerTo(callId, ['x']));
    expect(await ask(messages)).toEqual(leaving('Step "done" ends the recording, but the conversation goes on.'));
    expect(await ask(messages.slice(0, 2))).toEqual(leaving('Step "list": a call of test.list has no result yet.'));
  });

  it('is aborted when the signal is', async () => {
    const request = { system: '', messages: [user], tools };
    const outcome = await createReplayModel(recording).complete(request, { signal: AbortSignal.abort() });
    expect(outcome).toMatchObject({ kind: 'failed', errorKind: 'aborted' });
  });

  it('continues any prefix of a played conversation identically in a fresh instance', async () => {
    const fate = fc.constantFrom<ToolResult>({ kind: 'completed', output: { text: 'ok' } }, denied, {
      ...denied,
      failureKind: 'uncertain',
    });
    const names = fc.array(fc.string({ maxLength: 8 }), { maxLength: 34 });
    await fc.assert(
      fc.asyncProperty(names, fc.array(fate, { minLength: 1, maxLength: 8 }), async (names, fates) => {
        let asked = 0;
        const said: ModelOutcome[] = [];
        const places: number[] = [];
        const answer = (callId: string): ToolResult => {
          if (callId === 'list.list') return answerTo(callId, names);
          return fates[(asked += 1) % fates.length] ?? denied;
        };
        const { messages } = await play(answer, (outcome, place) => {
          said.push(outcome);
          places.push(place);
        });
        for (const [at, place] of places.entries()) {
          const copy: readonly ModelMessage[] = structuredClone(messages.slice(0, place));
          expect(await ask(copy, parseAgain())).toEqual(said[at]);
        }
      }),
      { numRuns: 100 },
    );
  });
});

type AssistantMessage = Extract<ModelMessage, { readonly role: 'assistant' }>;

/** Plays to the end with one instance. `heard` gets each outcome and how many messages led to it. */
async function play(
  answer: (callId: string) => ToolResult,
  heard: (outcome: ModelOutcome, place: number) => void = () => undefined,
): Promise<{ outcome: ModelOutcome; messages: readonly ModelMessage[] }> {
  const model = createReplayModel(recording);
  const messages: ModelMessage[] = [user];
  for (;;) {
    const request = { system: '', messages: [...messages], tools };
    const outcome = await model.complete(request, { signal: new AbortController().signal });
    heard(outcome, messages.length);
    if (outcome.kind === 'failed') return { outcome, messages };
    messages.push({ role: 'assistant', text: outcome.text, calls: outcome.calls });
    if (outcome.calls.length === 0) return { outcome, messages };
    for (const { callId, capabilityId } of outcome.calls) {
      messages.push({ role: 'tool', callId, capabilityId, result: answer(callId) });
    }
  }
}

function ask(messages: readonly ModelMessage[], from: Recording = recording, available = tools): Promise<ModelOutcome> {
  const request = { system: '', messages, tools: available };
  return createReplayModel(from).complete(request, { signal: new AbortController().signal });
}

function parseAgain(): Recording {
  return structuredClone(recording);
}

function answerTo(callId: string, names: JsonValue): ToolResult {
  if (callId === 'write.write') return denied;
  return { kind: 'completed', output: callId === 'list.list' ? { names } : { text: 'ok' } };
}

function leaving(explanation: string): ModelOutcome {
  return { kind: 'failed', errorKind: 'recording_left', retryable: false, explanation };
}

function tool(id: string): ModelTool {
  return { capabilityId: capability(id), description: '', inputSchema: { type: 'object' } };
}

function capability(id: string): ModelTool['capabilityId'] {
  return capabilityIdSchema.parse(id);
}
