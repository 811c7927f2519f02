/**
 * A stream back from text: exactly as it was, at its cursors, its chain checked on the way.
 *
 * Not here: the form of the text (`stream-file.ts`), the checks of the chain (`planImport` of the store).
 */
import { streamName, type RawRecord, type StreamFamily, type UnitOfWork } from '@reborn/host-api';
import { EventsError } from '../errors.ts';
import { IMPORT_BATCH, IMPORT_BATCH_BYTES } from '../limits.ts';
import type { ReadScope } from '../read-scope.ts';
import { requireWholeTenant } from '../whole-tenant.ts';
import { toLines } from './lines.ts';
import { invalidFile, parseBodyLine, parseHeader, type StreamFileHeader } from './stream-file.ts';

export interface ImportRequest {
  readonly family: StreamFamily;
  readonly scope: ReadScope;
  /** The text, in pieces of any size. */
  readonly text: AsyncIterable<string>;
}

/** `added` leaves out what was there already. */
export interface ImportReport {
  readonly records: number;
  readonly added: number;
  readonly head: number;
}

/**
 * Idempotent, and safe to begin again where it was cut short: what was put back stays, what is there already is compared
 * and passed by. Errors: `events/not_granted`, `events/invalid_stream_file` naming the line, `events/import_refused`
 * saying why the stream does not take it; those of the store.
 */
export async function importStream(store: UnitOfWork, request: ImportRequest): Promise<ImportReport> {
  const { family, scope, text } = request;
  requireWholeTenant(scope);
  const lines = toLines(text);
  const first = await lines.next();
  if (first.done === true) throw invalidFile(1, 'must be a header');
  const header = parseHeader(first.value);
  if (streamName(header.stream) !== streamName({ family, tenantId: scope.tenantId })) {
    throw new EventsError('events/import_refused', { detail: { reason: 'other_stream' } });
  }
  const importer = new Importer(store, header);
  let number = 1;
  for await (const line of lines) {
    number += 1;
    if (importer.ended) throw invalidFile(number, 'must not follow the trailer');
    const parsed = parseBodyLine(line, number);
    if ('kind' in parsed) await importer.end(parsed, number);
    else await importer.add(parsed, number);
  }
  if (!importer.ended) throw invalidFile(number + 1, 'is missing: the text was cut short');
  return importer.report;
}

class Importer {
  readonly #store: UnitOfWork;
  readonly #header: StreamFileHeader;
  #batch: RawRecord[] = [];
  #batchBytes = 0;
  #records = 0;
  #added = 0;
  #head: number;
  #chain: string;
  ended = false;

  constructor(store: UnitOfWork, header: StreamFileHeader) {
    this.#store = store;
    this.#header = header;
    this.#head = header.base.cursor;
    this.#chain = header.base.chain;
  }

  get report(): ImportReport {
    return { records: this.#records, added: this.#added, head: this.#head };
  }

  async add(record: RawRecord, line: number): Promise<void> {
    if (record.cursor !== this.#head + 1) throw invalidFile(line, `must hold cursor ${this.#head + 1}`);
    const bytes = (record.content?.bodyText.length ?? 0) * 3;
    if (this.#batch.length === IMPORT_BATCH || this.#batchBytes + bytes > IMPORT_BATCH_BYTES) await this.#flush();
    this.#batch.push(record);
    this.#batchBytes += bytes;
    this.#records += 1;
    this.#head = record.cursor;
    this.#chain = record.chain;
  }

  async end(trailer: { readonly records: number; readonly head: number; readonly headChain: string }, line: number) {
    const fits = trailer.records === this.#records && trailer.head === this.#head && trailer.headChain === this.#chain;
    if (!fits) throw invalidFile(line, 'must agree with the records before it');
    // Also without records: a stream that was cut off at its head begins behind it.
    await this.#flush();
    this.ended = true;
  }

  async #flush(): Promise<void> {
    const { stream, base } = this.#header;
    const outcome = await this.#store.commit([{ kind: 'import', stream, base, records: this.#batch }]);
    if (outcome.kind === 'conflict') {
      throw new EventsError('events/import_refused', { detail: { reason: outcome.reason } });
    }
    const [receipt] = outcome.receipts;
    this.#added += receipt?.kind === 'stream' ? receipt.records : 0;
    this.#batch = [];
    this.#batchBytes = 0;
  }
}
