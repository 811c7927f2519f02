import { PAGE_RECORDS_MAX, parseTenantId, type DurableStore, type StreamKey } from '@reborn/host-api';
import { runMachine } from '@reborn/turns/runner';
import { expect, test, vi } from 'vitest';
import { runHolds } from './run-holds.ts';

const stream: StreamKey = { family: 'runtime', tenantId: parseTenantId('default') };
vi.spyOn(runMachine.row, 'parse').mockImplementation((row) => row as never);

/** A store whose runs stand where `statusOf` says at each question, and whose records begin at `firsts`. */
function storeOf(firsts: Readonly<Record<string, number>>, statusOf: (runId: string, question: number) => string) {
  let questions = 0;
  const store = {
    list: async (_machine: string, { status }: { readonly status: string }) => {
      questions += 1;
      const found = Object.keys(firsts).filter((runId) => statusOf(runId, questions) === status);
      return found.slice(0, PAGE_RECORDS_MAX).map((runId) => ({ key: runId, row: { runId } }));
    },
    readStream: async ({ filter }: { readonly filter: { readonly labels: { readonly runId: string } } }) => ({
      records: [{ cursor: firsts[filter.labels.runId] }],
    }),
  };
  return store as unknown as DurableStore;
}

const needed = async (store: DurableStore) => runHolds(store)[0]?.needsFrom(stream);

test('what the oldest live run wrote first is needed, and nothing when none is live', async () => {
  expect(await needed(storeOf({ a: 9, b: 4, c: 2 }, (id) => (id === 'c' ? 'completed' : 'parked')))).toBe(4);
  expect(await needed(storeOf({ a: 9 }, () => 'failed'))).toBeUndefined();
});

test('a run that is answered while one looks is seen all the same', async () => {
  for (let at = 1; at <= 5; at += 1)
    for (const next of ['queued', 'running'])
      expect(await needed(storeOf({ a: 7 }, (_, question) => (question <= at ? 'parked' : next)))).toBe(7);
});

test('everything is needed when more runs are live than one list holds', async () => {
  const many = Object.fromEntries(Array.from({ length: PAGE_RECORDS_MAX }, (_, at) => [`run-${at}`, at + 10]));
  expect(await needed(storeOf(many, () => 'parked'))).toBe(1);
});
