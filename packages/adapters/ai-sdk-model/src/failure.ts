/**
 * The one table of what can go wrong with a request to a model, each row with fixed words: no text, address, header or
 * key of a vendor gets into an outcome.
 *
 * Not here: answers that arrived (`reply.ts`), trying again (the gateway in `@reborn/reborn`).
 */
import type { ModelErrorKind, ModelOutcome } from '@reborn/turns/loop';

interface FailureRow {
  readonly errorKind: ModelErrorKind;
  readonly retryable: boolean;
  readonly explanation: string;
}

const FAILURES = {
  aborted: { errorKind: 'aborted', retryable: false, explanation: 'The request to the model was cancelled.' },
  timed_out: { errorKind: 'unavailable', retryable: true, explanation: 'The model did not answer in time.' },
  unreachable: { errorKind: 'unavailable', retryable: true, explanation: 'The model endpoint cannot be reached.' },
  rate_limited: {
    errorKind: 'unavailable',
    retryable: true,
    explanation: 'The model endpoint takes no more requests for the moment.',
  },
  server_error: {
    errorKind: 'unavailable',
    retryable: true,
    explanation: 'The model endpoint reported an error of its own.',
  },
  unauthorized: {
    errorKind: 'unauthorized',
    retryable: false,
    explanation: 'The model endpoint does not accept the API key.',
  },
  not_found: {
    errorKind: 'unavailable',
    retryable: false,
    explanation: 'The model endpoint does not know this address or this model; check both.',
  },
  not_accepted: {
    errorKind: 'unavailable',
    retryable: false,
    explanation: 'The model endpoint does not accept the request; check that it is OpenAI-compatible and takes tools.',
  },
  redirected: {
    errorKind: 'unavailable',
    retryable: false,
    explanation: 'The model endpoint points elsewhere, and redirects are not followed; configure the final address.',
  },
  context_overflow: {
    errorKind: 'context_overflow',
    retryable: false,
    explanation: 'The conversation is longer than the model can take.',
  },
  refused: { errorKind: 'refused', retryable: false, explanation: 'The model or its filter declined to answer.' },
  output_truncated: {
    errorKind: 'output_truncated',
    retryable: false,
    explanation: 'The answer of the model was cut at its length limit.',
  },
  invalid_response: {
    errorKind: 'invalid_output',
    retryable: true,
    explanation: 'The model endpoint answered in a form that is not a chat completion.',
  },
  response_too_large: {
    errorKind: 'invalid_output',
    retryable: false,
    explanation: 'The answer of the model endpoint was larger than allowed.',
  },
  unknown_tool: {
    errorKind: 'invalid_output',
    retryable: true,
    explanation: 'The model called a tool that it was not offered; nothing of the answer was used.',
  },
  invalid_tool_input: {
    errorKind: 'invalid_output',
    retryable: true,
    explanation: 'The model gave a tool an input that is not a JSON object; nothing of the answer was used.',
  },
  invalid_call_id: {
    errorKind: 'invalid_output',
    retryable: true,
    explanation: 'The model named its calls in a way that cannot be kept apart; nothing of the answer was used.',
  },
  too_many_calls: {
    errorKind: 'invalid_output',
    retryable: true,
    explanation: 'The model made more calls at once than allowed; nothing of the answer was used.',
  },
  reply_too_long: { errorKind: 'invalid_output', retryable: true, explanation: 'The model said more than allowed.' },
  empty_reply: { errorKind: 'invalid_output', retryable: true, explanation: 'The model said nothing.' },
  not_sent: { errorKind: 'unavailable', retryable: false, explanation: 'The request could not be put to the model.' },
} as const satisfies Readonly<Record<string, FailureRow>>;
export type FailureCause = keyof typeof FAILURES;

export function failureOf(cause: FailureCause): ModelOutcome {
  return { kind: 'failed', ...FAILURES[cause] };
}

/** What is known of a failed request. `code` and `message` are a vendor's: compared, never shown. */
export interface VendorFailure {
  readonly status: number | undefined;
  readonly code: string;
  readonly message: string;
}

/** The row for an HTTP status other than 2xx, or for none: the endpoint was not reached. */
export function causeOfStatus({ status, code, message }: VendorFailure): FailureCause {
  if (status === undefined) return 'unreachable';
  if (status >= 200 && status < 300) return 'invalid_response';
  if (status >= 300 && status < 400) return 'redirected';
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 408 || status === 409 || status === 425) return 'server_error';
  if (status === 413 || isContextOverflow(code, message)) return 'context_overflow';
  if (status === 429) return 'rate_limited';
  if (status >= 500) return 'server_error';
  if (/^content_?(?:filter|policy)/i.test(code)) return 'refused';
  return status === 404 ? 'not_found' : 'not_accepted';
}

/** The code of the OpenAI form, and the words of common servers that send no code. */
function isContextOverflow(code: string, message: string): boolean {
  if (/^(?:context_length_exceeded|exceed_context_size_error)$/i.test(code)) return true;
  return /context (?:length|size|window)|prompt is too long|too many tokens/i.test(message.slice(0, 4096));
}
