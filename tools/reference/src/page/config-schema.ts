/** The JSON Schema of `reborn.config.json`, from the schema that the host reads it with: for editors and for operators. */
import { rebornConfigSchema } from '@reborn/reborn';
import { z } from 'zod';

export function configSchemaPage(notice: string): string {
  const { $schema, ...rest } = z.toJSONSchema(rebornConfigSchema, { io: 'input', unrepresentable: 'any' });
  const head = {
    $schema,
    $comment: `${notice} The host also bounds the bytes of every text, and reads what is named.`,
    title: 'reborn.config.json of Reborn',
  };
  return `${JSON.stringify({ ...head, ...rest }, undefined, 2)}\n`;
}
