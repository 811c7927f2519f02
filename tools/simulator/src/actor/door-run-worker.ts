/**
 * Makes calls in the name of runs, under the lease of whoever works on the run; sometimes sleeps for too long in between,
 * and then another worker goes on where it was.
 *
 * Not here: what may be written under a lease (`../invariant/run-fencing.ts`).
 */
import {
  acquireLease,
  leaseMachine,
  parseCorrelationId,
  parseEventId,
  parseExecutionContext,
  parseRunId,
  releaseLease,
  transition,
  type AppendWrite,
  type LeaseProof,
} from '@reborn/host-api';
import { INTERACTIVE_PROFILE, runLeaseKey, runMachine } from '@reborn/turns';
import { SCOPES } from '../door/capabilities.ts';
import type { Stage, Wish } from '../door/stage.ts';
import { RUN_TAKEN_KIND } from '../invariant/run-fencing.ts';
import { pauseFor, type Operation, type OperationContext } from './actor.ts';
import { answerKindly } from './door-answerer.ts';
import { drawTerms } from './door-caller.ts';
import { isTrouble } from './door-keeper.ts';

/** One run for each of the first scopes. */
const RUNS = SCOPES.slice(0, 3).map((scope, at) => ({
  scope,
  runId: parseRunId(`00000000-0000-4000-8000-00000000a00${at}`),
}));
type Run = (typeof RUNS)[number];

/** A worker's time with a run. */
interface Sitting extends Run {
  readonly lease: LeaseProof;
  readonly correlationId: string;
  readonly ttlMs: number;
}

export function runWorkerOperations(stage: Stage): readonly Operation[] {
  const { sometimes } = stage.world.options;

  const work = async (context: OperationContext): Promise<void> => {
    const { process, random } = context;
    const sitting = await takeRun(context, random.pick(RUNS));
    if (sitting === undefined) return;
    const { lease, ttlMs } = sitting;
    try {
      for (let left = random.between(1, 4); left > 0; left -= 1) {
        const outcome = await stage.call(process, wishOfRun(stage, context, sitting), {
          context: contextOf(context, sitting),
        });
        if ('gateId' in outcome && random.chance(0.7)) await answerKindly(stage, process, random, outcome);
        await pauseFor(process, random.pick([random.between(0, 30), ttlMs - 10, ttlMs + random.between(0, 300)]));
      }
    } catch (error) {
      if (!isTrouble(error, 'host-runtime/lease_lost')) throw error;
      sometimes('a worker that had lost its run was refused');
      return;
    }
    await process.store.commit([releaseLease(lease)]);
  };

  const end = async ({ process, random }: OperationContext): Promise<void> => {
    const { runId } = random.pick(RUNS);
    await process.store.commit([
      transition(runMachine, runId, { trigger: 'request_cancel', reason: 'user_requested', ends: true }),
    ]);
  };
  return [
    { name: 'door.run', weight: 6, run: work },
    { name: 'door.end_run', weight: 0.2, run: end },
  ];
}

/** `undefined` when somebody else holds it. */
async function takeRun({ process, random }: OperationContext, { runId, scope }: Run): Promise<Sitting | undefined> {
  const { ids, clock } = process.platform;
  const correlationId = ids.uuid();
  const about = { runId, turnId: runId as never, correlationId: parseCorrelationId(correlationId), scope };
  const run = { ...about, actor: { kind: 'user', id: scope.userId }, profile: INTERACTIVE_PROFILE } as const;
  // Whoever comes first submits it; for everybody else it is there.
  await process.store.commit([transition(runMachine, runId, { trigger: 'submit', run })]);
  const [key, holder, ttlMs] = [runLeaseKey(runId), ids.uuid(), random.between(100, 800)];
  const taken: AppendWrite = {
    kind: 'append',
    stream: { family: 'journal', tenantId: scope.tenantId },
    records: [
      {
        eventId: parseEventId(ids.uuid()),
        kind: RUN_TAKEN_KIND,
        atMs: clock.nowMs(),
        labels: {},
        body: { runId, correlationId },
      },
    ],
  };
  const outcome = await process.store.commit([acquireLease(key, holder, ttlMs), taken]);
  const receipt = outcome.kind === 'committed' ? outcome.receipts[0] : undefined;
  if (receipt?.kind !== 'record' || receipt.row === undefined) return undefined;
  const { fence } = leaseMachine.parseRow(receipt.row);
  return { runId, scope, correlationId, ttlMs, lease: { key, holder, fence } };
}

/** What the run has begun and nobody has finished, or something new. */
function wishOfRun(stage: Stage, { process, random }: OperationContext, { runId, scope }: Sitting): Wish {
  const begun = stage.wishes.filter(
    (wish) => wish.runId === runId && !wish.told.some(({ kind }) => kind === 'completed'),
  );
  const latest = begun.at(-1);
  if (latest !== undefined && random.chance(0.6)) return latest;
  return stage.wish(process, random, { scope, runId, ...drawTerms(random) });
}

function contextOf({ process }: OperationContext, { runId, scope, correlationId, lease }: Sitting) {
  return parseExecutionContext({
    invocationId: process.platform.ids.uuid(),
    correlationId,
    scope,
    run: { runId, lease },
  });
}
