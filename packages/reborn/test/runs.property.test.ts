import { isTerminal } from '@reborn/turns';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Reborn } from '../src/index.ts';
import { ada, answer, bench, dying, gatesOf, rest, scope, submit, type Step } from './support.ts';

/** What may happen to a run, in any order. `host`: a new host, which dies with its nth commit. */
type Deed =
  | { readonly kind: 'drive' | 'restart' | 'kill' | 'cancel' | 'wait' }
  | { readonly kind: 'answer'; readonly which: number; readonly decision: 'approve' | 'deny' }
  | { readonly kind: 'host'; readonly dies: number; readonly happens: boolean };

const plain = fc.constantFrom('drive' as const, 'drive' as const, 'restart' as const, 'kill' as const, 'wait' as const);
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: plain }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      which: fc.nat(3),
      decision: fc.constantFrom('approve' as const, 'approve' as const, 'deny' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('host' as const),
      dies: fc.integer({ min: 1, max: 25 }),
      happens: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Deed>({ kind: 'cancel' }) },
);
const shape = fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }), { maxLength: 3 });

test(
  'whatever happens, a run ends or waits for an open question, and no effect happens twice',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(shape, fc.array(deed, { maxLength: 14 }), async (steps, deeds) => {
        let named = 0;
        const script = steps.map((calls): Step =>
          calls.map((writes) =>
            writes ? ['desk.write', { text: `${(named += 1)}` }] : ['desk.look', { name: `${(named += 1)}` }],
          ),
        );
        const { open, storage, written, pump, platform } = bench([...script, 'Done.']);
        const declined = new Set<string>();
        let host: Reborn = await open();
        const target = await submit(host);
        /** A host in trouble rejects; that is what the next one is for. */
        const attempt = async (work: () => Promise<unknown>): Promise<void> =>
          void (await pump(
            work().catch(() => undefined),
            500,
          ));
        const pass = async (ms: number): Promise<void> => {
          platform.advance(ms);
          await rest(5);
        };
        for (const each of deeds) {
          switch (each.kind) {
            case 'drive':
              await attempt(() => host.drive(target));
              break;
            case 'wait':
              await pass(35_000);
              break;
            case 'restart':
              await attempt(() => host.close());
              host = await open();
              break;
            case 'kill': {
              const dying = host.drive(target).catch(() => undefined);
              await rest(1);
              storage.kill();
              await pump(dying, 500);
              host = await open();
              break;
            }
            case 'host':
              host = await open({ storage: dying(storage, each.dies, each.happens) });
              break;
            case 'cancel':
              await attempt(() =>
                host.turns.cancelRun({ scope, actor: ada, runId: target.runId, reason: 'user_requested' }),
              );
              break;
            case 'answer':
              await attempt(async () => {
                const gate = (await gatesOf(host))[each.which];
                if (gate === undefined) return;
                const outcome = await answer(host, gate, each.decision);
                if (outcome.kind === 'resolved' && each.decision === 'deny') declined.add(JSON.stringify(gate.input));
              });
          }
        }
        const last = await open();
        let outcome = await pump(last.drive(target), 500);
        for (let patience = 0; outcome.kind === 'held' && patience < 200; patience += 1) {
          await pass(1_000);
          outcome = await pump(last.drive(target), 500);
        }
        const waits = (await gatesOf(last)).filter((gate) => gate.receipt.runId === target.runId);
        if (outcome.kind === 'parked') expect(waits.length).toBeGreaterThan(0);
        else expect(outcome.kind === 'ended' && isTerminal(outcome.run.status)).toBe(true);
        if (outcome.kind === 'ended') expect(waits).toEqual([]);
        expect(new Set(written).size).toBe(written.length);
        expect(written.filter((text) => declined.has(JSON.stringify({ text })))).toEqual([]);
        const explanation = await pump(last.explain(scope, { runId: target.runId }));
        const done = (explanation?.transcript ?? []).flatMap((entry) =>
          entry.kind === 'tool_result' && entry.result.kind === 'completed' && entry.capabilityId === 'desk.write'
            ? [entry.callId]
            : [],
        );
        expect(written.length).toBeGreaterThanOrEqual(done.length);
        storage.kill();
      }),
      { numRuns: 120 },
    );
  },
);
