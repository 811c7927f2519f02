/** The policy of a host without hooks: it says nothing. */
import { digestOf, type DigestPort } from '@reborn/host-api';
import type { CallPolicy } from './call-policy.ts';

export function noHooks(digest: DigestPort): CallPolicy {
  const empty = digestOf({ hooks: [] }, digest);
  return { digest: () => empty, judge: () => Promise.resolve({ verdicts: [], records: [], writes: [] }) };
}
