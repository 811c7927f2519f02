// A server of one's own
export { startPostgres, type PostgresServer, type PostgresOptions } from './postgres.ts';
// Databases on it
export { createDatabase } from './database.ts';
