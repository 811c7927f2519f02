/**
 * A host under attack by whoever can send answers: two doors on one store, three calls of three people, and whatever anybody
 * may do to the gates of these calls. Everything that happens is kept.
 *
 * Not here: which attacks there are (`hostile-answers.test.ts`), what must not have happened (`hostile-verdict.ts`), hosts
 * with a hole (`hostile-holes.ts`).
 */
import { isDeepStrictEqual } from 'node:util';
import {
  createHostTrustPolicy,
  digestOf,
  gateMachine,
  getRecord,
  parseExtensionId,
  portableDigest,
  type DurableStore,
  type GateId,
  type GateRow,
  type JsonValue,
  type Principal,
} from '@reborn/host-api';
import { buildContext, buildGrant, buildScope, fixedUuid, wrapStore } from '@reborn/host-api/testkit';
import type { HandlerCall, HostRuntime, InvokeRequest } from '@reborn/host-runtime';
import { recordingPolicy, scriptedHandler } from '@reborn/host-runtime/testkit';
import type * as fc from 'fast-check';
import type { Hole } from './hole.ts';
import { judgeSiege, type Answered, type Effect, type Opened } from './hostile-verdict.ts';
import { createSchedule, type Schedule } from './schedule.ts';
import type { World } from './support.ts';

/** How long a gate can be answered. Units: milliseconds. */
export const TTL_MS = 60_000;

/** What an approval is bound to besides the input; each may change when a host, or its caller, is started anew. */
export const BOUND_TO = ['capability', 'package', 'grant', 'trust', 'hooks', 'posture', 'estimate'] as const;
type Bound = (typeof BOUND_TO)[number];

/** Two people, one of whom has a namesake in another tenant. */
const CALLERS = [
  { tenantId: 'acme', userId: 'alice' },
  { tenantId: 'acme', userId: 'bob' },
  { tenantId: 'other', userId: 'alice' },
] as const;
export const CALLS = [0, 1, 2] as const;
const FINAL: readonly GateRow['status'][] = ['denied', 'expired', 'superseded', 'revoked', 'consumed'];

type Door = 0 | 1;
/** `gate`: one that was opened, newest first; or an identity that nobody was given. `by`: who says that they answer. */
export type Step =
  | { readonly kind: 'call'; readonly door: Door; readonly call: (typeof CALLS)[number] }
  | {
      readonly kind: 'answer';
      readonly door: Door;
      readonly gate: { readonly newest: number } | { readonly invented: number };
      readonly decision: 'approve' | 'edit' | 'deny' | 'revoke';
      readonly by: Principal | 'owner';
      readonly tenant: 'own' | 'acme' | 'other';
    }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'restart'; readonly door: Door; readonly change: Bound | 'nothing' };

/** A host without a defence; `executes` stands in the place of the input that the door hands out. */
export interface SiegeHole extends Hole {
  readonly executes?: (sent: JsonValue) => JsonValue;
}

let sieges = 0;

/** One attack on a world; several may follow each other on one. */
export class Siege {
  readonly #world: World;
  readonly #executes: SiegeHole['executes'];
  readonly #schedule: Schedule;
  readonly #number: number;
  readonly #opened = new Map<GateId, Opened>();
  readonly #answers: Answered[] = [];
  readonly #effects: Effect[] = [];
  readonly #wrong: string[] = [];
  readonly #requests = CALLS.map(() => undefined as InvokeRequest | undefined);
  /** What each door finds otherwise than it was; changed twice, it is as it was. */
  readonly #changes = [new Set<Bound>(), new Set<Bound>()] as const;
  readonly #doors: HostRuntime[];
  #rows = new Map<GateId, GateRow>();

  constructor(world: World, { executes }: SiegeHole = {}, scheduler?: fc.Scheduler) {
    sieges += 1;
    this.#number = sieges;
    this.#world = world;
    this.#executes = executes;
    this.#schedule = createSchedule(scheduler);
    this.#doors = [this.#openDoor(0), this.#openDoor(1)];
  }

  get effects(): readonly Effect[] {
    return this.#effects;
  }

  /** Steps that happen at the same time. */
  async happen(steps: readonly Step[]): Promise<void> {
    const answered = await this.#schedule.pump(this.#world, Promise.all(steps.map((step) => this.#take(step))));
    await this.#look(answered.length === 1 ? answered[0] : undefined);
  }

  /** Sentences about what must never happen and did. */
  verdict(): readonly string[] {
    const [opened, answers, effects, rows] = [this.#opened, this.#answers, this.#effects, this.#rows];
    return [...this.#wrong, ...judgeSiege({ calls: CALLS, opened, answers, effects, rows })];
  }

  #openDoor(at: Door): HostRuntime {
    const bound = JSON.stringify([...this.#changes[at]].toSorted());
    const is = (what: Bound): number => Number(this.#changes[at].has(what));
    const handler = scriptedHandler({
      descriptor: { permission: 'ask', description: `Writes a note (${is('capability')}).` },
      otherwise: ({ input, invocationId }: HandlerCall) => {
        const call = this.#requests.findIndex((request) => request?.context.invocationId === invocationId);
        const sent = this.#requests[call]?.input as JsonValue;
        this.#effects.push({
          call,
          input: this.#executes?.(sent) ?? input,
          bound,
          atMs: this.#world.platform.clock.nowMs(),
        });
        return { kind: 'completed', output: { approved: true, gates: [...this.#opened.keys()] } };
      },
    });
    const digest = digestOf({ package: is('package') }, portableDigest);
    const policy = recordingPolicy();
    policy.setVersion(is('hooks'));
    const trust = is('trust') === 0 ? 'user_trusted' : 'first_party';
    const entry = { packageId: parseExtensionId('notes'), source: 'composed', trust } as const;
    const grants = CALLERS.map(({ userId }, index) =>
      buildGrant({
        id: fixedUuid(900 + index),
        grantee: { kind: 'user', id: userId },
        ceiling: { egressBytes: 1000 + is('grant') },
      }),
    );
    const watched = this.#watchOpenings(this.#world.store, bound);
    return this.#world.open([{ ...handler, provider: { ...handler.provider, digest } }], {
      store: this.#schedule.store(watched),
      trust: createHostTrustPolicy([{ ...entry, allowedEffects: ['write_filesystem'] }]),
      grants: {
        grantsFor: async ({ userId }) => grants.filter(({ grantee }) => 'id' in grantee && grantee.id === userId),
      },
      policy,
      profile: is('posture') === 0 ? 'local' : 'test',
      gateTtlMs: TTL_MS,
    });
  }

  /** Knows of each gate under which conditions it was opened, before anybody hears of it. */
  #watchOpenings(store: DurableStore, bound: string): DurableStore {
    return wrapStore(store, {
      commit: async (writes) => {
        const outcome = await store.commit(writes);
        for (const write of outcome.kind === 'committed' ? writes : []) {
          if (write.kind !== 'transition' || write.machine !== 'gate' || write.command['trigger'] !== 'open') continue;
          const { gateId, input, receipt } = write.command['gate'] as unknown as GateRow;
          const call = this.#requests.findIndex((request) => request?.context.invocationId === receipt.invocationId);
          this.#opened.set(gateId, { call, bound, input });
        }
        return outcome;
      },
    });
  }

  async #take(step: Step): Promise<Answered | undefined> {
    switch (step.kind) {
      case 'wait':
        await this.#schedule.turn();
        this.#world.platform.advance(step.ms);
        return undefined;
      case 'restart':
        if (step.change !== 'nothing') toggle(this.#changes[step.door], step.change);
        this.#doors[step.door] = this.#openDoor(step.door);
        return undefined;
      case 'call':
        await this.#doors[step.door]?.invokeCapability({
          ...this.#requestOf(step.call),
          estimate: { usd: this.#changes[step.door].has('estimate') ? '1' : '0' },
        });
        return undefined;
      case 'answer':
        return this.#answer(step);
    }
  }

  /** Everybody uses the same key, and an input that claims to be approved already and names what gates there are. */
  #requestOf(call: (typeof CALLS)[number]): InvokeRequest {
    const scope = buildScope(CALLERS[call]);
    const number = 10_000 + this.#number * 10 + call;
    const context = buildContext({ invocationId: fixedUuid(number), correlationId: fixedUuid(number), scope });
    const input = { text: `original ${call}`, approved: true, gates: [...this.#opened.keys()] };
    const request = this.#requests[call] ?? {
      context,
      capabilityId: 'notes.write',
      input,
      idempotencyKey: `key ${this.#number}`,
    };
    this.#requests[call] = request;
    return request;
  }

  async #answer(step: Extract<Step, { kind: 'answer' }>): Promise<Answered> {
    const known = [...this.#opened.keys()];
    const gateId =
      'invented' in step.gate
        ? fixedUuid(step.gate.invented)
        : known.at(-1 - (step.gate.newest % Math.max(1, known.length)));
    const owner = CALLERS[this.#opened.get((gateId ?? '') as GateId)?.call ?? 0] ?? CALLERS[0];
    const tenantId = step.tenant === 'own' ? owner.tenantId : step.tenant;
    const approver: Principal = step.by === 'owner' ? ({ kind: 'user', id: owner.userId } as Principal) : step.by;
    const input = step.decision === 'edit' ? { text: `edited ${this.#answers.length}` } : undefined;
    const about = { tenantId, gateId: gateId ?? fixedUuid(1), approver, decision: step.decision };
    const outcome = await this.#doors[step.door]?.resolveGate({ ...about, ...(input === undefined ? {} : { input }) });
    const isOwner = approver.kind === 'user' && approver.id === owner.userId && tenantId === owner.tenantId;
    const rightful = isOwner && this.#opened.has(about.gateId as GateId);
    const answered = {
      gateId: about.gateId,
      decision: step.decision,
      input,
      rightful,
      outcome: outcome?.kind ?? 'unknown_gate',
    };
    this.#answers.push(answered);
    return answered;
  }

  /** `alone`: the answer that nothing else happened beside. */
  async #look(alone: Answered | undefined): Promise<void> {
    const found = await Promise.all(
      [...this.#opened.keys()].map((id) => getRecord(this.#world.store, gateMachine, id)),
    );
    const now = new Map(found.flatMap((row) => (row === undefined ? [] : [[row.gateId, row] as const])));
    for (const [id, row] of this.#rows) {
      const next = now.get(id);
      const was = `gate ${id} was ${row.status}`;
      if (FINAL.includes(row.status) && next?.status !== row.status) this.#wrong.push(`${was} and is ${next?.status}`);
      const untouched = alone !== undefined && (alone.gateId !== id || !alone.rightful);
      if (untouched && !isDeepStrictEqual(next, row))
        this.#wrong.push(`${was} and was touched by an answer that is not for it`);
    }
    this.#rows = now;
  }
}

function toggle<T>(set: Set<T>, item: T): void {
  if (!set.delete(item)) set.add(item);
}
