/**
 * `builtin.http`: one request to a host, and its answer.
 *
 * It takes no credentials: a capability has those that it declares, and this one cannot know them. A tool that needs one
 * declares it and calls the same way out.
 *
 * Not here: which hosts may be reached, what is taken out of an answer (`../egress/`).
 * Source: specification 2, d and f.2-17.
 */
import {
  boundedText,
  utf8Bytes,
  type HttpEgressRequest,
  type HttpEgressResponse,
  type JsonObject,
} from '@reborn/host-api';
import { z } from 'zod';
import type { DefinedTool } from '../lane/define-tool.ts';
import type { HandlerCall } from '../lane/handler.ts';
import {
  EGRESS_HEADER_NAME_BYTES_MAX,
  EGRESS_HEADER_VALUE_BYTES_MAX,
  EGRESS_HEADERS_MAX,
  EGRESS_TIMEOUT_MS,
  EGRESS_TIMEOUT_MS_MAX,
  EGRESS_URL_BYTES_MAX,
} from '../limits.ts';
import { fromBase64, toBase64 } from '../secret/base64.ts';
import { defineBuiltin } from './builtin.ts';
import { egressFailure, noNetworkFailure } from './http-failure.ts';
import {
  HTTP_BODY_BYTES_MAX,
  HTTP_DEADLINE_MS,
  HTTP_ESTIMATE_EGRESS_BYTES,
  HTTP_PAYLOAD_BYTES_MAX,
  HTTP_RESPONSE_BYTES_DEFAULT,
  HTTP_RESPONSE_BYTES_MAX,
  TOOL_ESTIMATE_MS,
  TOOL_ESTIMATE_OUTPUT_BYTES,
} from './limits.ts';

const PROMPT = `Sends one HTTP request and returns the answer, whatever its status.

Only hosts that the call may talk to are reached, and never addresses of private networks unless the operator opened them. Redirects are answers: look at \`headers.location\` and make a new request if you want to follow. Never put keys, tokens or passwords into the address, the headers or the body: the request is refused. Host, length, connection and encoding headers are set by the host.

\`body\` is text, or JSON that is written out for you with its content-type; \`body_base64\` is for bytes. The answer has \`body_text\` where it is text and \`body_base64\` otherwise. \`redacted\` says that secrets were taken out of it. After a failure of anything but GET and HEAD, \`effect\` in the outcome says whether the other side may have acted: do not repeat such a request blindly.`;

const headerName = z.string().min(1).max(EGRESS_HEADER_NAME_BYTES_MAX);
const headerValue = z
  .string()
  .max(EGRESS_HEADER_VALUE_BYTES_MAX)
  .regex(/^[^\r\n\0]*$/, 'must be one line');

const inputSchema = z
  .strictObject({
    url: z.string().min(1).max(EGRESS_URL_BYTES_MAX).describe('The whole address, with http:// or https://.'),
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']).default('GET'),
    headers: z
      .union([
        z.record(headerName, headerValue),
        z.array(z.strictObject({ name: headerName, value: headerValue })).max(EGRESS_HEADERS_MAX),
      ])
      .default({})
      .refine((headers) => Object.keys(headers).length <= EGRESS_HEADERS_MAX, `must be at most ${EGRESS_HEADERS_MAX}`)
      .describe('By name, or a list of names and values where one stands twice.'),
    body: z
      .union([boundedText(HTTP_BODY_BYTES_MAX), z.record(z.string(), z.unknown()), z.array(z.unknown())])
      .refine((body) => utf8Bytes(textOf(body)) <= HTTP_BODY_BYTES_MAX, `must be at most ${HTTP_BODY_BYTES_MAX} bytes`)
      .optional()
      .describe('Text, or a JSON object or array.'),
    body_base64: z
      .base64()
      .max(Math.ceil(HTTP_BODY_BYTES_MAX / 3) * 4)
      .optional()
      .describe('Bytes, instead of a body.'),
    timeout_ms: z.int().min(1).max(EGRESS_TIMEOUT_MS_MAX).default(EGRESS_TIMEOUT_MS),
    response_body_limit: z
      .int()
      .min(0)
      .max(HTTP_RESPONSE_BYTES_MAX)
      .default(HTTP_RESPONSE_BYTES_DEFAULT)
      .describe('Bytes of the answer; a longer one is a failure.'),
  })
  .refine((input) => input.body === undefined || input.body_base64 === undefined, {
    path: ['body_base64'],
    message: 'must not stand beside a body',
  });
type HttpInput = z.output<typeof inputSchema>;

const outputSchema = z.strictObject({
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body_text: z.string().optional(),
  body_base64: z.string().optional(),
  request_bytes: z.int(),
  response_bytes: z.int(),
  redacted: z.boolean(),
});

export function createHttpTool(): DefinedTool {
  return defineBuiltin({
    id: 'builtin.http',
    description:
      'Sends one HTTP request to a host on the network and returns status, headers and body. Redirects are returned, ' +
      'not followed. Credentials must not stand in the request. Only hosts that are open to this call can be reached.',
    prompt: PROMPT,
    input: inputSchema,
    output: outputSchema,
    effects: ['network'],
    permission: 'ask',
    deadlineMs: HTTP_DEADLINE_MS,
    estimate: {
      wallClockMs: TOOL_ESTIMATE_MS,
      outputBytes: TOOL_ESTIMATE_OUTPUT_BYTES,
      egressBytes: HTTP_ESTIMATE_EGRESS_BYTES,
    },
    run: sendRequest,
  });
}

/** Any status is an answer, 401 too: whether a credential is missing is known by whoever declares one. */
async function sendRequest(input: HttpInput, { http }: HandlerCall): Promise<JsonObject> {
  if (http === undefined) throw noNetworkFailure();
  const outcome = await http.request(toRequest(input));
  if (outcome.kind === 'failed') throw egressFailure(outcome, input.method);
  return toOutput(outcome.response);
}

function toRequest(input: HttpInput): HttpEgressRequest {
  const { url, method, timeout_ms: timeoutMs, response_body_limit: responseBytesMax } = input;
  const given = Array.isArray(input.headers)
    ? input.headers.map(({ name, value }) => [name, value] as const)
    : Object.entries(input.headers);
  const isJson = input.body !== undefined && typeof input.body !== 'string';
  const isTyped = given.some(([name]) => name.toLowerCase() === 'content-type');
  const headers = isJson && !isTyped ? [...given, ['content-type', 'application/json'] as const] : given;
  const body = toBody(input);
  return { url, method, headers, timeoutMs, responseBytesMax, ...(body === undefined ? {} : { body }) };
}

function toBody(input: HttpInput): Uint8Array | undefined {
  if (input.body_base64 !== undefined) return fromBase64(input.body_base64);
  return input.body === undefined ? undefined : new TextEncoder().encode(textOf(input.body));
}

function textOf(body: string | object): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function toOutput(response: HttpEgressResponse): JsonObject {
  const text = readText(response.body);
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    ...(text === undefined ? { body_base64: toBase64(response.body) } : { body_text: text }),
    request_bytes: response.requestBytes,
    response_bytes: response.responseBytes,
    redacted: response.redacted,
  };
}

/** Text that would be too long with its escapes goes out as bytes do. */
function readText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return utf8Bytes(JSON.stringify(text)) <= HTTP_PAYLOAD_BYTES_MAX ? text : undefined;
  } catch {
    return undefined;
  }
}
