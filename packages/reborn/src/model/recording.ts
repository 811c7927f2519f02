/**
 * A recorded conversation with a model, as a file: what the model says and calls, step by step, and what it expects.
 *
 * Not here: one step of it (`recording-step.ts`), whether its parts fit together (`recording-check.ts`), playing it
 * (`replay-model.ts`).
 */
import { boundedLine, boundedText, jsonObjectSchema, parseJson, parseWith } from '@reborn/host-api';
import { z } from 'zod';
import { checkSteps } from './recording-check.ts';
import { parseRecordedStep, type RecordedStep } from './recording-step.ts';

/** A recording is read by people; a larger one is a log. Units: UTF-8 bytes. */
const RECORDING_BYTES_MAX = 1024 * 1024;
const STEPS_MAX = 200;
const TITLE_BYTES_MAX = 120;
const USER_BYTES_MAX = 64 * 1024;

const recordingSchema = z.strictObject({
  version: z.literal(1),
  title: boundedLine(TITLE_BYTES_MAX),
  user: boundedText(USER_BYTES_MAX).min(1).nullable(),
  steps: z.array(jsonObjectSchema).min(1).max(STEPS_MAX),
});

/** `user`: the message that it answers; null answers any. The last step is a reply. */
export interface Recording {
  readonly title: string;
  readonly user: string | null;
  readonly steps: readonly RecordedStep[];
}

/**
 * Reads a recording.
 * Errors: `host-api/invalid_json` for text that is not JSON of at most 1 MiB; `host-api/invalid_value` naming step, field
 * and rule for everything else.
 */
export function parseRecording(text: string): Recording {
  const value = parseJson(text, 'recording', RECORDING_BYTES_MAX);
  const { title, user, steps } = parseWith(recordingSchema, value, 'recording');
  const parsed = steps.map(parseRecordedStep);
  checkSteps(parsed);
  return { title, user, steps: parsed };
}
