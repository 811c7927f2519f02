/**
 * A script for the driver in the thread of the writer: what each of its calls meets, and which calls there were.
 *
 * Not here: following it (`scripted-driver.ts`).
 */
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { resolveEntryPoint } from '../writer/entry-point.ts';
import type { ThreadDriver } from '../writer/writer-thread.ts';

/**
 * What a call meets. `fail`: the engine's own error code, before the call or after it has happened, so that its answer is
 * lost. `kill`: the process kills itself. `end_thread`: the thread ends by itself. `answer`: the engine lies. `pragma`: is
 * said to the same connection first, and the call happens.
 */
export type DriverEvent =
  | { readonly do: 'fail'; readonly code: `SQLITE_${string}`; readonly moment: 'before' | 'after' }
  | { readonly do: 'kill'; readonly moment: 'before' | 'after' }
  | { readonly do: 'end_thread' }
  | { readonly do: 'answer'; readonly value: unknown }
  | { readonly do: 'pragma'; readonly source: string };

/**
 * `when` is held against the text of each call: SQL as it is sent, `PRAGMA …`, `prepare …`, `open read`, `open write`,
 * `close`. `nth` matching call from now on, 1 first; then, `times` calls in a row, Infinity for all.
 */
export interface DriverRule {
  readonly when: RegExp;
  readonly nth?: number;
  readonly times?: number;
  readonly event: DriverEvent;
}

/** Serves one opening of one store. */
export interface DriverScript {
  readonly driver: ThreadDriver;
  /** Rules are asked in the order in which they were added; the first that is due decides. */
  add(...rules: readonly DriverRule[]): void;
  clear(): void;
  /** Every call so far, in order. */
  calls(): readonly string[];
  count(of: RegExp): number;
}

export function createDriverScript(...rules: readonly DriverRule[]): DriverScript {
  const { port1, port2 } = new MessageChannel();
  const calls: string[] = [];
  const script: DriverScript = {
    driver: {
      module: resolveEntryPoint('./scripted-driver', import.meta.url).url.href,
      data: { port: port2 },
      transfer: [port2],
    },
    add: (...added) => port1.postMessage({ add: added } satisfies ScriptMessage),
    clear: () => port1.postMessage('clear' satisfies ScriptMessage),
    calls: () => {
      for (const call of received(port1)) calls.push(call as string);
      return calls;
    },
    count: (of) => script.calls().filter((call) => of.test(call)).length,
  };
  script.add(...rules);
  return script;
}

export type ScriptMessage = 'clear' | { readonly add: readonly DriverRule[] };

/** Everything that has arrived and was not fetched yet. */
export function* received(port: MessagePort): Generator<unknown> {
  for (;;) {
    const next = receiveMessageOnPort(port);
    if (next === undefined) return;
    yield next.message;
  }
}
