/**
 * What can be a secret: text that is long enough to be found again where it must not be.
 *
 * Not here: finding it (`redactor.ts`).
 */
import { boundedText, utf8Bytes } from '@reborn/host-api';
import { SECRET_BYTES_MAX, SECRET_BYTES_MIN } from '../limits.ts';
import type { SecretValue } from './secret-value.ts';

/** What stands where a secret stood. No secret is a part of it, so nothing is put back by taking something out. */
export const REDACTED = '[redacted]';

const secretTextSchema = boundedText(SECRET_BYTES_MAX)
  .refine((text) => utf8Bytes(text) >= SECRET_BYTES_MIN, `must be at least ${SECRET_BYTES_MIN} bytes`)
  .refine((text) => text.trim() !== '', 'must not be blank')
  .refine((text) => !REDACTED.includes(text), 'must not be the word that takes its place');

/** Why this cannot be a secret; `undefined` when it can. */
export function secretTextRule(value: SecretValue): string | undefined {
  return secretTextSchema.safeParse(value.reveal()).error?.issues[0]?.message;
}

export function isSecretText(value: SecretValue): boolean {
  return secretTextRule(value) === undefined;
}
