/**
 * One turn from message to end, with a model that answers from a list and time that costs nothing.
 *
 * While a tool, a hook or the model is at work, time stands still; while all of them wait for the host, it moves on. So
 * pauses and retries take no time, and nothing that works is ever too late.
 *
 * Not here: what the host does (`createReborn`).
 */
import { parseResourceScope, type GateRow, type JsonValue, type Principal, type ResourceScope } from '@reborn/host-api';
import { createFakePlatform, type FakePlatform } from '@reborn/host-api/testkit';
import type { CapabilityHandler } from '@reborn/host-runtime';
import type { HookSpec } from '@reborn/hooks';
import type { RunRow, TranscriptEntry } from '@reborn/turns';
import type { ModelProvider } from '@reborn/turns/loop';
import { createReborn } from '../create-reborn.ts';
import type { Explanation } from '../explain.ts';
import type { HostExtension } from '../extension/host-extension.ts';
import type { HostStorage } from '../host-storage.ts';
import type { Reborn, RebornOptions } from '../reborn.ts';
import { keptInMemory, type KeptStorage } from './kept-storage.ts';
import { createScriptedModel, type ScriptedStep } from './scripted-model.ts';

/** Rounds of waiting for the host itself before time moves on: more than its longest chain of steps without a pause. */
const STEPS_AT_REST = 500;
/** How far time moves at once. Units: milliseconds. */
const STRIDE_MS = 25;
/** Questions of one turn; more are a turn that never ends. */
const ROUNDS_MAX = 1_000;

/** What somebody says to one question. `undefined` leaves it open, and the turn parked. */
export type ScriptedAnswer =
  | 'approve'
  | 'deny'
  | { readonly decision: 'approve' | 'deny'; readonly input?: JsonValue; readonly reason?: string }
  | undefined;

/**
 * `model`: its answers in order, or a model. `approve`: what the person says to each question; nobody answers without.
 * `say`: the message, `Hello` if nothing is given. `options`: anything else of the host; its profile is `test`.
 */
export interface TurnScript {
  readonly model: readonly ScriptedStep[] | ModelProvider;
  readonly extensions?: readonly HostExtension[];
  readonly approve?: ScriptedAnswer | ((gate: GateRow) => ScriptedAnswer);
  readonly say?: string;
  readonly storage?: KeptStorage;
  readonly platform?: FakePlatform;
  readonly scope?: ResourceScope & { readonly threadId: NonNullable<ResourceScope['threadId']> };
  readonly options?: Omit<Partial<RebornOptions>, 'platform' | 'storage' | 'model' | 'extensions'>;
}

/** `outcome`: `parked` when a question was left open. `reply`: what the model said last. `gates`: each once, answered or not. */
export interface FinishedTurn {
  readonly outcome: 'completed' | 'failed' | 'cancelled' | 'parked';
  readonly run: RunRow;
  readonly reply: string | undefined;
  readonly transcript: readonly TranscriptEntry[];
  readonly explanation: Explanation;
  readonly gates: readonly GateRow[];
}

/** The person in whose name turns are made unless another one is given. */
export const TEST_SCOPE = parseResourceScope({ tenantId: 'default', userId: 'ada', threadId: 'test' }) as NonNullable<
  TurnScript['scope']
>;

/** Errors: those of `createReborn`, of the host at work, and an `Error` for a turn that is not accepted. */
export async function runTurn(script: TurnScript): Promise<FinishedTurn> {
  const { platform = createFakePlatform(), storage = keptInMemory(), scope = TEST_SCOPE } = script;
  const watched = new AtWork();
  const host = await createReborn({
    profile: 'test',
    tenants: [scope.tenantId],
    ...script.options,
    platform,
    storage: storage satisfies HostStorage,
    model: watched.model('complete' in script.model ? script.model : createScriptedModel(script.model)),
    extensions: (script.extensions ?? []).map((extension) => watched.extension(extension)),
  });
  const finish = async (): Promise<FinishedTurn> => {
    try {
      return await turn(host, scope, script);
    } finally {
      await host.close();
    }
  };
  return watched.whileTimePasses(finish(), platform);
}

async function turn(host: Reborn, scope: NonNullable<TurnScript['scope']>, script: TurnScript): Promise<FinishedTurn> {
  const person: Principal = { kind: 'user', id: scope.userId };
  const submitted = await host.turns.submitTurn({ scope, actor: person, text: script.say ?? 'Hello' });
  if (submitted.kind !== 'accepted') throw new Error('The thread is busy with another run');
  const { runId } = submitted;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const driven = await host.drive({ scope, runId });
    if (driven.kind === 'parked' && (await answerAll(host, scope, person, script.approve))) continue;
    await host.settle();
    return toFinished(host, scope, runId);
  }
  throw new Error('The turn does not end');
}

/** True when a question was answered, so that the run can go on. */
async function answerAll(
  host: Reborn,
  scope: ResourceScope,
  approver: Principal,
  approve: TurnScript['approve'],
): Promise<boolean> {
  let answered = false;
  for (const gate of await host.openGates(scope)) {
    const given = typeof approve === 'function' ? approve(gate) : approve;
    if (given === undefined) continue;
    const { decision, ...more } = typeof given === 'string' ? { decision: given } : given;
    const outcome = await host.runtime.resolveGate({
      tenantId: scope.tenantId,
      gateId: gate.gateId,
      approver,
      ...more,
      decision: decision === 'approve' && 'input' in more ? 'edit' : decision,
    });
    if (outcome.kind === 'invalid_edit')
      throw new Error(`The edited input does not fit: ${outcome.field} ${outcome.rule}`);
    answered ||= outcome.kind === 'resolved' || outcome.kind === 'already_closed';
  }
  return answered;
}

async function toFinished(host: Reborn, scope: ResourceScope, runId: RunRow['runId']): Promise<FinishedTurn> {
  const explanation = await host.explain(scope, { runId });
  const run = explanation?.run;
  if (explanation === undefined || run === undefined) throw new Error('The run is gone');
  const { status } = run;
  const outcome = status === 'queued' || status === 'running' ? 'parked' : status;
  const last = explanation.transcript.findLast((entry) => entry.kind === 'assistant_message');
  const gates = new Map(explanation.calls.flatMap((call) => call.gates.map((gate) => [gate.gateId, gate] as const)));
  const { transcript } = explanation;
  return { outcome, run, reply: last?.text, transcript, explanation, gates: [...gates.values()] };
}

/** Everything of the test's own that is at work at the moment. */
class AtWork {
  readonly #working = new Set<Promise<unknown>>();

  model(model: ModelProvider): ModelProvider {
    const { label, recorded = false } = model;
    return { label, recorded, complete: (request, options) => this.#track(() => model.complete(request, options)) };
  }

  extension(extension: HostExtension): HostExtension {
    const { id, version, source, tools = [], hooks = [] } = extension;
    const watched = {
      id,
      version,
      tools: tools.map((tool) => this.#tool(tool)),
      hooks: hooks.map((hook) => this.#hook(hook)),
    };
    return source === undefined ? watched : { ...watched, source };
  }

  /** Lets the host work, and time pass when nobody else does. */
  async whileTimePasses<T>(work: Promise<T>, platform: FakePlatform): Promise<T> {
    const state = { over: false };
    const ended = work.finally(() => {
      state.over = true;
    });
    ended.catch(() => undefined);
    for (let rest = 0; !state.over;) {
      if (this.#working.size > 0) {
        await Promise.race([ended, ...this.#working]).catch(() => undefined);
        rest = 0;
      } else if (rest < STEPS_AT_REST) {
        await Promise.resolve();
        rest += 1;
      } else {
        platform.advance(STRIDE_MS);
        rest = 0;
      }
    }
    return ended;
  }

  #tool(tool: CapabilityHandler): CapabilityHandler {
    const { descriptor, provider } = tool;
    return {
      descriptor,
      provider,
      checkInput: (input) => tool.checkInput(input),
      run: (call) => this.#track(() => tool.run(call)),
    };
  }

  #hook(hook: HookSpec): HookSpec {
    const { body } = hook;
    const watched = (...told: unknown[]) => this.#track(() => Reflect.apply(body, undefined, told));
    return { ...hook, body: watched } as HookSpec;
  }

  /** Only what takes its time is watched: what is there at once goes through as it is. */
  #track<T>(work: () => T): T {
    const result: unknown = work();
    if (result instanceof Promise) {
      const working = result.then(
        () => undefined,
        () => undefined,
      );
      this.#working.add(working);
      void working.then(() => this.#working.delete(working));
    }
    return result as T;
  }
}
