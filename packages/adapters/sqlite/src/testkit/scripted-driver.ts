/**
 * The thread's end of a driver script: laid around the driver, it looks before each call whether there is a rule for it.
 *
 * Not here: the test's end (`driver-script.ts`).
 */
import { exit } from 'node:process';
import type { MessagePort } from 'node:worker_threads';
import type { Connect, Statement } from '../driver.ts';
import { EngineError } from '../errors.ts';
import { received, type DriverEvent, type DriverRule, type ScriptMessage } from './driver-script.ts';

export function wrapConnect(connect: Connect, data: unknown): Connect {
  const due = reader((data as { readonly port: MessagePort }).port);
  return (file, mode) => {
    const connection = meet(due(`open ${mode}`), () => connect(file, mode));
    const follow = <T>(call: string, work: () => T): T => {
      const event = due(call);
      if (event?.do === 'pragma') connection.pragma(event.source);
      return meet(event, work);
    };
    return {
      get inTransaction() {
        return connection.inTransaction;
      },
      prepare: <Row>(sql: string): Statement<Row> => {
        const statement = follow(`prepare ${sql}`, () => connection.prepare<Row>(sql));
        return {
          run: (...values) => follow(sql, () => statement.run(...values)),
          get: (...values) => follow(sql, () => statement.get(...values)),
          all: (...values) => follow(sql, () => statement.all(...values)),
        };
      },
      exec: (sql) => follow(sql, () => connection.exec(sql)),
      pragma: (source) => follow(`PRAGMA ${source}`, () => connection.pragma(source)),
      close: () => follow('close', () => connection.close()),
    };
  };
}

/** What the next call meets; it is noted, too. */
function reader(port: MessagePort): (call: string) => DriverEvent | undefined {
  let rules: { readonly rule: DriverRule; before: number; left: number }[] = [];
  const receive = (): void => {
    for (const message of received(port)) {
      if (message === 'clear') rules = [];
      else {
        const { add } = message as Exclude<ScriptMessage, 'clear'>;
        rules.push(...add.map((rule) => ({ rule, before: (rule.nth ?? 1) - 1, left: rule.times ?? 1 })));
      }
    }
  };
  return (call) => {
    receive();
    port.postMessage(call);
    for (const entry of rules) {
      if (entry.left === 0 || !entry.rule.when.test(call)) continue;
      if (entry.before === 0) {
        entry.left -= 1;
        return entry.rule.event;
      }
      entry.before -= 1;
    }
    return undefined;
  };
}

function meet<T>(event: DriverEvent | undefined, work: () => T): T {
  if (event === undefined) return work();
  switch (event.do) {
    case 'pragma':
      return work();
    case 'answer':
      return event.value as T;
    case 'fail':
      if (event.moment === 'after') work();
      throw new EngineError(event.code);
    case 'kill':
      if (event.moment === 'after') work();
      process.kill(process.pid, 'SIGKILL');
      return forever();
    case 'end_thread':
      return exit();
  }
}

/** Nothing after this call happens: the signal is on its way. */
function forever(): never {
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
