/** Who is called after which commit. Not here: commits of other processes (each shared backend's own tests). */
import type { CommitInterest } from '../../durable/stream.ts';
import type { DurableStore, Write } from '../../durable/unit-of-work.ts';
import { equals, rejects } from '../contract-case.ts';
import { fixedUuid } from '../fake-platform.ts';
import { originOf, recordAfter } from './linked.ts';
import { append, draft, putTicket, receiptsOf, storeCase, streamOf } from './ticket.ts';

export const listenerCases = [
  storeCase('calls those whom a commit concerns, and only them', async ({ store }) => {
    const calls: string[] = [];
    const listen = (name: string, interest?: CommitInterest) => store.onCommit(() => void calls.push(name), interest);
    const { tenantId } = streamOf('acme');
    listen('any');
    listen('family', { family: 'journal' });
    listen('tenant', { tenantId });
    listen('stream', { family: 'journal', tenantId });
    listen('kind', { family: 'journal', tenantId, kinds: ['seen', 'heard'] });
    listen('kind of any stream', { kinds: ['seen'] });
    listen('other family', { family: 'audit' });
    listen('other tenant', { family: 'journal', tenantId: streamOf('other').tenantId });
    const after = (unit: readonly Write[], expected: readonly string[], statement: string) =>
      callsAfter(store, unit, calls, expected, statement);
    const ofStream = ['any', 'family', 'stream', 'tenant'];
    await after([putTicket('a')], ['any'], 'a unit that appends nothing');
    await after([append(streamOf(), draft(1))], ofStream, 'another kind');
    const seen = [append(streamOf(), draft(2), draft(3, { kind: 'seen' }))];
    await after(seen, [...ofStream, 'kind', 'kind of any stream'].toSorted(), 'one of the kinds');
    const elsewhere = [append(streamOf('other', 'audit'), draft(1, { kind: 'seen' }))];
    await after(elsewhere, ['any', 'kind of any stream', 'other family'], 'another stream');
  }),

  storeCase('calls those whom an import or a cut concerns', async ({ store }) => {
    const [cut, filled] = [streamOf(), streamOf('other')];
    receiptsOf(await store.commit([append(cut, draft(1))]));
    const calls: string[] = [];
    store.onCommit(() => void calls.push('cut'), cut);
    store.onCommit(() => void calls.push('import'), { tenantId: filled.tenantId, kinds: ['noted', 'heard'] });
    store.onCommit(() => void calls.push('nobody'), { family: 'audit' });
    await callsAfter(store, [{ kind: 'truncate', stream: cut, through: 1 }], calls, ['cut'], 'a cut');
    const base = originOf(filled);
    const records = [recordAfter(base, fixedUuid(1))];
    await callsAfter(store, [{ kind: 'import', stream: filled, base, records }], calls, ['import'], 'an import');
  }),

  storeCase('refuses an interest that has no form', async ({ store }) => {
    const bad: readonly unknown[] = [{ family: 'gossip' }, { kinds: [] }, { kinds: [''] }, { colour: 'red' }];
    for (const interest of bad) {
      const listening = (async () => store.onCommit(() => undefined, interest as CommitInterest))();
      await rejects(listening, ['host-api/invalid_value'], 'the field is named');
    }
  }),
];

/** Commits a unit and tells who was called; how often means nothing. */
async function callsAfter(
  store: DurableStore,
  unit: readonly Write[],
  calls: string[],
  expected: readonly string[],
  statement: string,
): Promise<void> {
  calls.length = 0;
  receiptsOf(await store.commit(unit));
  // Behind a look at the store stands whatever the commit before it has set off.
  for (let turn = 0; turn < 5; turn += 1) await store.get('ticket', 'a');
  equals([...new Set(calls)].toSorted(), expected, statement);
}
