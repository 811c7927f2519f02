/**
 * The part of Emmett that is measured.
 *
 * Not here: loading it (`../measure/peer.ts`), how it is measured (`emmett.ts`).
 */

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
