/** For tests and for tools that break things: the store over a driver that does as a script says. */

// A store with a driver of one's own
export { sqliteWith } from './sqlite-with.ts';
export type { SqliteParts } from './sqlite-with.ts';

// A driver that fails, lies and dies on demand
export { createDriverScript } from './driver-script.ts';
export type { DriverEvent, DriverRule, DriverScript } from './driver-script.ts';
