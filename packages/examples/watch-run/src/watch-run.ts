// Watching a run from the outside: what happens to it and where it stands, until it is over.
import type { ResourceScope, RunId } from '@reborn/host-api';
import type { Reborn } from '@reborn/reborn';
import { isTerminal } from '@reborn/turns';

/** How it ended; `undefined` when nobody may watch any longer, or the log cannot be read. */
export async function watchRun(
  host: Pick<Reborn, 'events'>,
  target: { readonly scope: ResourceScope; readonly runId: RunId },
  show: (line: string) => void,
): Promise<string | undefined> {
  const actor = { kind: 'user', id: target.scope.userId } as const;
  let after: string | undefined;
  for (;;) {
    const opened = await host.events.open({ ...target, actor, ...(after === undefined ? {} : { after }) });
    if (opened.kind !== 'opened') return undefined;
    for await (const item of opened.stream) {
      switch (item.kind) {
        case 'snapshot':
        case 'update': {
          after = item.next;
          for (const entry of item.entries) show(entry.kind);
          const [run] = item.runs;
          if (run !== undefined && isTerminal(run.status)) return run.status;
          break;
        }
        case 'rebase_required':
          // What lay behind the cursor is gone: the next stream begins with what is left.
          after = undefined;
          break;
        case 'lagged':
          // Whoever was too slow goes on from the last cursor; nothing is lost.
          if (item.reason !== 'subscriber_backpressure') return undefined;
          break;
        case 'keep_alive':
          break;
      }
    }
  }
}
