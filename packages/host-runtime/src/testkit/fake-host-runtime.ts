/**
 * The door by script. It checks requests as the real one does and answers what it was told to; it simulates no
 * authority, gate, store or capability.
 *
 * Not here: a real door for tests (`createHostRuntime` over `createInMemoryStore`).
 * Source: specification 2, c.
 */
import { parseCapabilityId, type SecretHandle } from '@reborn/host-api';
import type { z } from 'zod';
import { HostRuntimeError } from '../errors.ts';
import {
  cancelWorkSchema,
  invokeRequestSchema,
  parseRequest,
  resolveGateSchema,
  runtimeStatusSchema,
  visibleCapabilitiesSchema,
  type CancelWorkOutcome,
  type HostRuntime,
  type InvokeOutcome,
  type ResolveGateOutcome,
  type ResolveGateRequest,
  type RuntimeHealth,
  type RuntimeStatus,
  type VisibleSurface,
} from '../host-runtime.ts';
import { SecretValue } from '../secret/secret-value.ts';

/** Holds one call between its record and its answer. `arrived` resolves when the call is there. */
export interface Latch {
  readonly arrived: Promise<void>;
  readonly opened: Promise<void>;
  arrive(): void;
  open(): void;
}

/** One answer, or the code of one fault. */
export type Scripted<Outcome> = { readonly latch?: Latch } & (
  | { readonly outcome: Outcome }
  | { readonly fault: HostRuntimeError['code'] }
);

/** With a `capabilityId`, it answers calls of that capability only. */
export type ScriptedInvoke = Scripted<InvokeOutcome> & { readonly capabilityId?: string };

/** With a `decision`, it answers requests with that decision only. */
export type ScriptedAnswer = Scripted<ResolveGateOutcome> & { readonly decision?: ResolveGateRequest['decision'] };

/** Shape: each answer is used once, in order. */
export interface FakeHostRuntimeScript {
  readonly invokeCapability?: readonly ScriptedInvoke[];
  readonly spawnCapability?: readonly ScriptedInvoke[];
  readonly resolveGate?: readonly ScriptedAnswer[];
  readonly visibleCapabilities?: readonly Scripted<VisibleSurface>[];
  readonly cancelWork?: readonly Scripted<CancelWorkOutcome>[];
  readonly runtimeStatus?: readonly Scripted<RuntimeStatus>[];
  readonly health?: readonly Scripted<RuntimeHealth>[];
}

type ParsedAnswer = z.output<typeof resolveGateSchema>;

/** As it was asked; the credentials show themselves to nobody. */
export type RecordedAnswer = Omit<ParsedAnswer, 'credentials'> & {
  readonly credentials?: readonly { readonly handle: SecretHandle; readonly value: SecretValue }[];
};

/** Deep copies of what was asked, well-formed requests only. Order: as asked. */
export interface RecordedRequests {
  readonly invokeCapability: readonly z.output<typeof invokeRequestSchema>[];
  readonly spawnCapability: readonly z.output<typeof invokeRequestSchema>[];
  readonly resolveGate: readonly RecordedAnswer[];
  readonly visibleCapabilities: readonly z.output<typeof visibleCapabilitiesSchema>[];
  readonly cancelWork: readonly z.output<typeof cancelWorkSchema>[];
  readonly runtimeStatus: readonly z.output<typeof runtimeStatusSchema>[];
  readonly health: number;
}

type Method = keyof FakeHostRuntimeScript;

/**
 * Errors of each method: `host-runtime/invalid_request` as the real one; the scripted fault; `host-runtime/unavailable`
 * whose detail says that the script has no answer left.
 */
export interface FakeHostRuntime extends HostRuntime {
  readonly requests: RecordedRequests;
  /** Adds answers after those that are left. */
  add(script: FakeHostRuntimeScript): void;
  /** Errors: `host-runtime/unavailable` naming how many answers of which methods are left. */
  assertConsumed(): void;
}

export function createFakeHostRuntime(script: FakeHostRuntimeScript = {}): FakeHostRuntime {
  const left = {
    invokeCapability: new Queue<InvokeOutcome>('invokeCapability'),
    spawnCapability: new Queue<InvokeOutcome>('spawnCapability'),
    resolveGate: new Queue<ResolveGateOutcome>('resolveGate'),
    visibleCapabilities: new Queue<VisibleSurface>('visibleCapabilities'),
    cancelWork: new Queue<CancelWorkOutcome>('cancelWork'),
    runtimeStatus: new Queue<RuntimeStatus>('runtimeStatus'),
    health: new Queue<RuntimeHealth>('health'),
  };
  const asked = {
    invokeCapability: [] as z.output<typeof invokeRequestSchema>[],
    spawnCapability: [] as z.output<typeof invokeRequestSchema>[],
    resolveGate: [] as RecordedAnswer[],
    visibleCapabilities: [] as z.output<typeof visibleCapabilitiesSchema>[],
    cancelWork: [] as z.output<typeof cancelWorkSchema>[],
    runtimeStatus: [] as z.output<typeof runtimeStatusSchema>[],
    health: 0,
  };
  const add = (more: FakeHostRuntimeScript): void => {
    left.invokeCapability.add(more.invokeCapability);
    left.spawnCapability.add(more.spawnCapability);
    left.resolveGate.add(more.resolveGate);
    left.visibleCapabilities.add(more.visibleCapabilities);
    left.cancelWork.add(more.cancelWork);
    left.runtimeStatus.add(more.runtimeStatus);
    left.health.add(more.health);
  };
  add(script);
  return {
    requests: asked,
    add,
    assertConsumed: () => assertConsumed(Object.values(left)),
    async invokeCapability(request) {
      const parsed = structuredClone(parseRequest(invokeRequestSchema, request));
      asked.invokeCapability.push(parsed);
      return left.invokeCapability.answer(parsed.capabilityId);
    },
    async spawnCapability(request) {
      const parsed = structuredClone(parseRequest(invokeRequestSchema, request));
      asked.spawnCapability.push(parsed);
      return left.spawnCapability.answer(parsed.capabilityId);
    },
    async resolveGate(request) {
      const parsed = parseRequest(resolveGateSchema, request);
      asked.resolveGate.push(toRecorded(parsed));
      return left.resolveGate.answer(parsed.decision);
    },
    async visibleCapabilities(request) {
      asked.visibleCapabilities.push(structuredClone(parseRequest(visibleCapabilitiesSchema, request)));
      return left.visibleCapabilities.answer();
    },
    async cancelWork(request) {
      asked.cancelWork.push(structuredClone(parseRequest(cancelWorkSchema, request)));
      return left.cancelWork.answer();
    },
    async runtimeStatus(request) {
      asked.runtimeStatus.push(structuredClone(parseRequest(runtimeStatusSchema, request)));
      return left.runtimeStatus.answer();
    },
    async health() {
      asked.health += 1;
      return left.health.answer();
    },
  };
}

export function createLatch(): Latch {
  let arrive = (): void => undefined;
  let open = (): void => undefined;
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { arrived, opened, arrive, open };
}

/** `only`: the capability or the decision that an answer is for. */
class Queue<Outcome> {
  readonly method: Method;
  readonly #left: { readonly only: string | undefined; readonly scripted: Scripted<Outcome> }[] = [];

  constructor(method: Method) {
    this.method = method;
  }

  get length(): number {
    return this.#left.length;
  }

  add(
    entries: readonly (Scripted<Outcome> & { readonly capabilityId?: string; readonly decision?: string })[] = [],
  ): void {
    for (const { capabilityId, decision, ...scripted } of entries) {
      const only = capabilityId === undefined ? decision : parseCapabilityId(capabilityId);
      this.#left.push({ only, scripted: scripted as Scripted<Outcome> });
    }
  }

  async answer(about?: string): Promise<Outcome> {
    const at = this.#left.findIndex(({ only }) => only === undefined || only === about);
    const [found] = at < 0 ? [] : this.#left.splice(at, 1);
    if (found === undefined) throw unscripted(this.method);
    const { latch, ...scripted } = found.scripted;
    latch?.arrive();
    await latch?.opened;
    if ('fault' in scripted) throw new HostRuntimeError(scripted.fault);
    return structuredClone(scripted.outcome);
  }
}

function toRecorded({ credentials, ...answer }: ParsedAnswer): RecordedAnswer {
  const given = credentials?.map(({ handle, value }) => ({ handle, value: new SecretValue(value) }));
  return { ...structuredClone(answer), ...(given === undefined ? {} : { credentials: given }) };
}

function assertConsumed(queues: readonly { readonly method: Method; readonly length: number }[]): void {
  const rest = queues.filter(({ length }) => length > 0).map(({ method, length }) => `${length} of ${method}`);
  if (rest.length === 0) return;
  const detail = { field: 'script', rule: `has answers that nobody asked for: ${rest.join(', ')}` };
  throw new HostRuntimeError('host-runtime/unavailable', { detail });
}

function unscripted(method: Method): HostRuntimeError {
  const detail = { field: 'script', rule: `has no answer left for this call of ${method}` };
  return new HostRuntimeError('host-runtime/unavailable', { detail });
}
