// Storage in one file
export { sqlite, type SqliteOptions, type SqliteStorage } from './sqlite.ts';
