/** What the tests of this package share: empty schemas on one server, real timers, stores that are closed. */
import {
  HostApiError,
  leaseMachine,
  parseEventId,
  parseTenantId,
  type AppendWrite,
  type CommitOutcome,
  type DurableStore,
  type RecordDraft,
  type StoredMachine,
  type StoreOpening,
  type StreamKey,
} from '@reborn/host-api';
import { createFakePlatform, fixedUuid } from '@reborn/host-api/testkit';
import { inject, onTestFinished } from 'vitest';
import { connect, type Connect, type Session, type SqlValue, type Statement } from '../src/driver.ts';
import { EngineFailure } from '../src/errors.ts';
import { postgres, type PostgresOptions, type PostgresTarget } from '../src/index.ts';
import { READERS_MAX, WAKE_MS } from '../src/limits.ts';
import { MIGRATIONS } from '../src/migrate.ts';
import { createOpenSession } from '../src/open-session.ts';
import { openPostgresStore } from '../src/postgres-store.ts';
import { toEndpoint } from '../src/target.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
    postgresTcpUrl: string;
  }
}

export const stream: StreamKey = { family: 'journal', tenantId: parseTenantId('acme') };

export const timers: StoreOpening['timers'] = {
  schedule: (delayMs, callback) => {
    const pending = setTimeout(callback, delayMs);
    return () => clearTimeout(pending);
  },
};

export const opening: StoreOpening = {
  machines: [leaseMachine],
  clock: { nowMs: () => Date.now() },
  timers,
};

let schemas = 0;

/** The name of a schema that does not exist yet. */
export function freshSchema(): string {
  schemas += 1;
  return `test_${process.pid}_${schemas}`;
}

/** Schemas that were used and may be used again: emptying one is quicker than making one. */
const used: string[] = [];

/** The name of a schema without content, which goes back when the test is over. */
export async function emptySchema(): Promise<string> {
  const schema = used.pop() ?? freshSchema();
  onTestFinished(async () => {
    await runSql(['record', 'stream', 'stream_record'].map((table) => `DELETE FROM ${schema}.${table}`).join(';'));
    used.push(schema);
  });
  return schema;
}

/**
 * For the contracts of rooms: a store in a schema of its own, and the same schema again. Its timers are real; what follows
 * a store has those of the platform. Commits of other hosts do not matter there.
 */
export async function roomHarness() {
  const schema = await emptySchema();
  const platform = createFakePlatform();
  const open = (machines: readonly StoredMachine[]) =>
    postgres(inject('postgresUrl'), { schema, time: 'host' }).open({ ...platform, machines, timers });
  return { platform, open, reopen: open };
}

let admin: Promise<Session> | undefined;

/** Says something to the server of the test run, past the store. */
export async function runSql<Row>(text: string, values: readonly SqlValue[] = []): Promise<readonly Row[]> {
  admin ??= toEndpoint(inject('postgresUrl')).then((endpoint) => connect(endpoint, {}));
  return (await admin).query<Row>({ text, values });
}

export interface OpenOverrides extends PostgresOptions {
  readonly target?: PostgresTarget;
  readonly opening?: StoreOpening;
  readonly connect?: Connect;
}

/** Opens a store on the server of the test run, and closes it when the test is over. */
export async function openStore(schema: string, overrides: OpenOverrides = {}): Promise<DurableStore> {
  const { target = inject('postgresUrl'), opening: given = opening, connect: through, ...options } = overrides;
  const store = await (through === undefined
    ? postgres(target, { schema, ...options }).open(given)
    : openThrough(through, target, { schema, ...options }, given));
  onTestFinished(() => store.close());
  return store;
}

/** As `postgres` does, over a driver of the test's choice. */
async function openThrough(
  through: Connect,
  target: PostgresTarget,
  { schema = 'reborn', time = 'database', wakeMs = WAKE_MS, readersMax = READERS_MAX }: PostgresOptions,
  given: StoreOpening,
): Promise<DurableStore> {
  const openSession = createOpenSession(through, await toEndpoint(target));
  return openPostgresStore({ openSession, migrations: MIGRATIONS, schema, time, wakeMs, readersMax }, given);
}

/** One statement that goes another way: `before` it is sent, or `after` it took effect and before anybody hears of it. */
export interface Fault {
  readonly matches: string;
  readonly when: 'before' | 'after';
  readonly code: string;
}

export interface ScriptedDriver {
  readonly connect: Connect;
  /** The names of statements, or their text. Order: as sent. */
  readonly sent: string[];
  /** The statements themselves. */
  readonly texts: Statement[];
  /** Taken one after the other; a fault without SQLSTATE cuts the connection. */
  readonly faults: Fault[];
  /** Notifications are not delivered while this is set. */
  deaf: boolean;
}

/** The real driver, with faults in between. */
export function scriptedDriver(): ScriptedDriver {
  const driver: ScriptedDriver = { connect: scripted, sent: [], texts: [], faults: [], deaf: false };
  async function scripted(...[endpoint, settings]: Parameters<Connect>): Promise<Session> {
    const session = await connect(endpoint, settings);
    return {
      get processId() {
        return session.processId;
      },
      get lost() {
        return session.lost;
      },
      query: async <Row>(statement: Statement) => {
        const name = statement.name ?? statement.text;
        driver.sent.push(name);
        driver.texts.push(statement);
        const fault = driver.faults[0]?.matches === name ? driver.faults.shift() : undefined;
        if (fault?.when === 'before') await fail(session, fault);
        const rows = await session.query<Row>(statement);
        if (fault?.when === 'after') await fail(session, fault);
        return rows;
      },
      onNotification: (listener) => session.onNotification((heard) => driver.deaf || listener(heard)),
      onLost: (listener) => session.onLost(listener),
      close: () => session.close(),
    };
  }
  return driver;
}

async function fail(session: Session, { code }: Fault): Promise<never> {
  if (!/^[0-9A-Z]{5}$/.test(code)) await session.close();
  throw new EngineFailure(code);
}

export function draft(number: number): RecordDraft {
  return { eventId: parseEventId(fixedUuid(number)), kind: 'noted', atMs: number, labels: {}, body: { number } };
}

export function append(...numbers: readonly number[]): AppendWrite {
  return { kind: 'append', stream, records: numbers.map(draft) };
}

export function reasonOf(outcome: CommitOutcome): string {
  return outcome.kind === 'conflict' ? outcome.reason : outcome.kind;
}

/** Everything in the stream. Fails when its cursors are not 1, 2, 3 … */
export async function numbersIn(store: DurableStore): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for (let after = 0; ;) {
    const { head, records } = await store.readStream({ stream, after, limit: 1000 });
    for (const { cursor, body } of records) {
      if (cursor !== found.length + 1) throw new Error(`cursor ${cursor} after ${found.length} records`);
      found.push(body['number']);
    }
    after = records.at(-1)?.cursor ?? head;
    if (after >= head) return found;
  }
}

/** The code with which something is rejected. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'a result',
    (error: unknown) => (HostApiError.is(error) ? error.code : String(error)),
  );
}

/** Waits until something is so, as long as a test may take. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise<void>((resolve) => void setTimeout(resolve, 5));
}
