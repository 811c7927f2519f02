/**
 * Wrapping a function as a capability.
 *
 * Not here: what the door makes of it (`../invoke/`).
 */
import {
  capabilityDescriptorSchema,
  describeIssues,
  parseExtensionId,
  parseJsonValue,
  parseWith,
  type EffectKind,
  type JsonObject,
  type JsonValue,
  type PackageIdentity,
  type PermissionMode,
} from '@reborn/host-api';
import { z } from 'zod';
import { FAILURE_MESSAGE_BYTES_MAX } from '../limits.ts';
import type { CapabilityHandler, HandlerCall, HandlerOutcome, InputCheck } from './handler.ts';

/** A failure that the tool expects: throw it to tell the model what went wrong. `code` is a lower-case token. */
export class ToolFailure extends Error {
  override readonly name = 'ToolFailure';
  readonly code: string;
  readonly effect: 'none' | 'happened' | 'uncertain';
  constructor(code: string, message: string, effect: 'none' | 'happened' | 'uncertain' = 'none') {
    super(message);
    this.code = code;
    this.effect = effect;
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

function checkInput(schema: z.ZodType, input: JsonValue): InputCheck {
  const parsed = schema.safeParse(input);
  if (parsed.success) return { kind: 'valid', input: parseJsonValue(parsed.data, 'input') };
  const { field, rule } = describeIssues(parsed.error, 'input');
  return { kind: 'invalid', field: String(field), rule: String(rule) };
}

async function run<Schema extends z.ZodType>(definition: ToolDefinition<Schema>, call: HandlerCall): Promise<HandlerOutcome> {
  try {
    const output = await definition.run(definition.input.parse(call.input), call);
    return { kind: 'completed', output: parseJsonValue(output ?? null, 'output') };
  } catch (reason) {
    if (!(reason instanceof ToolFailure)) throw reason;
    const message = reason.message.slice(0, FAILURE_MESSAGE_BYTES_MAX / 4);
    return { kind: 'failed', code: reason.code, message, effect: reason.effect };
  }
}
