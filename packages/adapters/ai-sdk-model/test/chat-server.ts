/**
 * A small server on the loopback that speaks the OpenAI chat completions form, as far as a test tells it to.
 *
 * Not here: a model.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';

export interface ChatRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: {
    readonly model?: string;
    readonly messages?: readonly Readonly<Record<string, unknown>>[];
    readonly tools?: readonly { readonly function: { readonly name: string; readonly parameters: unknown } }[];
    readonly [key: string]: unknown;
  };
}

export interface ChatServer extends AsyncDisposable {
  readonly endpoint: string;
  readonly requests: readonly ChatRequest[];
}

/** `answer` gets each request; the socket of a request that is never answered is closed with the server. */
export async function startChatServer(
  answer: (request: ChatRequest, response: ServerResponse) => void,
): Promise<ChatServer> {
  const requests: ChatRequest[] = [];
  const server = createServer((incoming, response) => {
    void readBody(incoming).then((text) => {
      const request: ChatRequest = {
        path: incoming.url ?? '',
        authorization: incoming.headers.authorization,
        body: JSON.parse(text === '' ? '{}' : text),
      };
      requests.push(request);
      answer(request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}/v1`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** A completion with one choice. */
export function completion(message: Readonly<Record<string, unknown>>, finishReason = 'stop'): unknown {
  return {
    id: 'completion-1',
    object: 'chat.completion',
    created: 1,
    model: 'test',
    choices: [{ index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason: finishReason }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  };
}

export function functionCall(id: string, name: string, input: string): unknown {
  return { id, type: 'function', function: { name, arguments: input } };
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
