/** What the tests of this package share: a desk with tools, a model that keeps nothing, and time that is moved by hand. */
import {
  capabilityIdSchema,
  parseResourceScope,
  type GateRow,
  type JsonValue,
  type Principal,
  type ResourceScope,
} from '@reborn/host-api';
import { createFakePlatform, createFaultyStore, type FakePlatform } from '@reborn/host-api/testkit';
import { defineTool } from '@reborn/host-runtime';
import type { HookSpec } from '@reborn/hooks';
import type { RunRow } from '@reborn/turns';
import type { ModelProvider } from '@reborn/turns/loop';
import { z } from 'zod';
import {
  createReborn,
  type DriveOutcome,
  type HostExtension,
  type HostStorage,
  type Reborn,
  type RebornOptions,
} from '../src/index.ts';
import { keptInMemory, type KeptStorage } from '../src/testkit/index.ts';

export const scope = parseResourceScope({ tenantId: 'default', userId: 'ada', threadId: 'notes' }) as ResourceScope & {
  threadId: NonNullable<ResourceScope['threadId']>;
};
export const ada: Principal = { kind: 'user', id: scope.userId };

export type Step = string | readonly (readonly [tool: string, input: JsonValue])[];

/** Where it stands follows from the conversation alone: it may be asked again by another process. */
export function modelOf(steps: readonly Step[]): ModelProvider & { readonly asked: number } {
  let asked = 0;
  return {
    label: 'model',
    get asked() {
      return asked;
    },
    complete: async ({ messages }) => {
      asked += 1;
      const begin = messages.findLastIndex((message) => message.role === 'user');
      const at = messages.slice(begin).filter((message) => message.role === 'assistant').length;
      const step = steps[at] ?? 'Done.';
      if (typeof step === 'string') return { kind: 'reply', text: step, calls: [] };
      const calls = step.map(([tool, input], index) => ({
        callId: `${at}-${index}`,
        capabilityId: capabilityIdSchema.parse(tool),
        input,
      }));
      return { kind: 'reply', text: '', calls };
    },
  };
}

/** The desk: one tool that looks, one that writes and is asked about. `written` is what happened outside. */
export function deskOf(
  written: string[],
  hooks: readonly HookSpec[] = [],
  during?: (text: string, signal: AbortSignal) => Promise<void>,
): HostExtension {
  const look = defineTool({
    id: 'desk.look',
    description: 'Looks something up.',
    input: z.strictObject({ name: z.string().max(64) }),
    effects: ['read_filesystem'],
    run: ({ name }) => ({ found: name }),
  });
  const write = defineTool({
    id: 'desk.write',
    description: 'Writes something down.',
    input: z.strictObject({ text: z.string().max(64) }),
    effects: ['write_filesystem'],
    deadlineMs: 20_000,
    run: async ({ text }, { signal }) => {
      written.push(text);
      await during?.(text, signal);
      return { done: text };
    },
  });
  return { id: 'desk', version: '1.0.0', tools: [look, write], hooks };
}

export interface Bench {
  readonly platform: FakePlatform;
  readonly storage: KeptStorage;
  readonly written: string[];
  open(options?: Partial<RebornOptions>): Promise<Reborn>;
  submit(host: Reborn, text?: string): Promise<{ readonly scope: ResourceScope; readonly runId: RunRow['runId'] }>;
  /** Waits for the work and lets time pass meanwhile. */
  pump<T>(work: Promise<T>, strideMs?: number): Promise<T>;
}

export function bench(
  steps: readonly Step[] | ModelProvider,
  parts: { hooks?: readonly HookSpec[]; during?: (text: string, signal: AbortSignal) => Promise<void> } = {},
): Bench {
  const platform = createFakePlatform();
  const storage = keptInMemory();
  const written: string[] = [];
  const model = 'complete' in steps ? steps : modelOf(steps);
  return {
    platform,
    storage,
    written,
    open: (options = {}) =>
      createReborn({
        platform,
        storage,
        model,
        profile: 'test',
        extensions: [deskOf(written, parts.hooks, parts.during)],
        ...options,
      }),
    submit,
    pump: (work, strideMs = 50) => pump(platform, work, strideMs),
  };
}

export async function submit(host: Reborn, text = 'Hello'): Promise<{ scope: ResourceScope; runId: RunRow['runId'] }> {
  const outcome = await host.turns.submitTurn({ scope, actor: ada, text });
  if (outcome.kind !== 'accepted') throw new Error(`not accepted: ${outcome.kind}`);
  return { scope, runId: outcome.runId };
}

export async function pump<T>(platform: FakePlatform, work: Promise<T>, strideMs: number): Promise<T> {
  const state = { over: false };
  const ended = work.finally(() => {
    state.over = true;
  });
  ended.catch(() => undefined);
  while (!state.over) {
    await rest();
    if (!state.over) platform.advance(strideMs);
  }
  return ended;
}

/** Lets everything happen that needs no time. */
export async function rest(rounds = 20): Promise<void> {
  for (let round = 0; round < rounds; round += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

export async function answer(
  host: Reborn,
  gate: GateRow | undefined,
  decision: 'approve' | 'deny' = 'approve',
  more: { input?: JsonValue; approver?: Principal } = {},
) {
  if (gate === undefined) throw new Error('there is no such gate');
  const { approver = ada, ...rest } = more;
  const how = decision === 'approve' && 'input' in rest ? 'edit' : decision;
  return host.runtime.resolveGate({ tenantId: scope.tenantId, gateId: gate.gateId, approver, ...rest, decision: how });
}

export async function gatesOf(host: Reborn): Promise<readonly GateRow[]> {
  return host.openGates(scope);
}

/** What an outcome comes to, in one line. */
export function told(outcome: DriveOutcome): string {
  if (outcome.kind === 'unknown_run') return 'unknown_run';
  return [outcome.kind, outcome.run.status, outcome.run.failure?.kind].filter((part) => part !== undefined).join(' ');
}

export async function resultsOf(host: Reborn): Promise<readonly string[]> {
  const entries = await host.turns.readThread(scope);
  return entries.flatMap((entry) => {
    if (entry.kind !== 'tool_result') return [];
    const { result } = entry;
    return [`${entry.callId} ${result.kind === 'completed' ? 'completed' : `${result.failureKind} ${result.effect}`}`];
  });
}

export function deferred(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve: () => resolve() };
}

/** Waits until something has become true that needs no time. */
export async function until(isTrue: () => boolean): Promise<void> {
  for (let round = 0; round < 100_000 && !isTrue(); round += 1) await rest(1);
}

/** Dies with its `nth` commit: the commit happens or does not, and nobody hears. */
export function dying(storage: HostStorage, nth: number, happens: boolean): HostStorage {
  const when = happens ? 'after' : 'before';
  return {
    durability: storage.durability,
    open: async (opening) => createFaultyStore(await storage.open(opening), [{ call: nth, when, does: 'dies' }]),
  };
}
