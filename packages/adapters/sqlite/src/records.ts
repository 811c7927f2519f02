/**
 * Records: one row for each machine and key, with its body as text.
 *
 * Not here: which moves a record may make (the machines), transactions (`writer/run-batch.ts`).
 */
import { type JsonObject, type ListRequest, type RecordIndex, type StoredRecord } from '@reborn/host-api';
import type { SqlValue, Statement } from './driver.ts';
import { corrupt } from './errors.ts';
import { fromKeyBytes, toKeyBytes } from './record-key.ts';
import type { BodyRow } from './columns.ts';
import type { ReadStatements } from './read-statements.ts';

/** The row as it stands. Errors: `host-api/store_corrupt` for a body that is no JSON; those of SQLite. */
export function getRow(statement: Statement<BodyRow>, machine: string, key: string): JsonObject | undefined {
  const found = statement.get(machine, toKeyBytes(key));
  return found === undefined ? undefined : parseBody(found.body);
}

export function putRow(
  statement: Statement,
  machine: string,
  key: string,
  next: { readonly row: JsonObject; readonly index: RecordIndex },
): void {
  const { owner, status, rank } = next.index;
  statement.run(machine, toKeyBytes(key), owner, status, rank, JSON.stringify(next.row));
}

export function listRows(statements: ReadStatements, machine: string, request: ListRequest): readonly StoredRecord[] {
  const { owner, status, limit, order } = request;
  const shape = { owner: owner !== undefined, status: status !== undefined, newest: order === 'newest' };
  const values: SqlValue[] = [machine];
  if (owner !== undefined) values.push(owner);
  if (status !== undefined) values.push(status);
  const found = statements.list(shape).all(...values, limit);
  return found.map(({ key, body }) => ({ key: fromKeyBytes(key), row: parseBody(body) }));
}

/** What this store wrote was an object; anything else was written by somebody else, or torn. */
export function parseBody(body: string): JsonObject {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Told below, without the text.
  }
  throw corrupt({ field: 'body', rule: 'must be a JSON object' });
}
