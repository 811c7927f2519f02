/**
 * Asks for effects: once, from several processes at once, again after whatever happened, without patience, and under a key
 * that stands for something else.
 *
 * Not here: answering what is asked back (`door-answerer.ts`), calls of runs (`door-run-worker.ts`).
 */
import { isFault, parseExecutionContext } from '@reborn/host-api';
import type { InvokeOutcome } from '@reborn/host-runtime';
import { INPUT_TEXT, SCOPES, WAYS, type ToolId, type Way } from '../door/capabilities.ts';
import { TEXTS } from '../door/open-door.ts';
import type { Stage, Wish } from '../door/stage.ts';
import type { SeededRandom } from '../platform/seeded-random.ts';
import { pauseFor, type Operation, type OperationContext } from './actor.ts';
import { answerKindly } from './door-answerer.ts';

/** How often somebody who wants an effect asks for it, answers included. */
const TRIES_MAX = 6;

export function callerOperations(stage: Stage): readonly Operation[] {
  const { sometimes } = stage.world.options;
  const draw = ({ process, random }: OperationContext, scope = random.pick(SCOPES)): Wish =>
    stage.wish(process, random, { scope, ...drawTerms(random) });

  const ask = async (context: OperationContext): Promise<void> => {
    const { process, random } = context;
    const wish = draw(context);
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const outcome = await stage.call(process, wish);
      if (!('gateId' in outcome) || random.chance(0.15)) return;
      await pauseFor(process, random.between(5, 150));
      await answerKindly(stage, process, random, outcome);
    }
  };

  /** The same wish in every process that lives. */
  const atOnce = async (context: OperationContext): Promise<void> => {
    const wish = draw(context);
    let completed = 0;
    everywhere(
      stage,
      () => wish,
      ({ kind }) => {
        completed += kind === 'completed' ? 1 : 0;
        if (completed === 2) sometimes('several hosts were told of one effect');
      },
    );
  };

  /** Different wishes of one person, in every process that lives: they compete for one budget. */
  const burst = async (context: OperationContext): Promise<void> => {
    const scope = context.random.pick(SCOPES);
    const hear = (outcome: InvokeOutcome): void => {
      if (outcome.kind === 'resource_blocked' && outcome.reason === 'exhausted') sometimes('a budget was used up');
    };
    const terms = { tool: 'sim.put', mode: 'call', way: 'completes', text: 'plain' } as const;
    const next = (): Wish => stage.wish(context.process, context.random, { scope, ...terms });
    for (let round = 0; round < 2; round += 1) everywhere(stage, next, hear);
  };

  const again = async ({ process, random }: OperationContext): Promise<void> => {
    const wish = pickWish(stage, random);
    if (wish === undefined) return;
    const { context } = wish.request;
    const fresh = parseExecutionContext({ ...context, invocationId: process.platform.ids.uuid() });
    const before = wish.told.length;
    const outcome = await stage.call(process, wish, random.chance(0.5) ? {} : { context: fresh });
    if (outcome.kind === 'completed' && before > 0) sometimes('a stored outcome was told again');
    if (outcome.kind === 'failed' && outcome.failureKind === 'uncertain')
      sometimes('an effect was said to be uncertain');
  };

  const impatient = async (context: OperationContext): Promise<void> => {
    const { process, random } = context;
    const stop = new AbortController();
    process.platform.timers.schedule(random.between(1, 300), () => stop.abort());
    const outcome = await stage.call(process, pickWish(stage, random) ?? draw(context), { signal: stop.signal });
    if (outcome.kind === 'failed' && outcome.failureKind === 'cancelled') sometimes('a caller lost patience');
  };

  const otherInput = async ({ process, random }: OperationContext): Promise<void> => {
    const wish = pickWish(stage, random);
    if (wish === undefined) return;
    const input = { ...wish.input, text: `${wish.input.text} or not` };
    try {
      await stage.call(process, { ...wish, input, request: { ...wish.request, input } });
    } catch (error) {
      if (isFault(error) && error.code === 'host-runtime/idempotency_conflict') {
        sometimes('a key was used for something else');
        return;
      }
      throw error;
    }
  };
  return [
    { name: 'door.ask', weight: 10, run: ask },
    { name: 'door.at_once', weight: 3, run: atOnce },
    { name: 'door.burst', weight: 2, run: burst },
    { name: 'door.again', weight: 8, run: again },
    { name: 'door.impatient', weight: 2, run: impatient },
    { name: 'door.other_input', weight: 1, run: otherInput },
  ];
}

/** What is asked for, in which mode, how it will go, and what the hooks will think of it. */
export function drawTerms(
  random: SeededRandom,
): Pick<Wish, 'tool' | 'mode'> & { readonly way: Way; readonly text: string } {
  const tool: ToolId = random.pick([
    'sim.look',
    'sim.put',
    'sim.put',
    'sim.ask',
    'sim.ask',
    'sim.key',
    'sim.key',
    'sim.rare',
  ]);
  const mode = tool !== 'sim.look' && random.chance(0.3) ? 'spawn' : 'call';
  const keyed: readonly Way[] = ['leaks', 'refuses_secret'];
  const others = random.pick(WAYS.filter((way) => !keyed.includes(way)));
  const way = random.chance(0.5) ? 'completes' : tool === 'sim.key' && random.chance(0.6) ? random.pick(keyed) : others;
  const word = random.chance(0.75) ? 'plain' : random.pick(TEXTS);
  return { tool, mode, way, text: `${word} ${INPUT_TEXT}` };
}

/** Mostly one that is not known to be over; none of a run, whose calls are its worker's. */
function pickWish({ wishes }: Stage, random: SeededRandom): Wish | undefined {
  const known = wishes.filter(({ runId }) => runId === undefined);
  const open = known.filter(({ told }) => !told.some(({ kind }) => kind === 'completed' || kind === 'spawned_process'));
  const from = open.length > 0 && random.chance(0.7) ? open.slice(-12) : known.slice(-12);
  return from.length === 0 ? undefined : random.pick(from);
}

/** One call in each process that lives; nobody waits for those of processes that die meanwhile. */
function everywhere(stage: Stage, wishFor: () => Wish, hear: (outcome: InvokeOutcome) => void): void {
  const { world } = stage;
  for (const process of world.living()) {
    world.carryOut(process.owner, 'door.everywhere', stage.call(process, wishFor()).then(hear));
  }
}
