/**
 * The same by the AI SDK, which keeps nothing itself: the messages are written to a file, as its user would, and the answer
 * to its question is put behind them. It runs by itself, without its types, so it imports packages alone.
 *
 * Not here: who starts it (`../resuming.ts`).
 */
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

interface Part {
  readonly type: string;
  readonly approvalId?: string;
}

/** The part of it that is used. */
interface AiSdk {
  generateText(options: object): Promise<{
    readonly text: string;
    readonly content: readonly Part[];
    readonly response: { readonly messages: readonly object[] };
  }>;
  tool(definition: object): unknown;
  isStepCount(steps: number): unknown;
  jsonSchema(schema: object): unknown;
}
interface AiSdkTest {
  readonly MockLanguageModelV4: new (options: object) => unknown;
}

/** `peers`: the folder in which it is installed. */
interface Task {
  readonly kind: 'suspend' | 'resume';
  readonly peers: string;
  readonly file: string;
}

const task = JSON.parse(process.argv[2] ?? 'null') as Task;
const require = createRequire(`${task.peers}package.json`);
const load = async <T>(name: string): Promise<T> => (await import(pathToFileURL(require.resolve(name)).href)) as T;
const { generateText, tool, isStepCount, jsonSchema } = await load<AiSdk>('ai');
const { MockLanguageModelV4 } = await load<AiSdkTest>('ai/test');
const begin = performance.now();
let kept = 0;
const save = tool({
  description: 'Keeps a note.',
  inputSchema: jsonSchema({ type: 'object' }),
  needsApproval: true,
  execute: async () => ({ kept: (kept += 1) }),
});
const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } };
const base = { tools: { save }, stopWhen: isStepCount(2) };
const question = { role: 'user', content: 'Keep it.' };

switch (task.kind) {
  case 'suspend': {
    const call = { type: 'tool-call', toolCallId: 'call-1', toolName: 'save', input: '{"text":"hello"}' };
    const model = scripted({ content: [call], finishReason: { unified: 'tool-calls', raw: undefined } });
    const { content, response } = await generateText({ ...base, model, messages: [question] });
    const approvalId = content.find(({ type }) => type === 'tool-approval-request')?.approvalId;
    await writeFile(task.file, JSON.stringify({ approvalId, messages: [question, ...response.messages] }));
    tell({});
    break;
  }
  case 'resume': {
    const { approvalId, messages } = JSON.parse(await readFile(task.file, 'utf8')) as {
      readonly approvalId: string;
      readonly messages: readonly object[];
    };
    const answer = { role: 'tool', content: [{ type: 'tool-approval-response', approvalId, approved: true }] };
    const done = { content: [{ type: 'text', text: 'done' }], finishReason: { unified: 'stop', raw: undefined } };
    const { text } = await generateText({ ...base, model: scripted(done), messages: [...messages, answer] });
    tell({ resumeMs: performance.now() - begin, completed: text === 'done' && kept === 1 });
    break;
  }
}

function scripted(reply: object): unknown {
  return new MockLanguageModelV4({ doGenerate: async () => ({ ...reply, usage, warnings: [] }) });
}

function tell(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
