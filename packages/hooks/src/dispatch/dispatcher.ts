/**
 * Asks every gate that a call concerns. All of them, side by side: an early pause must not hide a later refusal.
 *
 * Not here: the port that it is bound to (`CallPolicy` of `@reborn/host-runtime`, bound by `@reborn/reborn`), one gate's
 * call (`run-hook.ts`), what outcomes mean (`judgement.ts`).
 * Source: rulings, sections 2, 5 and 6; specification 1, W-13, W-16, W-17, W-18.
 */
import {
  isFault,
  type Clock,
  type Diagnostics,
  type Digest,
  type DigestPort,
  type Ids,
  type RecordReader,
  type Timers,
} from '@reborn/host-api';
import { HooksError } from '../errors.ts';
import { DISPATCH_DEADLINE_MS, GATES_AT_ONCE_MAX } from '../limits.ts';
import { coversCapability } from '../registry/hook-spec.ts';
import { isHookRegistry, type HookRegistry, type RegisteredGate } from '../registry/registry.ts';
import type { JudgedCall } from './judged-call.ts';
import { failureFacts, toJudgement, type GateAnswer, type HookJudgement } from './judgement.ts';
import { isPoisoned } from './poison.ts';
import { runGate, toView, type GateView } from './run-hook.ts';

/** `store` is only read, for what is known about gates that failed earlier; it must know `hookPoisonMachine`. */
export interface HookDispatcherOptions {
  readonly registry: HookRegistry;
  readonly store: RecordReader;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly digest: DigestPort;
  readonly diagnostics: Diagnostics;
}

/** Has the form of `CallPolicy`. */
export interface HookDispatcher {
  /** Of the set of hooks: an approval that was given under another set is void. */
  digest(): Digest;
  /** Never rejects for a hook's fault or the store's: those are verdicts. */
  judge(call: JudgedCall): Promise<HookJudgement>;
}

/** Errors: `hooks/invalid_composition` for a registry that `createHookRegistry` did not make. */
export function createHookDispatcher(options: HookDispatcherOptions): HookDispatcher {
  const { registry } = options;
  if (!isHookRegistry(registry)) throw new HooksError('hooks/invalid_composition', { detail: { field: 'registry' } });
  return Object.freeze({ digest: () => registry.digest(), judge: (call: JudgedCall) => judge(call, options) });
}

async function judge(call: JudgedCall, options: HookDispatcherOptions): Promise<HookJudgement> {
  const gates = options.registry.gates.filter((gate) => coversCapability(gate.capabilities, call.capabilityId));
  if (gates.length === 0) return { verdicts: [], records: [], writes: [] };
  const view = toView(call);
  const patience = openPatience(call.signal, options.timers);
  try {
    const answers = await sideBySide(gates, GATES_AT_ONCE_MAX, (gate) => ask(gate, view, call, options, patience.over));
    for (const answer of answers) tellOperator(answer, options.diagnostics);
    return toJudgement(answers, call, options);
  } finally {
    patience.close();
  }
}

async function ask(
  gate: RegisteredGate,
  view: GateView,
  call: JudgedCall,
  options: HookDispatcherOptions,
  over: AbortSignal,
): Promise<GateAnswer> {
  switch (await lookUp(gate, call, options, over)) {
    case 'poisoned':
      return { gate, outcome: { kind: 'poisoned' } };
    case 'unavailable':
      return { gate, outcome: { kind: 'failed', category: 'unavailable' } };
    case 'clear':
      return { gate, outcome: await runGate(gate, view, { timers: options.timers, over }) };
  }
}

/** What the store knows of the gate; a store that fails, or hangs beyond the deadline of the dispatch, is unavailable. */
function lookUp(
  gate: RegisteredGate,
  call: JudgedCall,
  options: HookDispatcherOptions,
  over: AbortSignal,
): Promise<'clear' | 'poisoned' | 'unavailable'> {
  const { store, clock, diagnostics } = options;
  return new Promise((resolve) => {
    const giveUp = (): void => resolve('unavailable');
    if (over.aborted) return giveUp();
    over.addEventListener('abort', giveUp, { once: true });
    isPoisoned(store, clock, gate.id, call.context)
      .then(
        (poisoned) => resolve(poisoned ? 'poisoned' : 'clear'),
        (reason: unknown) => {
          diagnostics.report('The record of a hook could not be read', {
            hookId: gate.id,
            code: isFault(reason) ? reason.code : 'unknown',
          });
          giveUp();
        },
      )
      .finally(() => over.removeEventListener('abort', giveUp));
  });
}

/** How long anybody waits: until the deadline of the whole dispatch, or until the caller has given up. */
function openPatience(caller: AbortSignal, timers: Timers): { readonly over: AbortSignal; close(): void } {
  const controller = new AbortController();
  const end = (): void => controller.abort();
  const cancel = timers.schedule(DISPATCH_DEADLINE_MS, end);
  if (caller.aborted) end();
  else caller.addEventListener('abort', end, { once: true });
  const close = (): void => {
    cancel();
    caller.removeEventListener('abort', end);
  };
  return { over: controller.signal, close };
}

function tellOperator({ gate, outcome }: GateAnswer, diagnostics: Diagnostics): void {
  switch (outcome.kind) {
    case 'poisoned':
      return diagnostics.report('A hook that failed earlier keeps refusing', failureFacts(gate, 'poisoned'));
    case 'failed':
      return diagnostics.report('A hook failed', failureFacts(gate, outcome.category));
    case 'decided': {
      const { verb, reason } = outcome.decision;
      if (reason === undefined) return;
      return diagnostics.report('A hook gave a reason', { hookId: gate.id, hook: gate.localId, verb, reason });
    }
  }
}

/** Order of the answers: that of the items. */
async function sideBySide<Item, Answer>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  const queue = items.entries();
  const lane = async (): Promise<void> => {
    for (const [at, item] of queue) answers[at] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  return answers;
}
