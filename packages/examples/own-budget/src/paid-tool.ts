// A tool that costs money: it says beforehand what a call is expected to cost, and afterwards what it did cost.
import { defineTool, type CapabilityHandler } from '@reborn/host-runtime';
import { z } from 'zod';

export function createPaidTool(): CapabilityHandler {
  const tool = defineTool({
    id: 'letters.print',
    description: 'Prints a letter and posts it.',
    input: z.strictObject({ to: z.string().min(1).max(100) }),
    effects: ['external_write', 'financial'],
    estimate: { usd: '0.40' },
    run: ({ to }) => ({ posted: to }),
  });
  return {
    ...tool,
    run: async (call) => {
      const outcome = await tool.run(call);
      return outcome.kind === 'completed' ? { ...outcome, usage: { usd: '0.31' } } : outcome;
    },
  };
}
