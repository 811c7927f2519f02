/**
 * A stream as text, in bounded memory.
 *
 * Not here: the form of the text (`stream-file.ts`), who may have it (`scope` says), where it goes.
 */
import { PAGE_RECORDS_MAX, type StreamFamily, type StreamKey, type StreamReader } from '@reborn/host-api';
import { EventsError } from '../errors.ts';
import type { ReadScope } from '../read-scope.ts';
import { requireWholeTenant } from '../whole-tenant.ts';
import { headerLine, recordLine, trailerLine } from './stream-file.ts';

/** Any family, also those that the log does not read. `scope` has to be that of a grant, without narrowing. */
export interface ExportRequest {
  readonly family: StreamFamily;
  readonly scope: ReadScope;
}

/**
 * Everything from the stream's beginning to the head of this moment, one line after another, each with its line break.
 * Errors: `events/not_granted`; `events/stream_cut` when retention took records that were still to be exported.
 */
export async function* exportStream(store: StreamReader, { family, scope }: ExportRequest): AsyncGenerator<string> {
  requireWholeTenant(scope);
  const stream: StreamKey = { family, tenantId: scope.tenantId };
  const first = await store.readRaw({ stream, after: 0, limit: PAGE_RECORDS_MAX });
  const { head, headChain, earliest, baseChain } = first;
  yield `${headerLine({ stream, base: { cursor: earliest - 1, chain: baseChain } })}\n`;
  let after = earliest - 1;
  for (let page = first; after < head; page = await store.readRaw({ stream, after, limit: PAGE_RECORDS_MAX })) {
    if (page.earliest > after + 1) throw new EventsError('events/stream_cut', { detail: { earliest: page.earliest } });
    for (const record of page.records) {
      if (record.cursor > head) break;
      yield `${recordLine(record)}\n`;
      after = record.cursor;
    }
    if (after >= head) break;
  }
  yield `${trailerLine({ records: head - earliest + 1, head, headChain })}\n`;
}
