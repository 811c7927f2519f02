/**
 * Emmett as it is installed, in a folder of its own (`../../peers`): its driver is compiled on installation, which nobody
 * should wait for who does not want to compare.
 *
 * Not here: how it is measured (`emmett.ts`).
 */
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const require = createRequire(new URL('../../peers/package.json', import.meta.url));

export interface EmmettEvent {
  readonly type: string;
  readonly data: object;
}

/** The part that is measured. */
export interface EmmettStore {
  appendToStream(stream: string, events: readonly EmmettEvent[]): Promise<unknown>;
  readStream(
    stream: string,
    options?: { readonly from: bigint; readonly maxCount: bigint },
  ): Promise<{ readonly events: readonly { readonly data: unknown }[]; readonly currentStreamVersion: bigint }>;
  close?(): Promise<void>;
}

export interface EmmettConnection {
  command(sql: string): Promise<unknown>;
  close(): void;
}

export interface EmmettSqlite {
  readonly getSQLiteEventStore: (options: object) => EmmettStore;
  readonly sqliteConnection: (options: { readonly fileName: string }) => EmmettConnection;
}

export interface EmmettPostgres {
  readonly getPostgreSQLEventStore: (url: string, options?: object) => EmmettStore;
}

export const HOW_TO_INSTALL = `npm ci --prefix ${fileURLToPath(new URL('../../peers', import.meta.url))
  .split('/')
  .slice(-4, -1)
  .join('/')}`;

/** `undefined` when it is not installed, or not for this machine. */
export async function loadEmmett<T>(name: string): Promise<T | undefined> {
  try {
    return (await import(pathToFileURL(require.resolve(name)).href)) as T;
  } catch {
    return undefined;
  }
}
