/**
 * `builtin.echo`: says what it was told.
 *
 * Source: specification 2, d.
 */
import { boundedText } from '@reborn/host-api';
import { z } from 'zod';
import type { DefinedTool } from '../lane/define-tool.ts';
import { defineBuiltin } from './builtin.ts';
import { TOOL_INPUT_BYTES_MAX } from './limits.ts';

const schema = z.strictObject({
  message: boundedText(TOOL_INPUT_BYTES_MAX).describe('The text that comes back.'),
});

export function createEcho(): DefinedTool {
  return defineBuiltin({
    id: 'builtin.echo',
    description: 'Returns the message that it is given. It reads nothing and changes nothing.',
    prompt: `Returns \`message\` as it was given.

Use it to see whether tools can be called at all. It is no way to tell anybody anything: the answer comes back to you alone.`,
    input: schema,
    output: schema,
    effects: [],
    run: ({ message }) => ({ message }),
  });
}
