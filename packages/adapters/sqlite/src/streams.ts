/**
 * Streams: records with cursors 1, 2, 3 …, one sequence for each family and tenant.
 *
 * Not here: who may read them (`@reborn/events`), transactions (`unit-of-work.ts`).
 */
import {
  LABELS,
  type AppendWrite,
  type Label,
  type Labels,
  type RecordDraft,
  type StreamPage,
  type StreamRecord,
  type StreamRequest,
} from '@reborn/host-api';
import type { SqlValue } from './driver.ts';
import { parseBody } from './records.ts';
import { LABEL_COLUMNS, type ReadStatements, type StreamRow, type WriteStatements } from './statements.ts';

/** Appends within the running transaction. A record that is there already keeps its cursor. */
export function appendRecords(statements: WriteStatements, write: AppendWrite): readonly number[] {
  const { family, tenantId } = write.stream;
  const before = statements.getHead.get(family, tenantId)?.head ?? 0;
  let head = before;
  const cursors = write.records.map((draft) => {
    const known = statements.findEvent.get(family, tenantId, draft.eventId);
    if (known !== undefined) return known.cursor;
    head += 1;
    statements.putEvent.run(family, tenantId, ...toValues(head, draft));
    return head;
  });
  if (head > before) statements.putHead.run(family, tenantId, head);
  return cursors;
}

/** Reads head and records in one transaction, so that they belong to the same moment. */
export function readPage(statements: ReadStatements, request: StreamRequest): StreamPage {
  const { stream, after, limit, filter, order } = request;
  const newest = order === 'newest';
  const labels = LABELS.filter((label) => filter?.labels?.[label] !== undefined);
  const values: SqlValue[] = [newest && after === 0 ? Number.MAX_SAFE_INTEGER : after];
  values.push(...labels.map((label) => filter?.labels?.[label] ?? null));
  if (filter?.kinds !== undefined) values.push(JSON.stringify(filter.kinds));
  const page = statements.page({ labels, kinds: filter?.kinds !== undefined, newest });
  statements.begin.run();
  try {
    const head = statements.getHead.get(stream.family, stream.tenantId)?.head ?? 0;
    const rows = page.all(stream.family, stream.tenantId, ...values, limit);
    return { head, records: rows.map(toRecord) };
  } finally {
    statements.end.run();
  }
}

function toValues(cursor: number, draft: RecordDraft): readonly SqlValue[] {
  const labels = LABELS.map((label) => draft.labels[label] ?? null);
  return [cursor, draft.eventId, draft.kind, draft.atMs, ...labels, JSON.stringify(draft.body)];
}

function toRecord(row: StreamRow): StreamRecord {
  const { cursor, event_id: eventId, kind, at_ms: atMs, body } = row;
  return { cursor, eventId, kind, atMs, labels: toLabels(row), body: parseBody(body) };
}

function toLabels(row: StreamRow): Labels {
  const labels: Partial<Record<Label, string>> = {};
  for (const label of LABELS) {
    const value = row[LABEL_COLUMNS[label]];
    if (value !== null) labels[label] = value;
  }
  return labels;
}
