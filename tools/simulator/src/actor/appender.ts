/**
 * Appends single records and batches, and asks again with the same ids when it does not know what became of them, also
 * from another process.
 *
 * Not here: units that change state too (`tallier.ts`).
 */
import { isFault, parseEventId, type AppendWrite, type RecordDraft, type StreamKey } from '@reborn/host-api';
import type { World, SimulatedProcess } from '../world/world.ts';
import { pauseFor, type Actor, type Operation, type OperationContext } from './actor.ts';
import { drawDraft, OPEN_STREAMS } from './streams.ts';

const TRIES_MAX = 3;

/** Something that was wanted and is not known to have happened. */
interface Open {
  readonly stream: StreamKey;
  readonly note: (eventIds: readonly string[]) => void;
  readonly process: SimulatedProcess;
  drafts: readonly RecordDraft[];
}

export function createAppender(world: World): Actor {
  const open = new Set<Open>();
  const { sometimes, actorDiscipline } = world.options;

  const appendSome = async ({ process, random }: OperationContext, count: number): Promise<void> => {
    const stream = random.pick(OPEN_STREAMS);
    const drafts = Array.from({ length: count }, () => drawDraft(process, random));
    const wanted: Open = { stream, drafts, process, note: world.history.intend(stream) };
    open.add(wanted);
    for (let tries = 0; tries < TRIES_MAX && open.has(wanted); tries += 1) {
      if (tries > 0) await pauseFor(process, random.between(5, 120));
      await attempt(process, wanted, tries > 0);
    }
  };

  async function attempt(process: SimulatedProcess, wanted: Open, again: boolean): Promise<void> {
    if (again && actorDiscipline.retries === 'new_ids') {
      wanted.drafts = wanted.drafts.map((draft) => ({ ...draft, eventId: parseEventId(process.platform.ids.uuid()) }));
    }
    const { stream, drafts } = wanted;
    wanted.note(drafts.map(({ eventId }) => eventId));
    const append: AppendWrite = { kind: 'append', stream, records: drafts };
    try {
      const before = again ? await process.store.readStream({ stream, after: 0, limit: 1 }) : undefined;
      const outcome = await process.store.commit([append]);
      open.delete(wanted);
      const receipt = outcome.kind === 'committed' ? outcome.receipts[0] : undefined;
      if (before === undefined || receipt?.kind !== 'appended') return;
      const wasThere = (receipt.cursors[0] ?? 0) <= before.head;
      sometimes(wasThere ? 'a retry found its unit there' : 'a retry had to do the work');
      if (!wanted.process.owner.alive) sometimes('a retry came after the end of its process');
    } catch (error) {
      if (!isFault(error)) throw error;
    }
  }

  const resend = async ({ process, random }: OperationContext): Promise<void> => {
    if (open.size > 0) await attempt(process, random.pick([...open]), true);
  };
  const operations: readonly Operation[] = [
    { name: 'append.single', weight: 10, run: (context) => appendSome(context, 1) },
    { name: 'append.batch', weight: 5, run: (context) => appendSome(context, context.random.between(2, 5)) },
    {
      name: 'append.burst',
      weight: 2,
      run: async (context) => {
        await Promise.all(Array.from({ length: context.random.between(3, 8) }, () => appendSome(context, 1)));
      },
    },
    { name: 'append.resend', weight: 4, run: resend },
    { name: 'append.across', weight: 3, run: appendAcross },
  ];
  return { operations };
}

/** One unit over two streams, or twice over one. */
async function appendAcross({ process, random }: OperationContext): Promise<void> {
  const streams = [random.pick(OPEN_STREAMS), random.pick(OPEN_STREAMS)];
  await process.store.commit(
    streams.map((stream): AppendWrite => {
      return { kind: 'append', stream, records: [drawDraft(process, random), drawDraft(process, random)] };
    }),
  );
}
