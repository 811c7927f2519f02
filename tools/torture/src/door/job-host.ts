/**
 * The host of the job: tools whose effects somebody else counts, a model that is a script, hooks, a budget, and secrets.
 *
 * Not here: what is done with it (`carry-out-job.ts`), the process around it (`../job.ts`).
 */
import { createHash } from 'node:crypto';
import { createNodeCipher } from '@reborn/adapter-node';
import {
  capabilityIdSchema,
  parseSecretHandle,
  type EffectKind,
  type Platform,
  type ResourceAmounts,
} from '@reborn/host-api';
import type { HookSpec } from '@reborn/hooks';
import { defineTool, type CapabilityHandler, type HandlerCall } from '@reborn/host-runtime';
import { createReborn, type HostExtension, type HostStorage, type Reborn } from '@reborn/reborn';
import type { ModelProvider } from '@reborn/turns/loop';
import { z } from 'zod';

export const JOB_TOKEN = parseSecretHandle('job_token');
/** Of the second the other side wants to know nothing, of the first everything. Neither may be found anywhere. */
export const RIGHT_SECRET = 'canary-right+/%7Zq"é-of-the-job';
export const WRONG_SECRET = 'canary-wrong+/%7Zq"é-of-the-job';
/** Stands in inputs, and in no stream. */
export const EDITED_TEXT = 'as the answer has changed it';

export const LIMIT: ResourceAmounts = { usd: '5' };
const PAUSE_AT = 0.4;
const ESTIMATE: ResourceAmounts = { usd: '0.5' };

/** By number: two effects of the run, one with a credential, a process that ends, one that goes on until it is stopped. */
export const EFFECTS = { edited: 1, revoked: 2, keyed: 3, ending: 4, lasting: 5 } as const;
export const EFFECT_NUMBERS: readonly number[] = Object.values(EFFECTS);

const inputSchema = z.strictObject({
  n: z.int().nonnegative(),
  text: z.string().max(100).default('as the model wants it'),
});

/** What happens inside an effect: the effect itself, and whatever the harness does around it. */
export interface JobEffects {
  happen(n: number, call: Pick<HandlerCall, 'invocationId'>, text: string): Promise<void>;
}

const STEPS: readonly (readonly { readonly tool: string; readonly n: number }[])[] = [
  [{ tool: 'job.look', n: 0 }],
  [
    { tool: 'job.effect', n: EFFECTS.edited },
    { tool: 'job.effect', n: EFFECTS.revoked },
  ],
  [
    { tool: 'job.look', n: 9 },
    { tool: 'job.keyed', n: EFFECTS.keyed },
  ],
];

/** Stateless: where it is follows from the conversation, as with any model. */
const model: ModelProvider = {
  label: 'job',
  complete: async ({ messages }) => {
    const at = messages.filter((message) => message.role === 'assistant').length;
    const calls = (STEPS[at] ?? []).map(({ tool, n }, index) => ({
      callId: `${at}-${index}`,
      capabilityId: capabilityIdSchema.parse(tool),
      input: { n },
    }));
    return { kind: 'reply', text: calls.length === 0 ? 'The job is done.' : '', calls };
  },
};

export interface JobHostParts {
  readonly platform: Platform;
  readonly storage: HostStorage;
  readonly leaseMs: number;
  readonly effects: JobEffects;
}

export function openJobHost({ platform, storage, leaseMs, effects }: JobHostParts): Promise<Reborn> {
  return createReborn({
    platform,
    storage,
    model,
    leaseMs,
    profile: 'local',
    extensions: [extension(effects)],
    secrets: { cipher: createNodeCipher({ key: createHash('sha256').update('the key of the job').digest() }) },
    budgets: [{ axis: 'user', period: { kind: 'rolling_day' }, limit: LIMIT, pauseAt: PAUSE_AT }],
  });
}

function extension(effects: JobEffects): HostExtension {
  const look = defineTool({
    id: 'job.look',
    description: 'Looks.',
    input: inputSchema,
    effects: ['read_filesystem'],
    run: ({ n }) => ({ n }),
  });
  const once = async ({ n, text }: z.output<typeof inputSchema>, call: HandlerCall) => {
    await effects.happen(n, call, text);
    return { done: n };
  };
  const lasting = async (input: z.output<typeof inputSchema>, call: HandlerCall) => {
    const done = await once(input, call);
    if (!call.signal.aborted) {
      await new Promise<void>((resolve) => call.signal.addEventListener('abort', () => resolve(), { once: true }));
    }
    return done;
  };
  const tools: readonly CapabilityHandler[] = [
    look,
    effectTool('job.effect', ['external_write'], once),
    effectTool('job.process', ['external_write', 'spawn_process'], once),
    effectTool('job.lasting', ['external_write', 'spawn_process'], lasting),
    keyed(effectTool('job.keyed', ['external_write', 'use_secret'], once)),
  ];
  return { id: 'job', version: '1.0.0', tools, hooks: hooks() };
}

function effectTool(
  id: string,
  effects: readonly EffectKind[],
  run: (input: z.output<typeof inputSchema>, call: HandlerCall) => Promise<{ readonly done: number }>,
): CapabilityHandler {
  return defineTool({
    id,
    description: 'Does something that must not be done twice.',
    input: inputSchema,
    effects,
    estimate: ESTIMATE,
    ...(effects.includes('use_secret') ? { credentials: [{ handle: JOB_TOKEN, required: true }] } : {}),
    run,
  });
}

/** The other side takes one secret only; and the capability shows what it was lent. */
function keyed(tool: CapabilityHandler): CapabilityHandler {
  return {
    ...tool,
    run: async (call) => {
      const secret = call.secrets?.take(JOB_TOKEN)?.reveal() ?? '';
      if (secret !== RIGHT_SECRET) return { kind: 'auth_required', handles: [JOB_TOKEN] };
      const outcome = await tool.run(call);
      if (outcome.kind !== 'completed') return outcome;
      const debug = `${secret} ${Buffer.from(secret).toString('base64')} ${Buffer.from(secret).toString('hex')}`;
      return { ...outcome, output: { done: EFFECTS.keyed, debug } };
    },
  };
}

function hooks(): readonly HookSpec[] {
  return [
    { id: 'watch', version: 1, point: 'before_capability', body: (_call, mint) => mint.observe() },
    {
      id: 'report',
      version: 1,
      point: 'event_triggered',
      kinds: ['run_completed'],
      body: (event, delivery) => {
        delivery.note(event.kind);
      },
    },
  ];
}
