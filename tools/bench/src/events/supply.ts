/**
 * The one source of events: every side of a comparison gets the same kind of bytes. Half of each text is random, so that
 * nothing down to the disk can squeeze it.
 */
import { createNodeIds } from '@reborn/adapter-node';
import { parseEventId, parseTenantId, parseUserId, parseAgentId, type RecordDraft } from '@reborn/host-api';
import type { LogRecord } from '@reborn/events';
import { createRandom } from '../measure/random.ts';

export const TENANT = parseTenantId('acme');
export const SCOPE = { tenantId: TENANT, userId: parseUserId('alice'), agentId: parseAgentId('agent') };

/** Hooks are named by their digest. */
const HOOK = `hook:${'0123456789abcdef'.repeat(4)}`;
/** Different texts; more would only cost memory. */
const TEXTS = 512;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const ids = createNodeIds();

/** Makes things ahead of time, so that making them is not measured. */
export class Supply<T> {
  readonly #make: () => T;
  #ready: T[] = [];

  constructor(make: () => T) {
    this.#make = make;
  }

  prepare(count: number): void {
    while (this.#ready.length < count) this.#ready.push(this.#make());
  }

  next(): T {
    return this.#ready.pop() ?? this.#make();
  }
}

/** Texts of that many bytes, the first half random. */
export function createTexts(bytes: number, seed: number): () => string {
  const random = createRandom(seed);
  const half = Math.floor(bytes / 2);
  const texts = Array.from({ length: TEXTS }, () => {
    let text = '';
    while (text.length < half) text += ALPHABET[Math.floor(random() * ALPHABET.length)] ?? '';
    return text + 'the same again and again, '.repeat(Math.ceil(bytes / 26)).slice(0, bytes - half);
  });
  let at = 0;
  return () => texts[(at += 1) % texts.length] ?? '';
}

/** Records of the log whose stored body is about 512 bytes. */
export function createLogRecords(seed: number): () => LogRecord {
  const text = createTexts(220, seed);
  let cursor = 0;
  return () => {
    cursor += 1;
    return {
      kind: 'hook_note',
      eventId: parseEventId(ids.uuid()),
      atMs: 1_700_000_000_000 + cursor,
      scope: SCOPE,
      hookId: HOOK,
      subscription: 'event_hook:notes',
      cursor,
      text: text(),
    };
  };
}

/** Drafts for a stream of any family whose body is of about that many bytes. */
export function createDrafts(bytes: number, seed: number): () => RecordDraft {
  const text = createTexts(bytes - 12, seed);
  let number = 0;
  return () => {
    number += 1;
    return {
      eventId: parseEventId(ids.uuid()),
      kind: 'noted',
      atMs: 1_700_000_000_000 + number,
      labels: { userId: SCOPE.userId, agentId: SCOPE.agentId },
      body: { text: text() },
    };
  };
}
