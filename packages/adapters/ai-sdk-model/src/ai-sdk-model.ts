/**
 * A live model behind an OpenAI-compatible endpoint, through the Vercel AI SDK, which is loaded with the first request.
 *
 * Not here: trying again, budgets and fallbacks (the gateway in `@reborn/reborn`); running tools (the host).
 */
import type { ModelOutcome, ModelProvider, ModelRequest } from '@reborn/turns/loop';
import type { ToolSet } from 'ai';
import { boundedFetch, isResponseTooLarge } from './bounded-fetch.ts';
import { causeOfStatus, failureOf, type FailureCause, type VendorFailure } from './failure.ts';
import { createFunctionNames, type FunctionNames } from './function-names.ts';
import { parseOptions, type AiSdkModelOptions, type CheckedOptions } from './options.ts';
import { toOutcome } from './reply.ts';
import { toVendorMessages } from './vendor-prompt.ts';

/** Errors: `host-api/invalid_value` for options; failed requests are outcomes. */
export function aiSdkModel(options: AiSdkModelOptions): ModelProvider {
  const checked = parseOptions(options);
  return Object.freeze({
    label: `${checked.model} (OpenAI-compatible endpoint)`,
    complete: (request: ModelRequest, { signal }: { readonly signal: AbortSignal }) => {
      return complete(checked, request, signal);
    },
  });
}

async function complete(options: CheckedOptions, request: ModelRequest, signal: AbortSignal): Promise<ModelOutcome> {
  if (signal.aborted) return failureOf('aborted');
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const sdk = await loadSdk();
  try {
    return await ask(sdk, options, request, AbortSignal.any([signal, deadline]));
  } catch (error) {
    if (signal.aborted) return failureOf('aborted');
    if (deadline.aborted) return failureOf('timed_out');
    return failureOf(causeOfError(sdk, error));
  }
}

type Sdk = Awaited<ReturnType<typeof loadSdk>>;

/** Node keeps loaded modules, so only the first request waits. */
async function loadSdk() {
  const [{ APICallError, generateText, jsonSchema, tool }, { createOpenAICompatible }] = await Promise.all([
    import('ai'),
    import('@ai-sdk/openai-compatible'),
  ]);
  return { APICallError, generateText, jsonSchema, tool, createOpenAICompatible };
}

async function ask(
  sdk: Sdk,
  options: CheckedOptions,
  request: ModelRequest,
  abortSignal: AbortSignal,
): Promise<ModelOutcome> {
  const { endpoint, model, apiKey, temperature, maxOutputTokens } = options;
  const provider = sdk.createOpenAICompatible({
    name: 'reborn',
    baseURL: endpoint,
    fetch: boundedFetch,
    ...(apiKey === undefined ? {} : { apiKey }),
  });
  const names = createFunctionNames(
    request.tools.map((tool) => tool.capabilityId),
    request.messages.flatMap((message) => {
      if (message.role === 'user') return [];
      return message.role === 'tool' ? [message.capabilityId] : message.calls.map((call) => call.capabilityId);
    }),
  );
  const reply = await sdk.generateText({
    model: provider.chatModel(model),
    messages: toVendorMessages(request.messages, names),
    tools: toVendorTools(sdk, request, names),
    maxRetries: 0,
    abortSignal,
    telemetry: { isEnabled: false },
    ...(request.system === '' ? {} : { instructions: request.system }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
  });
  return toOutcome(reply, request.messages, names);
}

/** Tools without `execute`: the SDK hands calls back instead of making them. */
function toVendorTools(sdk: Sdk, request: ModelRequest, names: FunctionNames): ToolSet {
  return Object.fromEntries(
    request.tools.map(({ capabilityId, description, inputSchema }) => [
      names.nameOf(capabilityId),
      sdk.tool({ description, inputSchema: sdk.jsonSchema(structuredClone(inputSchema)) }),
    ]),
  );
}

function causeOfError(sdk: Sdk, error: unknown): FailureCause {
  if (isResponseTooLarge(error)) return 'response_too_large';
  if (sdk.APICallError.isInstance(error)) return causeOfStatus(toVendorFailure(error.statusCode, error.responseBody));
  return error instanceof Error && error.name === 'AI_InvalidResponseDataError' ? 'invalid_response' : 'not_sent';
}

/** Reads the usual places of an error body; whatever does not have this form has no code. */
function toVendorFailure(status: number | undefined, body: string | undefined): VendorFailure {
  const error = memberOf(parsedOrUndefined(body), 'error');
  const code = memberOf(error, 'code') ?? memberOf(error, 'type');
  const message = memberOf(error, 'message') ?? error ?? body;
  return {
    status,
    code: typeof code === 'string' ? code : '',
    message: typeof message === 'string' ? message : '',
  };
}

function parsedOrUndefined(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return Object.entries(value).find(([name]) => name === key)?.[1] ?? undefined;
}
