/**
 * What a program said when it ended, as the outcome of a call. Whatever it said, there is one.
 *
 * Not here: running it (`process-lane.ts`).
 * Source: specification 2, b.6.
 */
import {
  boundedText,
  isFault,
  jsonValueSchema,
  parseJson,
  type JsonValue,
  type ProcessOutcome,
} from '@reborn/host-api';
import { z } from 'zod';
import type { Effect } from '../failure.ts';
import { FAILURE_MESSAGE_BYTES_MAX, PROGRAM_ANSWER_BYTES_MAX } from '../limits.ts';
import type { HandlerOutcome } from './handler.ts';

const answerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('completed'), output: jsonValueSchema }),
  z.strictObject({
    kind: z.literal('failed'),
    code: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
    message: boundedText(FAILURE_MESSAGE_BYTES_MAX),
    effect: z.enum(['none', 'happened', 'uncertain']),
  }),
]);

/** Closed: how a program fails that says nothing better. A program that began may have done anything. */
const PROGRAM_FAILURES = {
  no_sandbox: { effect: 'none', message: 'The program needs a sandbox, and this machine offers none.' },
  not_started: { effect: 'none', message: 'The program of the capability cannot be started here.' },
  secret_missing: { effect: 'none', message: 'A secret that the program needs was not lent to the call.' },
  exit_failure: { effect: 'uncertain', message: 'The program ended without an answer.' },
  invalid_answer: { effect: 'uncertain', message: 'The program gave an answer that does not have the required form.' },
  output_too_large: { effect: 'uncertain', message: 'The program wrote more than it may and was stopped.' },
  timed_out: { effect: 'uncertain', message: 'The program did not end in time and was stopped.' },
  cancelled: { effect: 'uncertain', message: 'The program was stopped before it ended.' },
} as const satisfies Readonly<Record<string, { readonly effect: Effect; readonly message: string }>>;
type ProgramFailure = keyof typeof PROGRAM_FAILURES;

/** `effect`: what is known of it, where that is better than what the code says. */
export function programFailure(
  code: ProgramFailure,
  effect: Effect = PROGRAM_FAILURES[code].effect,
): Extract<HandlerOutcome, { kind: 'failed' }> {
  return { kind: 'failed', code, message: PROGRAM_FAILURES[code].message, effect };
}

/** A valid answer counts whatever the exit code: the program knew what it had done when it gave it. */
export function toOutcome(ended: ProcessOutcome): HandlerOutcome {
  switch (ended.kind) {
    case 'not_started':
      return programFailure(ended.reason === 'no_sandbox' ? 'no_sandbox' : 'not_started');
    case 'killed':
      return programFailure(KILLED[ended.reason]);
    case 'exited': {
      if (ended.stdout.byteLength > PROGRAM_ANSWER_BYTES_MAX) return programFailure('output_too_large');
      const answer = answerSchema.safeParse(read(ended.stdout));
      if (answer.success) return answer.data;
      return programFailure(ended.exitCode === 0 ? 'invalid_answer' : 'exit_failure');
    }
  }
}

const KILLED = {
  timed_out: 'timed_out',
  aborted: 'cancelled',
  output_too_large: 'output_too_large',
  signal: 'exit_failure',
} as const satisfies Readonly<Record<Extract<ProcessOutcome, { kind: 'killed' }>['reason'], ProgramFailure>>;

/** `undefined` for what is not one JSON value in UTF-8. */
function read(bytes: Uint8Array): JsonValue | undefined {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
  try {
    return parseJson(text, 'answer', PROGRAM_ANSWER_BYTES_MAX);
  } catch (reason) {
    if (!isFault(reason)) throw reason;
    return undefined;
  }
}
