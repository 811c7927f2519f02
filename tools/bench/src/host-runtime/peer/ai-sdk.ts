/** The loop of the AI SDK: a scripted model asks for the tool and then says that it is done. Nothing is kept. */
import { z } from 'zod';
import { loadPeer } from '../../measure/peer.ts';
import { createTexts } from '../../measure/supply.ts';
import { perform, type Note } from '../door.ts';
import type { PeerCalls } from './peer.ts';

/** The part of it that is used. */
interface AiSdk {
  generateText(options: object): Promise<{ readonly text: string }>;
  tool(definition: object): unknown;
  isStepCount(steps: number): unknown;
}
interface AiSdkTest {
  readonly MockLanguageModelV4: new (options: object) => unknown;
}

const USAGE = { inputTokens: { total: 1 }, outputTokens: { total: 1 } };

export async function openAiSdk(): Promise<PeerCalls | undefined> {
  const sdk = await loadPeer<AiSdk>('ai');
  const testing = await loadPeer<AiSdkTest>('ai/test');
  if (sdk === undefined || testing === undefined) return undefined;
  const text = createTexts(512, 47);
  let kept = 0;
  const execute = async (note: Note): Promise<object> => {
    kept += 1;
    return perform(note);
  };
  const save = sdk.tool({ description: 'Keeps a note.', inputSchema: z.strictObject({ text: z.string() }), execute });
  const stopWhen = sdk.isStepCount(2);
  return {
    async call() {
      let steps = 0;
      const doGenerate = async (): Promise<object> => ((steps += 1) === 1 ? asksForTool(text()) : isDone());
      // It keeps what it was asked: one for each call, or its memory grows.
      const model = new testing.MockLanguageModelV4({ doGenerate });
      const { text: said } = await sdk.generateText({ model, tools: { save }, prompt: 'Keep it.', stopWhen });
      if (said !== 'done') throw new Error('The AI SDK ended without the result');
    },
    count: async () => kept,
    close: async () => undefined,
  };
}

function asksForTool(text: string): object {
  const call = { type: 'tool-call', toolCallId: 'call-1', toolName: 'save', input: JSON.stringify({ text }) };
  return { content: [call], finishReason: { unified: 'tool-calls', raw: undefined }, usage: USAGE, warnings: [] };
}

function isDone(): object {
  const said = { type: 'text', text: 'done' };
  return { content: [said], finishReason: { unified: 'stop', raw: undefined }, usage: USAGE, warnings: [] };
}
