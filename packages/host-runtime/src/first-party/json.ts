/**
 * `builtin.json`: reading, writing and looking into JSON.
 *
 * Not here: paths (`json-path.ts`).
 * Source: specification 2, d.
 */
import {
  boundedText,
  HostApiError,
  isJsonObject,
  jsonValueSchema,
  parseJson,
  parseJsonValue,
  toCanonicalJson,
  type JsonObject,
  type JsonValue,
} from '@reborn/host-api';
import { z } from 'zod';
import { ToolFailure, type DefinedTool } from '../lane/define-tool.ts';
import { CONTENT_DEPTH_MAX } from '../limits.ts';
import { defineBuiltin } from './builtin.ts';
import { parseJsonPath, valueAt } from './json-path.ts';
import { JSON_PATH_BYTES_MAX, TOOL_INPUT_BYTES_MAX } from './limits.ts';

const PROMPT = `Reads, writes and looks into JSON.

parse turns text into a value, stringify a value into text, validate says whether text is JSON and what is wrong with it. query returns the value at \`path\`: names joined by dots, with [n] for the items of a list counted from 0, such as notes[0].title; \`data\` is the value, or its JSON as text.

\`data\` is the data itself. References to the result of another call are not resolved here. Whole numbers beyond 2^53 cannot be held exactly and are refused.`;

/** An answer holds the value as a member. */
const VALUE_DEPTH_MAX = CONTENT_DEPTH_MAX - 1;
/** How some agents point at the result of an earlier call, which this tool cannot look up. */
const REFERENCE = 'source_tool_call_id';

const inputSchema = z.strictObject({
  operation: z.enum(['parse', 'stringify', 'query', 'validate']),
  data: z
    .unknown()
    .pipe(jsonValueSchema.refine((data) => !isReference(data), 'must be the data itself, not a reference to a call'))
    .describe('The text, or the value.'),
  path: boundedText(JSON_PATH_BYTES_MAX).default('').describe('For query: where to look, such as notes[0].title.'),
});

const outputSchema = z.strictObject({
  value: z.unknown().optional(),
  text: z.string().optional(),
  valid: z.boolean().optional(),
  problem: z.string().optional(),
});

export function createJson(): DefinedTool {
  return defineBuiltin({
    id: 'builtin.json',
    description:
      'Reads JSON text (parse), writes a value as JSON text (stringify), checks text (validate), or returns the value ' +
      'at a path such as notes[0].title (query).',
    prompt: PROMPT,
    input: inputSchema,
    output: outputSchema,
    effects: [],
    run: (input) => toAnswer(input),
  });
}

function toAnswer({ operation, data, path }: z.output<typeof inputSchema>): JsonObject {
  switch (operation) {
    case 'parse':
      if (typeof data !== 'string') throw new ToolFailure('not_text', 'Only text can be parsed.');
      return { value: readOrFail(data) };
    case 'stringify':
      return { text: JSON.stringify(data) };
    case 'query':
      return { value: find(typeof data === 'string' ? readOrFail(data) : data, path) };
    case 'validate': {
      const problem = typeof data === 'string' ? read(data).problem : undefined;
      return problem === undefined ? { valid: true } : { valid: false, problem };
    }
  }
}

function find(value: JsonValue, text: string): JsonValue {
  const path = parseJsonPath(text);
  if (path === undefined) throw new ToolFailure('invalid_path', 'The path is not names joined by dots, with [n].');
  const found = valueAt(value, path);
  if (found === undefined) throw new ToolFailure('path_not_found', 'There is nothing at this path.');
  return found;
}

function readOrFail(text: string): JsonValue {
  const { value, problem } = read(text);
  if (value === undefined) throw new ToolFailure('invalid_json', `The text ${problem}.`);
  return value;
}

/** `problem`: the rule that the text breaks, without anything of the text. */
function read(text: string): { readonly value?: JsonValue; readonly problem?: string } {
  try {
    const value = parseJson(text, 'data', TOOL_INPUT_BYTES_MAX);
    parseJsonValue(value, 'data', VALUE_DEPTH_MAX);
    toCanonicalJson(value);
    return { value };
  } catch (reason) {
    if (!HostApiError.is(reason)) throw reason;
    return { problem: String(reason.detail['rule']) };
  }
}

function isReference(data: JsonValue): boolean {
  return isJsonObject(data) && REFERENCE in data;
}
