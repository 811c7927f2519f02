// Storage in one database
export { postgres, type PostgresOptions, type PostgresStorage, type PostgresTarget } from './postgres.ts';
export type { PostgresAddress, TlsMode } from './target.ts';
