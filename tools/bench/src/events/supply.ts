/** The one source of events: every side of a comparison gets the same kind of bytes. */
import { createNodeIds } from '@reborn/adapter-node';
import { parseEventId, parseTenantId, parseUserId, parseAgentId, type RecordDraft } from '@reborn/host-api';
import type { LogRecord } from '@reborn/events';
import { createTexts } from '../measure/supply.ts';

export const TENANT = parseTenantId('acme');
export const SCOPE = { tenantId: TENANT, userId: parseUserId('alice'), agentId: parseAgentId('agent') };

/** Hooks are named by their digest. */
const HOOK = `hook:${'0123456789abcdef'.repeat(4)}`;
const ids = createNodeIds();

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
