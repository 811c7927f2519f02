// A tool whose effects can be counted from outside: each letter is one more line of a file.
import { appendFile } from 'node:fs/promises';
import { defineTool, ToolFailure, type CapabilityHandler } from '@reborn/host-runtime';
import { z } from 'zod';

export function createMailTool(outbox: string): CapabilityHandler {
  let refused: string | undefined;
  return defineTool({
    id: 'mail.send',
    description: 'Sends a letter.',
    input: z.strictObject({ to: z.string().min(1).max(100) }),
    effects: ['external_write', 'spawn_process'],
    permission: 'allow',
    run: async ({ to }, { invocationId, progress }) => {
      // A busy mailbox takes a letter when it is asked again: by this id it knows that it was.
      if (to === 'busy' && refused !== invocationId) {
        refused = invocationId;
        throw new ToolFailure('mailbox_busy', 'The mailbox is busy.', 'none');
      }
      await appendFile(outbox, `${to}\n`);
      progress?.(`The letter to ${to} is on its way.`);
      // The letter is out, and nobody hears of it: a lost answer, and the end of the process.
      if (to === 'lost') throw new Error('connection reset');
      if (to === 'killed') process.kill(process.pid, 'SIGKILL');
      return { sent: to };
    },
  });
}
