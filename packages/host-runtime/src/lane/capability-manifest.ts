/**
 * The part `capabilities` of an extension's manifest: what the package offers, and what runs it.
 *
 * Not here: the envelope (`@reborn/host-api`), loading packages and making handlers of what they declare
 * (`@reborn/reborn`), running them (`process-lane.ts`).
 * Source: specification 2, a.5 and b.11; rulings, section 4 ("Formats").
 */
import {
  boundedLine,
  capabilityDescriptorSchema,
  jsonObjectSchema,
  packagePathSchema,
  parseWith,
  type JsonValue,
} from '@reborn/host-api';
import { z } from 'zod';
import { COMMAND_PART_BYTES_MAX, COMMAND_PARTS_MAX, EXTENSION_CAPABILITIES_MAX } from '../limits.ts';

const { shape } = capabilityDescriptorSchema;

/** A JSON Schema as it stands, or the file of the package that holds it. */
const schemaPartSchema = z.union([packagePathSchema, jsonObjectSchema]);

/**
 * `command`: a file of the package that the system can run, or `node` and a script of the package; then its arguments.
 * `sandbox`: it does not run where the machine offers none.
 */
const processRunSchema = z.strictObject({
  lane: z.literal('process'),
  command: z
    .tuple([z.union([z.literal('node'), packagePathSchema])], boundedLine(COMMAND_PART_BYTES_MAX))
    .refine((command) => command.length <= COMMAND_PARTS_MAX, `must have at most ${COMMAND_PARTS_MAX} parts`)
    .refine(([program, script]) => program !== 'node' || packagePathSchema.safeParse(script).success, {
      path: [1],
      message: 'must be a script of the package',
    }),
  sandbox: z.literal('required').optional(),
});

/**
 * One capability as its package declares it: a descriptor whose schemas may stand in files, the document that tells a
 * model how to use it, and what runs it. A declaration gives nothing to anybody.
 */
const manifestCapabilitySchema = z
  .strictObject({
    id: shape.id,
    description: shape.description,
    inputSchema: schemaPartSchema,
    outputSchema: schemaPartSchema.optional(),
    prompt: packagePathSchema,
    effects: shape.effects,
    permission: shape.permission,
    deadlineMs: shape.deadlineMs,
    outputBytesMax: shape.outputBytesMax,
    credentials: shape.credentials,
    targets: shape.targets,
    estimate: shape.estimate,
    run: processRunSchema,
  })
  .refine(({ effects }) => effects.includes('execute_code'), {
    path: ['effects'],
    message: 'must name execute_code: a program of the package runs',
  })
  .refine(({ effects, run }) => run.sandbox === undefined || !effects.includes('network'), {
    path: ['run', 'sandbox'],
    message: 'cannot be required by what needs the network: a sandbox has none',
  });
export type ManifestCapability = z.infer<typeof manifestCapabilitySchema>;

export const capabilityManifestSchema = z
  .array(manifestCapabilitySchema)
  .min(1)
  .max(EXTENSION_CAPABILITIES_MAX)
  .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'must name each capability once');

/** Errors: `host-api/invalid_value` naming the field and the rule. */
export function parseCapabilityManifest(part: JsonValue): readonly ManifestCapability[] {
  return parseWith(capabilityManifestSchema, part, 'capabilities');
}
