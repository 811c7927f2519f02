/**
 * Holding a database against its head anchor, before anything is written to it.
 *
 * Not here: the anchor's file (`anchor-file.ts`).
 * Source: `measures.md`, findings 3 and 4, invariant I13.
 */
import type { KeptAnchor } from '../anchor-file.ts';
import { GET_STREAM, type StreamRow } from '../columns.ts';
import type { Connection } from '../driver.ts';
import { rolledBack } from '../errors.ts';
import { versionOf } from '../migrate.ts';
import { TOP_POSITION } from '../read-statements.ts';
import { toKeyBytes } from '../record-key.ts';

/** The first schema whose stores have anchors. */
const ANCHORED_SCHEMA = 2;

/** Errors: `host-api/store_rolled_back`; those of SQLite. */
export function assertAnchor(connection: Connection, anchor: KeptAnchor): void {
  if (versionOf(connection) < ANCHORED_SCHEMA) throw rolledBack('older than the anchor beside it');
  const store = connection.prepare<{ readonly id: string }>('SELECT id FROM store').get();
  if (store?.id !== anchor.storeId) throw rolledBack('not the database of the anchor beside it');
  const top = connection.prepare<{ readonly position: number }>(TOP_POSITION).get()?.position ?? 0;
  if (top < anchor.position) throw rolledBack('ends before the anchor beside it');
  const { stream: key, cursor, chain } = anchor.record;
  const stream = connection.prepare<StreamRow>(GET_STREAM).get(key.family, toKeyBytes(key.tenantId));
  // Cut off since: of a record further back than the last one that was cut off, nothing is left to compare.
  if (stream !== undefined && cursor < stream.earliest - 1) return;
  if (stream === undefined || linkAt(connection, stream, cursor) !== chain) {
    throw rolledBack('holds another record at the anchor');
  }
}

/** The link of a record, also of the last one that was cut off. */
function linkAt(connection: Connection, stream: StreamRow, cursor: number): string | undefined {
  if (cursor === stream.earliest - 1) return stream.baseChain;
  const sql = 'SELECT lower(hex(chain)) AS chain FROM log_record WHERE stream = ? AND cursor = ?';
  return connection.prepare<{ readonly chain: string }>(sql).get(stream.id, cursor)?.chain;
}
