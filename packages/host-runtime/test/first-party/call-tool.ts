/** One call of a tool, as the door makes it: the input is checked first, and what comes out fits what was published. */
import { parseCorrelationId, parseInvocationId, type JsonObject } from '@reborn/host-api';
import { buildScope, fixedUuid } from '@reborn/host-api/testkit';
import type { CapabilityHandler, HandlerCall, HandlerOutcome } from '../../src/lane/handler.ts';
import { compileSchema } from '../../src/lane/foreign-schema.ts';

/** Rejects an input that does not pass its check, naming the field and the rule. */
export async function callTool(
  tool: CapabilityHandler,
  input: JsonObject,
  options: Partial<HandlerCall> = {},
): Promise<HandlerOutcome> {
  const check = tool.checkInput(input);
  if (check.kind === 'invalid') throw new Error(`invalid input: ${check.field} ${check.rule}`);
  const outcome = await tool.run({
    scope: buildScope(),
    invocationId: parseInvocationId(fixedUuid(1)),
    correlationId: parseCorrelationId(fixedUuid(2)),
    signal: new AbortController().signal,
    ...options,
    input: check.input,
  });
  const published = compileSchema(tool.descriptor.outputSchema ?? {});
  if (published.kind === 'invalid') throw new Error(published.rule);
  const fits = outcome.kind === 'completed' ? published.check(outcome.output) : undefined;
  if (fits?.kind === 'invalid') throw new Error(`not what was published: ${fits.field} ${fits.rule}`);
  return outcome;
}
