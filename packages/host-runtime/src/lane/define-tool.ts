/**
 * Wrapping a function as a capability.
 *
 * Not here: what the door makes of it (`../invoke/`).
 */
import {
  capabilityDescriptorSchema,
  describeIssues,
  jsonValueSchema,
  parseExtensionId,
  parseWith,
  toCanonicalJson,
  utf8Bytes,
  type CapabilityDescriptor,
  type EffectKind,
  type JsonObject,
  type JsonValue,
  type MountView,
  type PackageIdentity,
  type PermissionMode,
} from '@reborn/host-api';
import { z } from 'zod';
import { FAILURES } from '../failure.ts';
import { INPUT_BYTES_MAX } from '../limits.ts';
import type { CapabilityHandler, HandlerCall, HandlerOutcome, InputCheck, LaneKind } from './handler.ts';

const TOOL_FAILURE = Symbol.for('reborn.tool-failure');

/** A failure that the tool expects: throw it to tell the model what went wrong. `code` is a lower-case token. */
export class ToolFailure extends Error {
  override readonly name = 'ToolFailure';
  readonly code: string;
  readonly effect: 'none' | 'happened' | 'uncertain';
  /** Recognises by brand, so two copies of this package agree. */
  static is(value: unknown): value is ToolFailure {
    return typeof value === 'object' && value !== null && TOOL_FAILURE in value;
  }
  constructor(code: string, message: string, effect: 'none' | 'happened' | 'uncertain' = 'none') {
    super(message);
    this.code = code;
    this.effect = effect;
    Object.defineProperty(this, TOOL_FAILURE, { value: true });
  }
}

/**
 * `effects`: everything it may do to the world. `permission`: `ask` unless it only reads. `output` is published, not
 * checked. `prompt`: how a model uses it, where the description is too short for that. Units: `deadlineMs` milliseconds
 * (default 5 s), `inputBytesMax` and `outputBytesMax` UTF-8 bytes of JSON (default 6 MiB and 64 KiB).
 */
export interface ToolDefinition<Schema extends z.ZodType> {
  readonly id: string;
  readonly description: string;
  readonly prompt?: string;
  readonly input: Schema;
  readonly output?: z.ZodType;
  readonly effects: readonly EffectKind[];
  readonly permission?: PermissionMode;
  readonly deadlineMs?: number;
  readonly inputBytesMax?: number;
  readonly outputBytesMax?: number;
  readonly credentials?: CapabilityDescriptor['credentials'];
  readonly targets?: CapabilityDescriptor['targets'];
  readonly estimate?: CapabilityDescriptor['estimate'];
  readonly provider?: PackageIdentity;
  readonly lane?: LaneKind;
  readonly mounts?: MountView;
  run(input: z.output<Schema>, call: HandlerCall): Promise<JsonValue> | JsonValue;
}

/** A capability together with the document that the catalog publishes for it. */
export interface DefinedTool extends CapabilityHandler {
  readonly prompt?: string;
}

/** Errors: `host-api/invalid_value` naming the part of the definition that is wrong. */
export function defineTool<Schema extends z.ZodType>(definition: ToolDefinition<Schema>): DefinedTool {
  const providerId = parseExtensionId(definition.id.split('.').slice(0, -1).join('.'));
  const reads = definition.effects.every((effect) => effect === 'read_filesystem' || effect === 'use_secret');
  const descriptor = parseWith(
    capabilityDescriptorSchema,
    {
      id: definition.id,
      provider: providerId,
      description: definition.description,
      inputSchema: toPublishedSchema(definition.input, 'input'),
      effects: [...definition.effects].sort(),
      permission: definition.permission ?? (reads ? 'allow' : 'ask'),
      deadlineMs: definition.deadlineMs ?? 5_000,
      outputBytesMax: definition.outputBytesMax ?? 64 * 1024,
      ...(definition.output === undefined ? {} : { outputSchema: toPublishedSchema(definition.output, 'output') }),
      ...given(definition, ['credentials', 'targets', 'estimate']),
    },
    'tool',
  );
  return {
    descriptor,
    provider: definition.provider ?? { packageId: providerId, source: 'composed' },
    ...given(definition, ['prompt', 'lane', 'mounts']),
    checkInput: (input) => checkInput(definition, input),
    run: (call) => run(definition, call),
  };
}

/** The parts that are there: an absent one is not the same as one that is `undefined`. */
function given<T extends object, Key extends keyof T>(whole: T, keys: readonly Key[]): Pick<T, Key> {
  const present = keys.filter((key) => whole[key] !== undefined).map((key) => [key, whole[key]]);
  return Object.fromEntries(present) as Pick<T, Key>;
}

function toPublishedSchema(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io }) as JsonObject;
  return rest;
}

/**
 * The final input is what the schema makes of it, defaults and all, when the schema takes that again and leaves it as it
 * is. For other schemas (one that turns text into a date) it is what was sent, and the tool alone sees the result.
 */
function checkInput(definition: ToolDefinition<z.ZodType>, input: JsonValue): InputCheck {
  const { input: schema, inputBytesMax = INPUT_BYTES_MAX } = definition;
  if (inputBytesMax < INPUT_BYTES_MAX && utf8Bytes(JSON.stringify(input)) > inputBytesMax)
    return { kind: 'invalid', field: 'input', rule: `must be at most ${inputBytesMax} bytes` };
  const parsed = schema.safeParse(input);
  if (!parsed.success) {
    const { field, rule } = describeIssues(parsed.error, 'input');
    return { kind: 'invalid', field: String(field), rule: String(rule) };
  }
  const again = isJson(parsed.data) ? schema.safeParse(parsed.data) : undefined;
  const stays =
    again?.success === true &&
    isJson(again.data) &&
    toCanonicalJson(again.data) === toCanonicalJson(parsed.data as JsonValue);
  return { kind: 'valid', input: stays ? (parsed.data as JsonValue) : input };
}

function isJson(value: unknown): value is JsonValue {
  return jsonValueSchema.safeParse(value).success;
}

async function run<Schema extends z.ZodType>(
  definition: ToolDefinition<Schema>,
  call: HandlerCall,
): Promise<HandlerOutcome> {
  const input = definition.input.safeParse(call.input);
  if (!input.success)
    return { kind: 'failed', code: 'invalid_input', message: FAILURES.invalid_input.message, effect: 'none' };
  try {
    const output = await definition.run(input.data, call);
    return { kind: 'completed', output: output ?? null };
  } catch (reason) {
    if (!ToolFailure.is(reason)) throw reason;
    const { code, message, effect } = reason;
    return { kind: 'failed', code, message, effect };
  }
}
