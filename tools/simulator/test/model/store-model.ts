/**
 * What the models share: a model says what one operation does to a simple state; a store is asked the same; both have to
 * agree, one operation after the other (`commands`) and several at once (some order has to explain what was seen).
 *
 * Not here: the models (the files beside this one), the stores (`backends.ts`).
 */
import type { DurableStore, StoredMachine } from '@reborn/host-api';
import * as fc from 'fast-check';
import { expect } from 'vitest';

/** Plain data that is compared as a whole. */
export type Seen = unknown;

export interface Step<State> {
  readonly state: State;
  readonly seen: Seen;
}

/** The same operation on a store. `scope` keeps the keys and tenants of one sequence from those of another. */
export interface Asked {
  readonly store: DurableStore;
  /** `s` and a number. */
  readonly scope: string;
  readonly nowMs: () => number;
}

export interface StoreModel<State extends object, Op extends object> {
  readonly name: string;
  readonly machines: readonly StoredMachine[];
  readonly initial: State;
  readonly op: fc.Arbitrary<Op>;
  readonly step: (state: State, op: Op, nowMs: number) => Step<State>;
  readonly ask: (op: Op, asked: Asked) => Promise<Seen>;
}

/** A store that is open for one model, and the clock that it was opened with. */
export interface OpenBackend {
  readonly store: DurableStore;
  readonly nowMs: () => number;
  readonly advance: (ms: number) => void;
}

/** How often time passes between two operations, and how long. Units: milliseconds. */
const pauses = fc.constantFrom(0, 0, 0, 1, 49, 50, 51, 400);
/** Sequences of each model on each backend; longer runs set `REBORN_MODEL_RUNS`. */
export const MODEL_RUNS = Math.max(20, Number(process.env['REBORN_MODEL_RUNS'] ?? '20'));
/** Units: milliseconds; a bound against hanging, not a promise. */
export const MODEL_TIMEOUT_MS = 60_000 + MODEL_RUNS * 1_000;
const COMMANDS_MAX = 30;

let sequences = 0;

/** One operation after the other. */
export async function followsModel<State extends object, Op extends object>(
  model: StoreModel<State, Op>,
  backend: OpenBackend,
): Promise<void> {
  const commands = fc.commands([fc.tuple(model.op, pauses).map(([op, ms]) => new ModelCommand(model, op, ms))], {
    maxCommands: COMMANDS_MAX,
    size: 'max',
  });
  await fc.assert(
    fc.asyncProperty(commands, async (sequence) => {
      const scope = nextScope();
      await fc.asyncModelRun(() => ({ model: { state: model.initial }, real: { ...backend, scope } }), sequence);
    }),
    { numRuns: MODEL_RUNS },
  );
}

/** Several at once, after some that were not: whatever was seen, some order of them explains it. */
export async function followsModelInRaces<State extends object, Op extends object>(
  model: StoreModel<State, Op>,
  backend: OpenBackend,
): Promise<void> {
  const race = fc.array(model.op, { minLength: 2, maxLength: 4 });
  const races = fc.array(fc.tuple(race, pauses), { minLength: 1, maxLength: 8, size: 'max' });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), races, async (scheduler, groups) => {
      const asked = { ...backend, scope: nextScope() };
      let states: readonly State[] = [model.initial];
      for (const [ops, ms] of groups) {
        const answers = ops.map((op) => scheduler.schedule(Promise.resolve()).then(() => model.ask(op, asked)));
        const seen = await scheduler.waitFor(Promise.all(answers));
        const explained = states.flatMap((state) => explanations(model, state, ops, seen, backend.nowMs()));
        const unexplained = { ops, seen, states };
        expect(explained.length > 0 ? 'explained' : unexplained).toBe('explained');
        states = distinct(explained);
        backend.advance(ms);
      }
    }),
    { numRuns: MODEL_RUNS },
  );
}

class ModelCommand<State extends object, Op extends object> implements fc.AsyncCommand<
  { state: State },
  OpenBackend & Asked
> {
  readonly #model: StoreModel<State, Op>;
  readonly #op: Op;
  readonly #pauseMs: number;

  constructor(model: StoreModel<State, Op>, op: Op, pauseMs: number) {
    this.#model = model;
    this.#op = op;
    this.#pauseMs = pauseMs;
  }

  check(): boolean {
    return true;
  }

  async run(held: { state: State }, real: OpenBackend & Asked): Promise<void> {
    const seen = await this.#model.ask(this.#op, real);
    const step = this.#model.step(held.state, this.#op, real.nowMs());
    expect(seen).toEqual(step.seen);
    held.state = step.state;
    real.advance(this.#pauseMs);
  }

  toString(): string {
    return `${JSON.stringify(this.#op)} then ${this.#pauseMs} ms`;
  }
}

/** The states after every order of the operations in which the model sees what was seen. */
function explanations<State extends object, Op extends object>(
  model: StoreModel<State, Op>,
  from: State,
  ops: readonly Op[],
  seen: readonly Seen[],
  nowMs: number,
): readonly State[] {
  if (ops.length === 0) return [from];
  return ops.flatMap((op, at) => {
    const step = model.step(from, op, nowMs);
    if (!isSame(step.seen, seen[at])) return [];
    return explanations(model, step.state, ops.toSpliced(at, 1), seen.toSpliced(at, 1), nowMs);
  });
}

function distinct<State>(states: readonly State[]): readonly State[] {
  return [...new Map(states.map((state) => [text(state), state])).values()];
}

function isSame(left: Seen, right: Seen): boolean {
  return text(left) === text(right);
}

function text(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).toSorted(([left], [right]) => (left < right ? -1 : 1)));
  });
}

function nextScope(): string {
  sequences += 1;
  return `s${sequences}`;
}
