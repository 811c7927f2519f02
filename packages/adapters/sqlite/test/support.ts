/** What the tests of this package share: files that go away, real timers, and other processes on the same file. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  HostApiError,
  leaseMachine,
  parseEventId,
  parseTenantId,
  type AppendWrite,
  type CommitOutcome,
  type DurableStore,
  type RecordDraft,
  type StoreOpening,
  type StreamKey,
} from '@reborn/host-api';
import { fixedUuid } from '@reborn/host-api/testkit';
import { onTestFinished } from 'vitest';
import { sqliteWith, type SqliteParts } from '../src/testkit/index.ts';

export const stream: StreamKey = { family: 'journal', tenantId: parseTenantId('acme') };

export const opening: StoreOpening = {
  machines: [leaseMachine],
  clock: { nowMs: () => Date.now() },
  timers: {
    schedule: (delayMs, callback) => {
      const pending = setTimeout(callback, delayMs);
      return () => clearTimeout(pending);
    },
  },
};

/** The name of a file that does not exist yet, in a folder of its own. */
export async function temporaryFile(name = 'store.db'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reborn-sqlite-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, name);
}

/** Opens a store with parts of the test's choice, and closes it when the test is over. */
export async function openStore(
  file: string,
  { opening: given = opening, ...parts }: SqliteParts & { readonly opening?: StoreOpening } = {},
): Promise<DurableStore> {
  const store = await sqliteWith(file, parts).open(given);
  onTestFinished(() => store.close());
  return store;
}

/** The code of a fault, or that there was none. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'a result',
    (error: unknown) => (HostApiError.is(error) ? error.code : String(error)),
  );
}

export async function faultOf(work: Promise<unknown>): Promise<HostApiError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (HostApiError.is(error)) return error;
  throw new Error('no fault', { cause: error });
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

export async function numbersIn(store: DurableStore): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for (let after = 0; ;) {
    const { head, records } = await store.readStream({ stream, after, limit: 1000 });
    found.push(...records.map((record) => record.body['number']));
    after = records.at(-1)?.cursor ?? head;
    if (after >= head) return found;
  }
}

export interface Child {
  readonly process: ChildProcess;
  /** What it has printed so far, by line. */
  readonly lines: string[];
  readonly ended: Promise<void>;
  /** Resolves with the first line for which the condition holds. */
  line(condition: (line: string) => boolean): Promise<string>;
}

/** Runs a program of `test/child` from source in a process of its own. */
export function startChild(program: string, ...args: readonly string[]): Child {
  const path = fileURLToPath(new URL(`./child/${program}`, import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@reborn/source', path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  const ended = new Promise<void>((resolve) => void reader.on('close', resolve));
  const line = (condition: (line: string) => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = lines.find(condition);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      void ended.then(() => reject(new Error('the child ended without that line')));
      look();
    });
  return { process: child, lines, ended, line };
}
