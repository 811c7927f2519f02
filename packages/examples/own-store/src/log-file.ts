/**
 * A file of lines that only grows, or is replaced as a whole. What a call has written is on the disk when it returns.
 *
 * Not here: what a line says (`own-store.ts`).
 */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { HostApiError } from '@reborn/host-api';

/** How a file says that it is ours, and in which form it is written. */
const HEADER = sealed('{"format":"own-store","version":1}');

export class LogFile {
  readonly #path: string;
  readonly #sync: (descriptor: number) => void;
  #descriptor: number;

  /**
   * Opens or begins a file and hands over what is in it. A last line without its end was never acknowledged: it is cut off.
   * Errors: `host-api/store_unsuitable` for a file of somebody else, `host-api/store_corrupt` for a line that has changed.
   */
  static open(path: string, sync: (descriptor: number) => void = fsyncSync): { file: LogFile; lines: string[] } {
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    if (bytes.length === 0) {
      const file = new LogFile(path, sync);
      file.replace([]);
      return { file, lines: [] };
    }
    const end = bytes.lastIndexOf('\n') + 1;
    const [header, ...lines] = bytes.toString('utf8', 0, end).split('\n').slice(0, -1);
    if (header !== HEADER) {
      throw new HostApiError('host-api/store_unsuitable', { detail: { rule: 'the file belongs to another program' } });
    }
    const opened = lines.map(unsealed);
    const file = new LogFile(path, sync);
    if (end < bytes.length) file.#synced(path, 'r+', (descriptor) => ftruncateSync(descriptor, end));
    return { file, lines: opened };
  }

  private constructor(path: string, sync: (descriptor: number) => void) {
    this.#path = path;
    this.#sync = sync;
    this.#descriptor = openSync(path, 'a');
  }

  /** One write and one sync, however many lines. Whoever gets an error does not know what is in the file. */
  append(lines: readonly string[]): void {
    appendFileSync(this.#descriptor, lines.map((line) => `${sealed(line)}\n`).join(''));
    this.#sync(this.#descriptor);
  }

  /** After this the file holds these lines alone; before, and if the power fails meanwhile, what it held. */
  replace(lines: Iterable<string>): void {
    const aside = `${this.#path}-new`;
    this.#synced(aside, 'w', (descriptor) => {
      appendFileSync(descriptor, `${HEADER}\n`);
      for (const line of lines) appendFileSync(descriptor, `${sealed(line)}\n`);
    });
    renameSync(aside, this.#path);
    this.#synced(dirname(this.#path), 'r', () => undefined);
    closeSync(this.#descriptor);
    this.#descriptor = openSync(this.#path, 'a');
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #synced(path: string, flags: string, work: (descriptor: number) => void): void {
    const descriptor = openSync(path, flags);
    try {
      work(descriptor);
      this.#sync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}

export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function sealed(line: string): string {
  return `${sha256Hex(line)} ${line}`;
}

function unsealed(line: string): string {
  const text = line.slice(65);
  if (sealed(text) === line) return text;
  throw new HostApiError('host-api/store_corrupt', { detail: { rule: 'a line has changed since it was written' } });
}
