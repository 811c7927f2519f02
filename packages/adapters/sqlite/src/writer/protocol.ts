/**
 * What the main thread and the thread of the writer say to each other: one request, one answer, one at a time.
 *
 * Not here: who speaks (`writer-thread.ts`, `worker.ts`).
 */
import type { MessagePort } from 'node:worker_threads';
import { HostApiError, InvariantError, type CommitOutcome, type FaultDetail, type ParsedWrite } from '@reborn/host-api';
import type { Connect } from '../driver.ts';
import { EngineError, engineCode } from '../errors.ts';

export type Unit = readonly ParsedWrite[];

/** Where a machine is found again: the module that exports it, and its name. */
export interface MachineAddress {
  readonly name: string;
  readonly module: string;
}

/** What a module exports that is laid around the driver, in the thread of the writer. */
export interface WrappingModule {
  readonly wrapConnect: (connect: Connect, data: unknown) => Connect;
}

/** Where such a module is. `data` is handed to it, and is something that can be sent to a thread. */
export interface DriverModule {
  readonly module: string;
  readonly data?: unknown;
}

/** What a thread begins with. */
export interface WriterStart {
  readonly port: MessagePort;
  readonly driver: DriverModule | undefined;
}

/** Units or results, value after value (`packing.ts`). */
export type Packed = readonly unknown[];

export type WriterRequest =
  | { readonly kind: 'open'; readonly file: string; readonly machines: readonly MachineAddress[] }
  /** Units: milliseconds since 1970. */
  | { readonly kind: 'batch'; readonly nowMs: number; readonly units: Packed }
  | { readonly kind: 'close' };

/** `fault`: this unit alone could not be done (what it sent, or what it met, does not have the form of its machine). */
export type UnitResult =
  | { readonly kind: 'done'; readonly outcome: CommitOutcome }
  | { readonly kind: 'fault'; readonly error: SentError };

/** `before` and `last` are positions: the batch has appended those between. */
export interface BatchSpan {
  readonly before: number;
  readonly last: number;
}

export type WriterAnswer =
  /** `path` is the database itself, whatever links its name went through. */
  | { readonly kind: 'opened'; readonly path: string }
  | ({ readonly kind: 'done'; readonly results: Packed } & BatchSpan)
  /** `stuck`: a transaction is open that could not be taken back. */
  | { readonly kind: 'failed'; readonly error: SentError; readonly stuck: boolean }
  | { readonly kind: 'closed' };

/** An error as it travels: what the receiving side needs to know again what it was. */
export type SentError =
  | { readonly kind: 'engine'; readonly code: string }
  | { readonly kind: 'fault'; readonly code: HostApiError['code']; readonly detail: FaultDetail }
  | { readonly kind: 'bug'; readonly name: string; readonly message: string; readonly stack: string };

export function toSent(error: unknown): SentError {
  const code = engineCode(error);
  if (code !== undefined) return { kind: 'engine', code };
  if (HostApiError.is(error)) return { kind: 'fault', code: error.code, detail: error.detail };
  if (!(error instanceof Error)) return { kind: 'bug', name: 'Error', message: 'something else was thrown', stack: '' };
  return { kind: 'bug', name: error.name, message: error.message, stack: error.stack ?? '' };
}

export function fromSent(sent: SentError): Error {
  switch (sent.kind) {
    case 'engine':
      return new EngineError(sent.code);
    case 'fault':
      return new HostApiError(sent.code, { detail: sent.detail });
    case 'bug': {
      const error = sent.name === 'InvariantError' ? new InvariantError(sent.message) : new Error(sent.message);
      error.stack = sent.stack;
      return error;
    }
  }
}
