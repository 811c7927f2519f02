/**
 * A small server on the loopback that speaks the OpenAI chat completions form: it lists the folder, writes a digest, and
 * says that it is done, by how often the assistant spoke in the conversation that it is sent.
 *
 * Not here: a model.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface ModelRequest {
  readonly authorization: string | undefined;
  readonly model: string;
  /** How many messages of the assistant it holds. */
  readonly spoken: number;
  readonly text: string;
}

export interface ModelServer extends AsyncDisposable {
  readonly endpoint: string;
  readonly requests: readonly ModelRequest[];
  /** Resolves with the next request. */
  asked(): Promise<ModelRequest>;
}

export type Answer = (response: ServerResponse, request: ModelRequest, number: number) => void;

/** `answer` gets each request with its number, from 1; the socket of one that is never answered ends with the server. */
export async function startModelServer(answer: Answer = converse()): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const waiting: ((request: ModelRequest) => void)[] = [];
  const server = createServer((incoming, response) => {
    void readRequest(incoming).then((request) => {
      requests.push(request);
      for (const tell of waiting.splice(0)) tell(request);
      answer(response, request, requests.length);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}/v1`,
    requests,
    asked: () => new Promise((resolve) => void waiting.push(resolve)),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export const DIGEST = { path: 'digests/live.md', content: '# Live\n\n- [ ] one\n' };

/** The whole conversation, each step by the number of those before it. */
export function converse(): Answer {
  return (response, { spoken }) => {
    if (spoken === 0) call(response, 'builtin__list_dir', JSON.stringify({ path: '.' }), 'I look.');
    else if (spoken === 1) call(response, 'builtin__write_file', JSON.stringify(DIGEST), 'Now the digest.');
    else send(response, completion({ content: 'The digest is written.' }, 'stop'));
  };
}

/** `input` as it stands on the wire: text that should be JSON. */
export function call(response: ServerResponse, name: string, input: string, content = ''): void {
  const tool_calls = [{ id: 'call_0', type: 'function', function: { name, arguments: input } }];
  send(response, completion({ content, tool_calls }, 'tool_calls'));
}

export function send(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function completion(message: object, finish_reason: string): unknown {
  return {
    id: 'completion-1',
    object: 'chat.completion',
    created: 1,
    model: 'fake',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  };
}

async function readRequest(incoming: IncomingMessage): Promise<ModelRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString('utf8');
  const body = JSON.parse(text) as { readonly model: string; readonly messages: readonly { readonly role: string }[] };
  return {
    authorization: incoming.headers.authorization,
    model: body.model,
    spoken: body.messages.filter(({ role }) => role === 'assistant').length,
    text,
  };
}
