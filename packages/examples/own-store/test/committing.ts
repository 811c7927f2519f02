// Commits one record after the other and tells its parent of each, until it is killed.
import { parseEventId, parseTenantId } from '@reborn/host-api';
import { createFakePlatform, fixedUuid } from '@reborn/host-api/testkit';
import { openOwnStore } from '../src/own-store.ts';

const store = await openOwnStore(process.argv[2] ?? '', { machines: [], ...createFakePlatform() });
const stream = { family: 'audit', tenantId: parseTenantId('acme') } as const;
for (let number = 1; process.connected; number += 1) {
  const eventId = parseEventId(fixedUuid(number));
  await store.commit([
    { kind: 'append', stream, records: [{ eventId, kind: 'noted', atMs: 1, labels: {}, body: {} }] },
  ]);
  process.send?.(number);
}
