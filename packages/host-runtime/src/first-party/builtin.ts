/**
 * What the tools that come with the host have in common.
 *
 * Not here: how far they are trusted (the host's trust policy), a path's place (`placed-path.ts`).
 * Source: specification 2, d.
 */
import { parseExtensionId, PATH_BYTES_MAX, type PackageIdentity } from '@reborn/host-api';
import { z } from 'zod';
import { defineTool, type DefinedTool, type ToolDefinition } from '../lane/define-tool.ts';
import { TOOL_ESTIMATE_MS, TOOL_ESTIMATE_OUTPUT_BYTES, TOOL_INPUT_BYTES_MAX, TOOL_OUTPUT_BYTES_MAX } from './limits.ts';

/** The package of these tools: part of the host itself. */
export const BUILTIN: PackageIdentity = { packageId: parseExtensionId('builtin'), source: 'bundled' };

/** A path as a model writes it; what it may name is decided where it is placed. */
export const toolPathSchema = z.string().max(PATH_BYTES_MAX);

/** Every built-in tool publishes a document and the form of its answer. */
type BuiltinDefinition<Schema extends z.ZodType> = Omit<ToolDefinition<Schema>, 'provider'> &
  Required<Pick<ToolDefinition<Schema>, 'prompt' | 'output'>>;

/** A tool of the package `builtin`, with the bounds that its own definition does not set. Nobody is asked for its sake. */
export function defineBuiltin<Schema extends z.ZodType>(definition: BuiltinDefinition<Schema>): DefinedTool {
  return defineTool({
    permission: 'allow',
    inputBytesMax: TOOL_INPUT_BYTES_MAX,
    outputBytesMax: TOOL_OUTPUT_BYTES_MAX,
    estimate: { wallClockMs: TOOL_ESTIMATE_MS, outputBytes: TOOL_ESTIMATE_OUTPUT_BYTES },
    ...definition,
    provider: BUILTIN,
  });
}
