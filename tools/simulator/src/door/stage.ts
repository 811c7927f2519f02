/**
 * What those who use the doors of a simulation know: what they wished for, what they were told, which gates they heard of.
 * None of it is lost with a process.
 *
 * Not here: doors (`open-door.ts`), what is done with them (`../actor`), what has to hold (`check-stage.ts`).
 */
import {
  digestOf,
  isFault,
  parseExecutionContext,
  parseIdempotencyKey,
  toIdempotencyRecordKey,
  type Digest,
  type GateId,
  type ResourceScope,
} from '@reborn/host-api';
import type { HostRuntime, InvokeOutcome, InvokeRequest, ResolveGateOutcome } from '@reborn/host-runtime';
import type { SeededRandom } from '../platform/seeded-random.ts';
import { sha256Hex } from '../store/simulated-tables.ts';
import type { SimulatedProcess, World } from '../world/world.ts';
import { TOKEN, wishInputSchema, type ToolId, type WishInput } from './capabilities.ts';
import { openDoor, type Door } from './open-door.ts';
import { createOutside, type Outside } from './outside.ts';

/** One effect that somebody wants, however often they ask for it. */
export interface Wish {
  readonly name: string;
  readonly scope: ResourceScope;
  readonly tool: ToolId;
  readonly mode: 'call' | 'spawn';
  readonly input: WishInput;
  readonly request: InvokeRequest;
  readonly effectKey: string;
  /** Under which run it is made, if any. */
  readonly runId: string | undefined;
  /** Under which ids it was ever asked for. */
  readonly invocations: Set<string>;
  /** Order: as heard. */
  readonly told: InvokeOutcome[];
}

/** A gate that somebody was told of. `edits`: texts that an answer has put in place of the caller's. */
export interface KnownGate {
  readonly gateId: GateId;
  readonly wish: Wish;
  readonly kind: 'approval_required' | 'auth_required' | 'resource_blocked';
  readonly edits: string[];
  answered: boolean;
}

export class Stage {
  readonly world: World;
  readonly outside: Outside;
  readonly wishes: Wish[] = [];
  readonly gates: KnownGate[] = [];
  /** Everything that was told to anybody, and everything that was reported, as text. */
  readonly said: string[] = [];
  /** What nobody may see. */
  readonly secrets = ['alpha', 'beta', 'gamma', 'delta'].map((name) => `canary-${name}+/%7Zq"é`);
  readonly #doors = new WeakMap<SimulatedProcess, Door>();
  /** Grows with each change of the hooks; approvals given before are void. */
  hooksVersion = 1;
  /** How often a secret that was lent once came out again. */
  takenAgain = 0;

  constructor(world: World) {
    this.world = world;
    this.outside = createOutside(world);
  }

  open(process: SimulatedProcess): Door {
    const door = openDoor(this, process);
    this.#doors.set(process, door);
    return door;
  }

  doorOf(process: SimulatedProcess): Door {
    return this.#doors.get(process) ?? this.open(process);
  }

  hooksDigest(): Digest {
    return digestOf({ hooks: this.hooksVersion }, { sha256Hex: (bytes) => sha256Hex(Buffer.from(bytes).toString()) });
  }

  wish(
    process: SimulatedProcess,
    random: SeededRandom,
    terms: Pick<Wish, 'scope' | 'tool' | 'mode'> & Pick<WishInput, 'way' | 'text'> & { readonly runId?: string },
  ): Wish {
    const { scope, tool, mode, way, text, runId } = terms;
    const name = `w${this.wishes.length + 1}-${random.between(0, 0xffff).toString(16)}`;
    const input = { wish: name, way, text };
    const idempotencyKey = parseIdempotencyKey(name);
    const uuid = (): string => process.platform.ids.uuid();
    const context = parseExecutionContext({ invocationId: uuid(), correlationId: uuid(), scope });
    const wish: Wish = {
      name,
      scope,
      tool,
      mode,
      input,
      request: { context, capabilityId: tool, input, idempotencyKey },
      effectKey: `${mode}|${toIdempotencyRecordKey(scope, idempotencyKey)}`,
      runId,
      invocations: new Set(),
      told: [],
    };
    this.wishes.push(wish);
    return wish;
  }

  wishOf(invocationId: string): Wish | undefined {
    return this.wishes.find(({ invocations }) => invocations.has(invocationId));
  }

  /** Calls for a wish. Errors: those of the door, once they are noted. */
  async call(
    process: SimulatedProcess,
    wish: Wish,
    terms: { readonly signal?: AbortSignal; readonly context?: InvokeRequest['context'] } = {},
  ): Promise<InvokeOutcome> {
    const { runtime } = this.doorOf(process);
    const { signal, context = wish.request.context } = terms;
    const request = { ...wish.request, context };
    wish.invocations.add(context.invocationId);
    const options = signal === undefined ? {} : { signal };
    const outcome = await this.heard(
      wish.mode === 'call' ? runtime.invokeCapability(request, options) : runtime.spawnCapability(request, options),
    );
    this.#note(wish, outcome);
    return outcome;
  }

  async answer(
    process: SimulatedProcess,
    gate: KnownGate,
    answer: Omit<Parameters<HostRuntime['resolveGate']>[0], 'gateId'>,
  ): Promise<ResolveGateOutcome> {
    const outcome = await this.heard(this.doorOf(process).runtime.resolveGate({ ...answer, gateId: gate.gateId }));
    if (outcome.kind !== 'resolved') return outcome;
    gate.answered = true;
    const input = wishInputSchema.safeParse(answer.input);
    if (answer.decision === 'edit' && input.success) gate.edits.push(input.data.text);
    return outcome;
  }

  /** What a caller hears is noted, faults too. */
  async heard<T>(asked: Promise<T>): Promise<T> {
    try {
      const outcome = await asked;
      this.said.push(JSON.stringify(outcome) ?? '');
      return outcome;
    } catch (error) {
      this.said.push(isFault(error) ? `${error.message} ${JSON.stringify(error)}` : '');
      throw error;
    }
  }

  #note(wish: Wish, outcome: InvokeOutcome): void {
    wish.told.push(outcome);
    if (!('gateId' in outcome)) return;
    const { gateId, kind } = outcome;
    const isKnown = this.gates.some((gate) => gate.gateId === gateId);
    if (!isKnown) this.gates.push({ gateId, wish, kind, edits: [], answered: false });
  }
}

/** What goes with the answer to a gate that wants a secret. */
export function credentialsOf(stage: Stage, random: SeededRandom) {
  return [{ handle: TOKEN, value: random.pick(stage.secrets) }];
}
