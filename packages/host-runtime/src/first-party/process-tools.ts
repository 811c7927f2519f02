/**
 * `builtin.process_await`, `builtin.process_read`, `builtin.process_end`: what a model does with a process that it was
 * given the id of.
 *
 * Not here: beginning one (`spawnCapability` of the door), other people's processes (there are none: `../process/`).
 * Source: specification 2, b.9; rulings, section 2.
 */
import { jsonValueSchema, OUTPUT_BYTES_MAX, processIdSchema, type JsonObject } from '@reborn/host-api';
import { z } from 'zod';
import { defineTool, ToolFailure } from '../lane/define-tool.ts';
import type { CapabilityHandler } from '../lane/handler.ts';
import type { ProcessView } from '../process/process.ts';
import type { ProcessHost } from '../process/process-host.ts';
import { BUILTIN } from './builtin.ts';
import {
  PROCESS_CALL_MS,
  PROCESS_OUTPUT_SHOWN_BYTES_MAX,
  PROCESS_WAIT_S_DEFAULT,
  PROCESS_WAIT_S_MAX,
} from './limits.ts';

const processId = processIdSchema.describe('The id that was given when the process began.');

const awaitSchema = z.strictObject({
  process_id: processId,
  wait_seconds: z
    .int()
    .min(0)
    .max(PROCESS_WAIT_S_MAX)
    .default(PROCESS_WAIT_S_DEFAULT)
    .describe('How long to wait for its end; 0 only looks.'),
});
const readSchema = z.strictObject({
  process_id: processId,
  after: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0).describe('`next` of the last reading, to go on there.'),
});
const endSchema = z.strictObject({ process_id: processId });

/** Each works in exactly the scope of its call: a process of another scope is as one that never was. */
export function createProcessTools(processes: ProcessHost): readonly CapabilityHandler[] {
  return [createAwait(processes), createRead(processes), createEnd(processes)];
}

function createAwait(processes: ProcessHost): CapabilityHandler {
  return defineTool({
    id: 'builtin.process_await',
    description:
      'Waits for a process to end and returns its status and, when it has ended, what came of it. ' +
      'The status is running (the time was over first), completed, failed, cancelled or lost (its host stopped; the ' +
      'work may or may not have been done).',
    input: awaitSchema,
    effects: [],
    deadlineMs: PROCESS_WAIT_S_MAX * 1000 + PROCESS_CALL_MS,
    outputBytesMax: OUTPUT_BYTES_MAX,
    provider: BUILTIN,
    run: async ({ process_id, wait_seconds }, { scope, signal }) => {
      const found = await processes.await(scope, process_id, { timeoutMs: wait_seconds * 1000, signal });
      if (found.kind === 'unknown') throw unknownProcess();
      return toFacts(found.process);
    },
  });
}

function createRead(processes: ProcessHost): CapabilityHandler {
  return defineTool({
    id: 'builtin.process_read',
    description:
      'Returns what a process has shown so far: the last 64 KiB. Pass `next` as `after` to read on from there; a larger ' +
      '`from` than you asked for means that the text between is gone. `source` is live, stored (it has ended), or ' +
      'elsewhere (another host carries it on; its text comes with its end).',
    input: readSchema,
    effects: [],
    deadlineMs: PROCESS_CALL_MS,
    outputBytesMax: OUTPUT_BYTES_MAX,
    provider: BUILTIN,
    run: async ({ process_id, after }, { scope }) => {
      const found = await processes.read(scope, process_id, { after });
      if (found.kind === 'unknown') throw unknownProcess();
      const { status, source, text, from, next } = found;
      return { process_id, status, source, text, from, next };
    },
  });
}

/**
 * Without effects: it only takes work back that was begun under an authority of its own, may be repeated at will, and
 * what it does is journaled with the end of the process. Nobody is asked before something stops.
 */
function createEnd(processes: ProcessHost): CapabilityHandler {
  return defineTool({
    id: 'builtin.process_end',
    description:
      'Tells a process to stop. `outcome` is ending (it will end as cancelled; what it did until then stays done) or ' +
      'already_ended. To see what came of it, wait for it with process_await.',
    input: endSchema,
    effects: [],
    deadlineMs: PROCESS_CALL_MS,
    provider: BUILTIN,
    run: async ({ process_id }, { scope }) => {
      const found = await processes.end(scope, process_id, 'tool_requested');
      switch (found.kind) {
        case 'unknown':
          throw unknownProcess();
        case 'ending':
          return { process_id, outcome: 'ending', status: 'running' };
        case 'already_terminal':
          return { process_id, outcome: 'already_ended', status: found.status };
      }
    },
  });
}

function unknownProcess(): ToolFailure {
  return new ToolFailure('unknown_process', 'There is no such process here.');
}

function toFacts(process: ProcessView): JsonObject {
  const { startedAtMs, endedAtMs, cancelReason, result } = process;
  return {
    process_id: process.processId,
    capability: process.capabilityId,
    status: process.status,
    ...(endedAtMs === undefined ? {} : { duration_ms: Math.max(0, endedAtMs - startedAtMs) }),
    ...(cancelReason === undefined ? {} : { cancel_reason: cancelReason }),
    ...(result === undefined ? {} : { result: toResultFacts(result) }),
  };
}

function toResultFacts(result: NonNullable<ProcessView['result']>): JsonObject {
  if (result.kind === 'failed') {
    const { kind, errorKind, message, effect } = result;
    return { kind, error_kind: errorKind, message, effect };
  }
  const { kind, output, outputBytes } = result;
  const shown = { kind, output, output_bytes: outputBytes };
  // What is as deep as JSON may be has no room in an answer about it.
  const fits = outputBytes <= PROCESS_OUTPUT_SHOWN_BYTES_MAX && jsonValueSchema.safeParse({ result: shown }).success;
  return fits
    ? shown
    : { ...shown, output: null, withheld: 'The output is too large or too deeply nested to be shown.' };
}
