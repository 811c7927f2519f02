/**
 * What may stand in a record. Applied when a record is built, when it is written and when it is read back, because
 * fields can be set in process and replayed rows are not trusted.
 *
 * Not here: which field is of which form (`record/`).
 * Source: specification 1, R-06.
 */
import { HOST_NAME_BYTES_MAX } from '@reborn/host-api';
import { z } from 'zod';
import { AUTHOR_BYTES_MAX, ERROR_KIND_BYTES_MAX, HOOK_LABEL_BYTES_MAX, SUBSCRIPTION_NAME_BYTES_MAX } from './limits.ts';

/** What an unusable token becomes. */
export const UNCLASSIFIED = 'unclassified';

/** More digits than any code of a closed vocabulary has (`http_503`), fewer than a key. */
const DIGITS_MAX = 4;
/** How keys of common vendors begin, and a JSON web token; what follows does not matter. */
const SECRET_SHAPE = /(?:^|[.:_-])(?:(?:sk|pk|rk|gh[opusr]|xox[abeprs]|glpat|github_pat)[_-].{8,}|eyj[a-z0-9_-]{8,})/i;

/** A closed token: lower-case words of at most 24 bytes, joined by `_`, `.` or `:`; at most 64 bytes in all. */
export function toErrorKind(value: unknown): string {
  if (typeof value !== 'string' || value.length > ERROR_KIND_BYTES_MAX || isSecretLike(value)) return UNCLASSIFIED;
  return value.split(/[.:]/).every((part) => part.length <= 24 && /^[a-z][a-z0-9_]*$/.test(part))
    ? value
    : UNCLASSIFIED;
}

/** A word of a closed vocabulary: codes, points, verbs, tiers, categories, reasons. At most 48 bytes. */
export function toLabel(value: unknown): string {
  if (typeof value !== 'string' || value.length > HOOK_LABEL_BYTES_MAX || isSecretLike(value)) return UNCLASSIFIED;
  return /^[a-z][a-z0-9_]*$/.test(value) ? value : UNCLASSIFIED;
}

/** `hook:` and 64 lower-case hex digits. */
export function toHookLabel(value: unknown): string {
  return typeof value === 'string' && /^hook:[0-9a-f]{64}$/.test(value) ? value : UNCLASSIFIED;
}

/** Who gave a verdict: a word, or a word, a colon and a lower-case name: `authoriser`, `hook:<id>`, `gate:<uuid>`. */
export function toAuthor(value: unknown): string {
  return matches(value, AUTHOR_BYTES_MAX, /^[a-z][a-z0-9_]*(?::[a-z0-9][a-z0-9._-]*)?$/);
}

/** The name of a subscription: a lower-case name, as `lifecycle-projection` or `event_hook:<digest>`. */
export function toSubscriptionName(value: unknown): string {
  return matches(value, SUBSCRIPTION_NAME_BYTES_MAX, /^[a-z][a-z0-9_.:-]*$/);
}

/** A host as a URL names it: lower-case labels, or an address; no port, path or credentials. */
export function toHost(value: unknown): string {
  return matches(value, HOST_NAME_BYTES_MAX, /^(?:[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|\[[0-9a-f:.]+\])$/);
}

/** Fields that hold such a token and turn everything else into `unclassified`. */
export const errorKindSchema = z.unknown().transform(toErrorKind);
export const labelSchema = z.unknown().transform(toLabel);
export const hookIdLabelSchema = z.unknown().transform(toHookLabel);
export const authorSchema = z.unknown().transform(toAuthor);
export const hostSchema = z.unknown().transform(toHost);
export const subscriptionNameSchema = z.unknown().transform(toSubscriptionName);

function matches(value: unknown, bytesMax: number, form: RegExp): string {
  if (typeof value !== 'string' || value.length > bytesMax || SECRET_SHAPE.test(value)) return UNCLASSIFIED;
  return form.test(value) ? value : UNCLASSIFIED;
}

function isSecretLike(text: string): boolean {
  return SECRET_SHAPE.test(text) || (text.match(/\d/g)?.length ?? 0) > DIGITS_MAX;
}
