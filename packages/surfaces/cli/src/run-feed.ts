/**
 * What is new about a run since somebody last looked, whichever process works on it.
 *
 * Not here: what is made of it (`render/`), who works (`work.ts`).
 */
import type { ResourceScope, RunId } from '@reborn/host-api';
import { readScopeFor, type LogFamily } from '@reborn/events';
import type { Reborn } from '@reborn/reborn';
import { toHappenings, type Happening } from './story.ts';

const FAMILIES: readonly LogFamily[] = ['runtime', 'journal', 'audit'];

export interface RunFeed {
  /** In the order in which it happened, each once. */
  next(): Promise<readonly Happening[]>;
}

export function createRunFeed(host: Reborn, scope: ResourceScope, runId: RunId): RunFeed {
  const seen = new Set<string>();
  const readScope = readScopeFor(scope, { runId });
  let heads = '';
  return {
    next: async () => {
      const now = (await Promise.all(FAMILIES.map((family) => host.log.head(family, readScope)))).join(' ');
      if (now === heads) return [];
      const explanation = await host.explain(scope, { runId });
      if (explanation === undefined) return [];
      heads = now;
      const fresh = toHappenings(runId, explanation.transcript, explanation.story).filter(({ key }) => !seen.has(key));
      for (const { key } of fresh) seen.add(key);
      return fresh;
    },
  };
}

/** A feed of everything that happens from now on. */
export async function startFeed(host: Reborn, scope: ResourceScope, runId: RunId): Promise<RunFeed> {
  const feed = createRunFeed(host, scope, runId);
  await feed.next();
  return feed;
}
