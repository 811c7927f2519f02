/**
 * Writes the golden bodies of kinds that have none yet, and pins them in `digests.txt`:
 * `node --conditions=@reborn/source test/golden/write-golden.ts`. What is there stays as it is: it is what earlier
 * versions wrote, and no version may forget how to read it.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCorrelationId, parseInvocationId, parseRunId } from '@reborn/host-api';
import { fixedUuid } from '@reborn/host-api/testkit';
import { toAppends } from '@reborn/events';
import { buildLogRecord, LOG_RECORD_KINDS } from '@reborn/events/testkit';

for (const [at, kind] of LOG_RECORD_KINDS.entries()) {
  const record = buildLogRecord(kind, at + 1, {
    runId: parseRunId(fixedUuid(901)),
    invocationId: parseInvocationId(fixedUuid(902)),
    correlationId: parseCorrelationId(fixedUuid(903)),
  });
  const body = toAppends([record])[0]?.records[0]?.body;
  const file = join(import.meta.dirname, 'v1', `${kind}.json`);
  if (existsSync(file)) continue;
  writeFileSync(file, `${JSON.stringify(body, null, 2)}\n`);
  const digest = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  appendFileSync(join(import.meta.dirname, 'digests.txt'), `${digest} v1/${kind}.json\n`);
}
