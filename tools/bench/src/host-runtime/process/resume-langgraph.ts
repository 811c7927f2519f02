/**
 * The same by LangGraph: a graph of one node that interrupts, and goes on in another process when it is told to. It runs by
 * itself, without its types, so it imports packages alone.
 *
 * Not here: who starts it (`../resuming.ts`).
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

interface State {
  readonly text: string;
  readonly kept?: string;
}

/** The part of it that is used. */
interface LangGraph {
  readonly START: string;
  readonly END: string;
  readonly Annotation: (() => unknown) & { Root(channels: object): unknown };
  readonly StateGraph: new (state: unknown) => GraphBuilder;
  readonly Command: new (options: object) => object;
  interrupt(question: object): unknown;
}
interface GraphBuilder {
  addNode(name: string, run: (state: State) => Promise<object>): GraphBuilder;
  addEdge(from: string, to: string): GraphBuilder;
  compile(options: object): { invoke(input: object, options: object): Promise<State> };
}
interface Saver {
  readonly SqliteSaver: {
    fromConnString(file: string): { readonly db: { pragma(text: string): unknown; close(): void }; setup(): void };
  };
}

interface Where {
  /** The folder in which it is installed. */
  readonly peers: string;
  readonly file: string;
  /** Every checkpoint is on the disk before the next step. */
  readonly raised: boolean;
}
type Task =
  | (Where & { readonly kind: 'suspend'; readonly threads: readonly string[] })
  | (Where & { readonly kind: 'resume'; readonly thread: string });

const task = JSON.parse(process.argv[2] ?? 'null') as Task;
const require = createRequire(`${task.peers}package.json`);
const load = async <T>(name: string): Promise<T> => (await import(pathToFileURL(require.resolve(name)).href)) as T;
const { START, END, Annotation, StateGraph, Command, interrupt } = await load<LangGraph>('@langchain/langgraph');
const { SqliteSaver } = await load<Saver>('@langchain/langgraph-checkpoint-sqlite');
const begin = performance.now();
const checkpointer = SqliteSaver.fromConnString(task.file);
checkpointer.setup();
if (task.raised) checkpointer.db.pragma('synchronous = FULL');
const graph = new StateGraph(Annotation.Root({ text: Annotation(), kept: Annotation() }))
  .addNode('tool', async ({ text }) => (interrupt({ question: 'May it?' }) === true ? { kept: text } : {}))
  .addEdge(START, 'tool')
  .addEdge('tool', END)
  .compile({ checkpointer });

switch (task.kind) {
  case 'suspend':
    for (const thread of task.threads) await graph.invoke({ text: 'hello' }, optionsOf(thread));
    tell({});
    break;
  case 'resume': {
    const { kept } = await graph.invoke(new Command({ resume: true }), optionsOf(task.thread));
    tell({ resumeMs: performance.now() - begin, completed: kept === 'hello' });
    break;
  }
}
checkpointer.db.close();

function optionsOf(thread: string): object {
  return { configurable: { thread_id: thread }, ...(task.raised ? { durability: 'sync' } : {}) };
}

function tell(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
