/** LangGraph with its SQLite checkpointer: a graph of one node that makes the call, a thread of its own for each. */
import { randomUUID } from 'node:crypto';
import { loadPeer } from '../../measure/peer.ts';
import { createTexts } from '../../measure/supply.ts';
import { perform } from '../door.ts';
import type { PeerCalls } from './peer.ts';

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
}
interface GraphBuilder {
  addNode(name: string, run: (state: State) => Promise<object>): GraphBuilder;
  addEdge(from: string, to: string): GraphBuilder;
  compile(options: object): { invoke(input: State, options: object): Promise<State> };
}
interface Saver {
  readonly SqliteSaver: { fromConnString(file: string): { readonly db: Database; setup(): void } };
}
interface Database {
  pragma(text: string): unknown;
  prepare(text: string): { get(): { readonly count: number } };
  close(): void;
}

/** `raised`: every checkpoint is on the disk before the next step, as our units are. */
export async function openLangGraph(
  file: string,
  { raised }: { readonly raised: boolean },
): Promise<PeerCalls | undefined> {
  const graph = await loadPeer<LangGraph>('@langchain/langgraph');
  const saving = await loadPeer<Saver>('@langchain/langgraph-checkpoint-sqlite');
  if (graph === undefined || saving === undefined) return undefined;
  const checkpointer = saving.SqliteSaver.fromConnString(file);
  checkpointer.setup();
  if (raised) checkpointer.db.pragma('synchronous = FULL');
  const { Annotation, StateGraph, START, END } = graph;
  const compiled = new StateGraph(Annotation.Root({ text: Annotation(), kept: Annotation() }))
    .addNode('tool', ({ text }) => perform({ text }))
    .addEdge(START, 'tool')
    .addEdge('tool', END)
    .compile({ checkpointer });
  const text = createTexts(512, 45);
  const options = raised ? { durability: 'sync' } : {};
  return {
    async call() {
      const { kept } = await compiled.invoke(
        { text: text() },
        { configurable: { thread_id: randomUUID() }, ...options },
      );
      if (kept === undefined) throw new Error('LangGraph ended without the result');
    },
    count: async () =>
      checkpointer.db.prepare('SELECT count(DISTINCT thread_id) AS count FROM checkpoints').get().count,
    close: async () => checkpointer.db.close(),
  };
}
