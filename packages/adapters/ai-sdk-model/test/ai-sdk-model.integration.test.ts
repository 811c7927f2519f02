import type { ServerResponse } from 'node:http';
import { capabilityIdSchema } from '@reborn/host-api';
import type { ModelMessage, ModelOutcome, ModelRequest, ModelTool } from '@reborn/turns/loop';
import { describe, expect, it } from 'vitest';
import { aiSdkModel, type AiSdkModelOptions } from '../src/index.ts';
import { completion, functionCall, sendJson, startChatServer, type ChatRequest } from './chat-server.ts';

const key = 'sk-sentinel-4711';
const sentinels = [key, '127.0.0.1', 'http://', 'vendor words', 'Bearer', 'chat/completions'];
const readFile = capability('builtin.read_file');
const request: ModelRequest = {
  system: 'You are careful.',
  messages: [{ role: 'user', text: 'Read a.md.' }],
  tools: [tool('builtin.read_file'), tool('builtin.grep')],
};

describe('a live model behind an OpenAI-compatible endpoint', () => {
  it('replies with text, and sends model, system, message, tools, key and limits in the OpenAI form', async () => {
    const { outcome, requests } = await ask((_, response) => sendJson(response, completion({ content: 'Hello.' })), {
      options: { temperature: 0.5, maxOutputTokens: 77 },
    });
    expect(outcome).toEqual({ kind: 'reply', text: 'Hello.', calls: [] });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      path: '/v1/chat/completions',
      authorization: `Bearer ${key}`,
      body: {
        model: 'local-model',
        temperature: 0.5,
        max_tokens: 77,
        messages: [
          { role: 'system', content: 'You are careful.' },
          { role: 'user', content: 'Read a.md.' },
        ],
      },
    });
    const functions = requests[0]?.body.tools?.map((offered) => offered.function.name);
    expect(functions).toEqual(['builtin__read_file', 'builtin__grep']);
    expect(requests[0]?.body.tools?.[0]?.function.parameters).toMatchObject({ type: 'object', required: ['path'] });
  });

  it('sends no key and no tools where there are none', async () => {
    const { requests } = await ask((_, response) => sendJson(response, completion({ content: 'Hello.' })), {
      options: { apiKey: undefined },
      request: { ...request, system: '', tools: [] },
    });
    expect(requests[0]?.authorization).toBeUndefined();
    expect(requests[0]?.body.tools).toBeUndefined();
    expect(requests[0]?.body.messages).toHaveLength(1);
  });

  it('hands calls back with their ids and capabilities, and runs nothing', async () => {
    const tool_calls = [
      functionCall('call_b', 'builtin__grep', '{"pattern":"x","deep":[1,{"a":null}]}'),
      functionCall('call_a', 'builtin__read_file', '{"path":"a.md"}'),
    ];
    const { outcome } = await ask((_, response) => {
      sendJson(response, completion({ content: 'Looking.', tool_calls }, 'tool_calls'));
    });
    expect(outcome).toEqual({
      kind: 'reply',
      text: 'Looking.',
      calls: [
        { callId: 'call_b', capabilityId: 'builtin.grep', input: { pattern: 'x', deep: [1, { a: null }] } },
        { callId: 'call_a', capabilityId: 'builtin.read_file', input: { path: 'a.md' } },
      ],
    });
  });

  it('sends calls and results back in the OpenAI form, failures included', async () => {
    const call = (callId: string) => ({ callId, capabilityId: readFile, input: { path: 'a.md' } });
    const messages: ModelMessage[] = [
      ...request.messages,
      { role: 'assistant', text: 'Looking.', calls: [call('1'), call('2'), call('3')] },
      result('1', { kind: 'completed', output: { content: 'x' } }),
      result('2', { kind: 'completed', output: 'plain' }),
      result('3', { kind: 'failed', failureKind: 'denied', effect: 'none', message: 'The call is not permitted.' }),
    ];
    const { requests } = await ask((_, response) => sendJson(response, completion({ content: 'Done.' })), {
      request: { ...request, messages },
    });
    const function_ = { name: 'builtin__read_file', arguments: '{"path":"a.md"}' };
    expect(requests[0]?.body.messages?.slice(2)).toEqual([
      {
        role: 'assistant',
        content: 'Looking.',
        tool_calls: ['1', '2', '3'].map((id) => ({ id, type: 'function', function: function_ })),
      },
      { role: 'tool', tool_call_id: '1', content: '{"content":"x"}' },
      { role: 'tool', tool_call_id: '2', content: 'plain' },
      {
        role: 'tool',
        tool_call_id: '3',
        content: '{"error":"denied","effect":"none","message":"The call is not permitted."}',
      },
    ]);
  });

  it.each<[string, unknown[]]>([
    ['an input that is not JSON', [functionCall('2', 'builtin__read_file', '{"path":')]],
    ['an input that is not an object', [functionCall('2', 'builtin__read_file', '"a.md"')]],
    ['an unknown tool', [functionCall('2', 'rm_rf', '{}')]],
    ['the id of another call', [functionCall('1', 'builtin__read_file', '{}')]],
    ['an id with a line break', [functionCall('a\nb', 'builtin__read_file', '{}')]],
    ['too many calls', Array.from({ length: 32 }, (_, at) => functionCall(`x${at}`, 'builtin__grep', '{}'))],
  ])('rejects the whole batch for %s', async (_name, more) => {
    const tool_calls = [functionCall('1', 'builtin__read_file', '{"path":"a.md"}'), ...more];
    const { outcome } = await ask((_, response) => sendJson(response, completion({ tool_calls }, 'tool_calls')));
    expect(outcome).toMatchObject({ kind: 'failed', errorKind: 'invalid_output' });
  });

  it('gives a call a new id where the server counts from zero in every answer', async () => {
    const call = { callId: 'call_0', capabilityId: readFile, input: {} };
    const messages: ModelMessage[] = [
      ...request.messages,
      { role: 'assistant', text: '', calls: [call] },
      result('call_0', { kind: 'completed', output: {} }),
    ];
    const tool_calls = [functionCall('call_0', 'builtin__grep', '{}')];
    const { outcome } = await ask((_, response) => sendJson(response, completion({ tool_calls }, 'tool_calls')), {
      request: { ...request, messages },
    });
    expect(outcome).toMatchObject({ kind: 'reply', calls: [{ callId: 'call_0~2' }] });
  });

  it.each<[string, unknown, string, boolean]>([
    ['content_filter', completion({ content: 'half' }, 'content_filter'), 'refused', false],
    ['a refusal', completion({ refusal: 'vendor words' }), 'refused', false],
    ['length', completion({ content: 'half' }, 'length'), 'output_truncated', false],
    ['nothing', completion({ content: '  ' }), 'invalid_output', true],
    ['more text than a transcript takes', completion({ content: 'x'.repeat(256 * 1024 + 1) }), 'invalid_output', true],
    ['no choices', { choices: [] }, 'invalid_output', true],
    ['another form', { vendor: 'vendor words' }, 'invalid_output', true],
    ['no JSON', 'vendor words', 'invalid_output', true],
    ['more than 8 MiB', ' '.repeat(8 * 1024 * 1024 + 1), 'invalid_output', false],
  ])('fails by its table when the answer is %s', async (_name, body, errorKind, retryable) => {
    const { outcome, requests } = await ask((_, response) => sendJson(response, body));
    expect(outcome).toMatchObject({ kind: 'failed', errorKind, retryable });
    expect(requests).toHaveLength(1);
  });

  it.each<[number, unknown, string, boolean]>([
    [401, error('invalid_api_key'), 'unauthorized', false],
    [403, error('forbidden'), 'unauthorized', false],
    [429, error('rate_limit_exceeded'), 'unavailable', true],
    [500, error('server_error'), 'unavailable', true],
    [503, 'vendor words, not JSON', 'unavailable', true],
    [404, error('model_not_found'), 'unavailable', false],
    [400, error('invalid_request_error'), 'unavailable', false],
    [400, error('context_length_exceeded'), 'context_overflow', false],
    [
      400,
      { error: { message: 'vendor words: the request exceeds the available context size' } },
      'context_overflow',
      false,
    ],
    [413, 'vendor words', 'context_overflow', false],
    [400, error('content_filter'), 'refused', false],
  ])('fails by its table for status %i, without trying again', async (status, body, errorKind, retryable) => {
    const { outcome, requests } = await ask((_, response) => sendJson(response, body, status));
    expect(outcome).toMatchObject({ kind: 'failed', errorKind, retryable });
    expect(requests).toHaveLength(1);
  });

  it('does not follow a redirect with the key', async () => {
    await using other = await startChatServer((_, response) => sendJson(response, completion({ content: 'Got it.' })));
    const { outcome } = await ask((_, response) => {
      response.writeHead(307, { location: `${other.endpoint}/chat/completions` }).end();
    });
    expect(outcome).toMatchObject({ kind: 'failed', errorKind: 'unavailable', retryable: false });
    expect(other.requests).toHaveLength(0);
  });

  it('is unavailable when the connection is refused or broken off', async () => {
    const server = await startChatServer(() => undefined);
    await server[Symbol.asyncDispose]();
    const model = aiSdkModel({ endpoint: server.endpoint, model: 'local-model', apiKey: key });
    const refused = await model.complete(request, { signal: new AbortController().signal });
    expectNoLeak(refused);
    expect(refused).toMatchObject({ errorKind: 'unavailable', retryable: true });
    const { outcome } = await ask((_, response) => response.destroy());
    expect(outcome).toMatchObject({ errorKind: 'unavailable', retryable: true });
  });

  it('is aborted by the signal, while it waits and before it begins', async () => {
    const controller = new AbortController();
    const { outcome } = await ask(() => controller.abort(), { signal: controller.signal });
    expect(outcome).toMatchObject({ errorKind: 'aborted', retryable: false });
    const half = new AbortController();
    const reading = await ask(
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{"choices":', () => half.abort());
      },
      { signal: half.signal },
    );
    expect(reading.outcome).toMatchObject({ errorKind: 'aborted' });
    const never = await ask(() => undefined, { signal: AbortSignal.abort() });
    expect(never.outcome).toMatchObject({ errorKind: 'aborted' });
    expect(never.requests).toHaveLength(0);
  });

  it('ends a slow answer at its own deadline, as something to try again', async () => {
    const { outcome } = await ask(() => undefined, { options: { timeoutMs: 50 } });
    expect(outcome).toMatchObject({ errorKind: 'unavailable', retryable: true });
  });
});

interface Asked {
  readonly options?: Partial<{ [Key in keyof AiSdkModelOptions]: AiSdkModelOptions[Key] | undefined }>;
  readonly request?: ModelRequest;
  readonly signal?: AbortSignal;
}

/** Starts a server, asks once, and looks for leaks in what failed. */
async function ask(
  answer: (request: ChatRequest, response: ServerResponse) => void,
  asked: Asked = {},
): Promise<{ outcome: ModelOutcome; requests: readonly ChatRequest[] }> {
  await using server = await startChatServer(answer);
  const { apiKey = key, ...options } = asked.options ?? {};
  const withKey = asked.options !== undefined && 'apiKey' in asked.options ? {} : { apiKey };
  const model = aiSdkModel({ endpoint: server.endpoint, model: 'local-model', ...withKey, ...defined(options) });
  const signal = asked.signal ?? new AbortController().signal;
  const outcome = await model.complete(asked.request ?? request, { signal });
  expectNoLeak(outcome);
  return { outcome, requests: server.requests };
}

function expectNoLeak(outcome: ModelOutcome): void {
  if (outcome.kind === 'reply') return;
  for (const sentinel of sentinels) expect(JSON.stringify(outcome)).not.toContain(sentinel);
}

function defined<T extends object>(options: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]: Exclude<T[Key], undefined> };
}

function result(callId: string, value: Extract<ModelMessage, { role: 'tool' }>['result']): ModelMessage {
  return { role: 'tool', callId, capabilityId: readFile, result: value };
}

function error(code: string): unknown {
  return { error: { message: `vendor words about ${key}`, type: 'vendor', code } };
}

function tool(id: string): ModelTool {
  const inputSchema = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
  return { capabilityId: capability(id), description: `Does ${id}.`, inputSchema };
}

function capability(id: string): ModelTool['capabilityId'] {
  return capabilityIdSchema.parse(id);
}
