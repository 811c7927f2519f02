/**
 * The verdict about what is about to be handed over, remembered by the digest of the content: what many watch is looked
 * at once. Never by a cursor, behind which another content may stand.
 *
 * Not here: what counts as sensitive (`sensitive-text.ts`).
 * Source: specification 1, A8.
 */
import { digestOf, type Digest, type DigestPort, type JsonValue } from '@reborn/host-api';
import { REDACTION_VERDICTS_MAX } from '../limits.ts';
import { findSensitive } from './sensitive-text.ts';

export interface RedactionValidator {
  /** Errors: `host-api/invalid_json` for what is not plain JSON. */
  check(content: JsonValue): 'clean' | 'blocked';
}

export function createRedactionValidator(
  digest: DigestPort,
  find: (content: JsonValue) => unknown = findSensitive,
): RedactionValidator {
  const verdicts = new Map<Digest, 'clean' | 'blocked'>();
  return {
    check: (content) => {
      const key = digestOf(content, digest);
      const known = verdicts.get(key);
      const verdict = known ?? (find(content) === undefined ? 'clean' : 'blocked');
      // The one that was asked for last is forgotten last.
      verdicts.delete(key);
      verdicts.set(key, verdict);
      const [oldest] = verdicts.keys();
      if (verdicts.size > REDACTION_VERDICTS_MAX && oldest !== undefined) verdicts.delete(oldest);
      return verdict;
    },
  };
}
