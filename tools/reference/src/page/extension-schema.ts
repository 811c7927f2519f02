/** The JSON Schema of `extension.json`, from the schemas that the host reads it with: for editors and for authors. */
import { extensionManifestSchema, jsonObjectSchema } from '@reborn/host-api';
import { capabilityManifestSchema } from '@reborn/host-runtime';
import { z } from 'zod';

/** Hooks are not taken from packages, so no editor should offer them. */
const schema = extensionManifestSchema.omit({ hooks: true }).extend({ capabilities: capabilityManifestSchema });

export function extensionSchemaPage(notice: string): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (Object.is(zodSchema, jsonObjectSchema)) jsonSchema.type = 'object';
    },
  });
  const head = {
    $schema,
    $comment: `${notice} The host also bounds the bytes of every text, and reads the files that are named.`,
    title: 'extension.json of Reborn',
  };
  return `${JSON.stringify({ ...head, ...rest }, undefined, 2)}\n`;
}
