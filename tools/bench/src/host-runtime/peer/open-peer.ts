/**
 * The same call made by others: one tool, one call, one result, kept by whatever they keep.
 *
 * Not here: each of them (beside this file), measuring them (`../peer-rows.ts`).
 */
import { z } from 'zod';
import { openAiSdk } from './ai-sdk.ts';
import { openDbos } from './dbos.ts';
import { openLangGraph } from './langgraph.ts';
import type { PeerCalls } from './peer.ts';

export const peerKindSchema = z.enum(['langgraph-shipped', 'langgraph-raised', 'dbos', 'ai-sdk']);
export type PeerKind = z.infer<typeof peerKindSchema>;

/** What each is, and how it is set. */
export const PEER_CALLS: Readonly<Record<PeerKind, { readonly name: string; readonly note: string }>> = {
  'langgraph-shipped': { name: 'LangGraph on SQLite', note: 'as shipped: synchronous=NORMAL, durability async' },
  'langgraph-raised': { name: 'LangGraph on SQLite, raised', note: 'synchronous=FULL, durability sync' },
  dbos: { name: 'DBOS on PostgreSQL', note: 'as shipped; a workflow of one step' },
  'ai-sdk': { name: 'AI SDK loop', note: 'in memory only; two calls of a scripted model included' },
};

/** `undefined` when it is not installed. `file`: a name of its own, for those that use files. */
export function openPeer(kind: PeerKind, file: string): Promise<PeerCalls | undefined> {
  switch (kind) {
    case 'langgraph-shipped':
      return openLangGraph(file, { raised: false });
    case 'langgraph-raised':
      return openLangGraph(file, { raised: true });
    case 'dbos':
      return openDbos();
    case 'ai-sdk':
      return openAiSdk();
  }
}
