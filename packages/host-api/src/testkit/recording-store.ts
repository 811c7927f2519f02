/**
 * A durable store that remembers every call and what became of it, over one that works.
 *
 * Not here: one that fails (`faulty-store.ts`); wrapped into each other, they do both.
 */
import { isFault } from '../errors.ts';
import type { CommitInterest } from '../durable/stream.ts';
import type { DurableStore, Write } from '../durable/unit-of-work.ts';
import { wrapCalls, type StoreCall } from './wrap-store.ts';

/** One call. `arguments` and the answer are copies of what was given and returned at the time. */
export interface RecordedCall {
  readonly on: StoreCall | 'close';
  readonly arguments: readonly unknown[];
  /** `pending` until there is an answer. `code` is that of the fault, or `error` for what is none. */
  readonly outcome:
    | { readonly kind: 'pending' }
    | { readonly kind: 'answered'; readonly answer: unknown }
    | { readonly kind: 'failed'; readonly code: string };
}

export interface RecordingStore extends DurableStore {
  /** Order: as they were called. */
  readonly calls: readonly RecordedCall[];
  /** The calls of one kind. */
  callsOf(on: RecordedCall['on']): readonly RecordedCall[];
  /** The units that were committed. Order: as they were called. */
  readonly committed: readonly (readonly Write[])[];
  /** The interests of those who listen now. Order: as they began; `undefined` where everything is of interest. */
  readonly listening: readonly (CommitInterest | undefined)[];
}

type Recording = { -readonly [Key in keyof RecordedCall]: RecordedCall[Key] };

export function createRecordingStore(store: DurableStore): RecordingStore {
  const calls: Recording[] = [];
  const listening = new Map<symbol, CommitInterest | undefined>();

  return {
    ...wrapCalls(store, record),
    onCommit: (listener, interest) => {
      const dispose = store.onCommit(listener, interest);
      const entry = Symbol('listener');
      listening.set(entry, interest);
      return () => {
        listening.delete(entry);
        dispose();
      };
    },
    close: () => record('close', [], () => store.close()),
    calls,
    callsOf: (on) => calls.filter((call) => call.on === on),
    get committed() {
      return calls.filter(wasCommitted).map((call) => call.arguments[0] as readonly Write[]);
    },
    get listening() {
      return [...listening.values()];
    },
  };

  async function record<T>(on: RecordedCall['on'], args: readonly unknown[], work: () => Promise<T>): Promise<T> {
    const call: Recording = { on, arguments: copyOf(args), outcome: { kind: 'pending' } };
    calls.push(call);
    try {
      const answer = await work();
      call.outcome = { kind: 'answered', answer: structuredClone(answer) };
      return answer;
    } catch (error) {
      call.outcome = { kind: 'failed', code: isFault(error) ? error.code : 'error' };
      throw error;
    }
  }
}

function wasCommitted({ on, outcome }: RecordedCall): boolean {
  if (on !== 'commit' || outcome.kind !== 'answered') return false;
  return (outcome.answer as { readonly kind?: unknown }).kind === 'committed';
}

/** Bad input, such as a function, cannot be copied: the call is still worth remembering. */
function copyOf(args: readonly unknown[]): readonly unknown[] {
  try {
    return structuredClone(args);
  } catch {
    return [];
  }
}
