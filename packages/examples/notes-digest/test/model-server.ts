/**
 * A small server on the loopback that speaks the OpenAI chat completions form: it lists, writes, and says that it is
 * done, by how often the assistant spoke in the conversation that it is sent.
 *
 * Not here: a model.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';

export interface ModelServer extends AsyncDisposable {
  readonly endpoint: string;
  /** For each request, how many messages of the assistant it held. */
  readonly spoken: readonly number[];
  readonly keys: readonly (string | undefined)[];
}

const STEPS = [
  { content: 'I look.', tool: 'builtin__list_dir', input: { path: '.' } },
  {
    content: 'Now the digest.',
    tool: 'builtin__write_file',
    input: { path: 'digests/live.md', content: '# Live\n\n- [ ] one\n' },
  },
];

export async function startModelServer(): Promise<ModelServer> {
  const spoken: number[] = [];
  const keys: (string | undefined)[] = [];
  const server = createServer((incoming, response) => {
    void countSpoken(incoming).then((count) => {
      spoken.push(count);
      keys.push(incoming.headers.authorization);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(completion(count)));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}/v1`,
    spoken,
    keys,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function completion(count: number): unknown {
  const step = STEPS[count];
  const message =
    step === undefined
      ? { content: 'The digest is written.' }
      : {
          content: step.content,
          tool_calls: [
            { id: 'call_0', type: 'function', function: { name: step.tool, arguments: JSON.stringify(step.input) } },
          ],
        };
  return {
    id: 'completion-1',
    object: 'chat.completion',
    created: 1,
    model: 'fake',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', ...message },
        finish_reason: step === undefined ? 'stop' : 'tool_calls',
      },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  };
}

async function countSpoken(incoming: IncomingMessage): Promise<number> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const { messages } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
    readonly messages: readonly { readonly role: string }[];
  };
  return messages.filter(({ role }) => role === 'assistant').length;
}
