/**
 * Whether a model turns in a circle: the same call with the same input again and again.
 *
 * Source: specification 3, c.3 step 9 and g-15.
 */
import { toCanonicalJson } from '@reborn/host-api';
import type { TranscriptEntry } from '@reborn/turns/loop';

/** The same call this often among the last `REPEAT_WINDOW` is no progress. */
const REPEATS_MAX = 3;
/** How far back repetitions are looked for. */
const REPEAT_WINDOW = 5;

export function isStuck(entries: readonly TranscriptEntry[], runId: string): boolean {
  const signatures = entries
    .filter((entry) => entry.runId === runId)
    .flatMap((entry) => (entry.kind === 'assistant_message' ? entry.calls : []))
    .map((call) => `${call.capabilityId} ${toCanonicalJson(call.input)}`)
    .slice(-REPEAT_WINDOW);
  const last = signatures.at(-1);
  return signatures.filter((signature) => signature === last).length >= REPEATS_MAX && last !== undefined;
}
