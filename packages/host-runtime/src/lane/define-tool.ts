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
  type EffectKind,
  type JsonObject,
  type JsonValue,
  type PackageIdentity,
  type PermissionMode,
} from '@reborn/host-api';
import { z } from 'zod';
import { FAILURES } from '../failure.ts';
import type { CapabilityHandler, HandlerCall, HandlerOutcome, InputCheck } from './handler.ts';

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
 * `effects`: everything it may do to the world. `permission`: `ask` unless it only reads. Units: `deadlineMs`
 * milliseconds (default 5 s), `outputBytesMax` UTF-8 bytes (default 64 KiB).
 */
export interface ToolDefinition<Schema extends z.ZodType> {
  readonly id: string;
  readonly description: string;
  readonly input: Schema;
  readonly effects: readonly EffectKind[];
  readonly permission?: PermissionMode;
  readonly deadlineMs?: number;
  readonly outputBytesMax?: number;
  readonly provider?: PackageIdentity;
  run(input: z.output<Schema>, call: HandlerCall): Promise<JsonValue> | JsonValue;
}

/** Errors: `host-api/invalid_value` naming the part of the definition that is wrong. */
export function defineTool<Schema extends z.ZodType>(definition: ToolDefinition<Schema>): CapabilityHandler {
  const providerId = parseExtensionId(definition.id.split('.').slice(0, -1).join('.'));
  const reads = definition.effects.every((effect) => effect === 'read_filesystem' || effect === 'use_secret');
  const descriptor = parseWith(
    capabilityDescriptorSchema,
    {
      id: definition.id,
      provider: providerId,
      description: definition.description,
      inputSchema: toInputSchema(definition.input),
      effects: [...definition.effects].sort(),
      permission: definition.permission ?? (reads ? 'allow' : 'ask'),
      deadlineMs: definition.deadlineMs ?? 5_000,
      outputBytesMax: definition.outputBytesMax ?? 64 * 1024,
    },
    'tool',
  );
  return {
    descriptor,
    provider: definition.provider ?? { packageId: providerId, source: 'composed' },
    checkInput: (input) => checkInput(definition.input, input),
    run: (call) => run(definition, call),
  };
}

function toInputSchema(schema: z.ZodType): JsonObject {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' }) as JsonObject;
  return rest;
}

/**
 * The final input is what the schema makes of it, defaults and all, when the schema takes that again and leaves it as it
 * is. For other schemas (one that turns text into a date) it is what was sent, and the tool alone sees the result.
 */
function checkInput(schema: z.ZodType, input: JsonValue): InputCheck {
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
