import type { Connection } from '../driver.ts';

/** One step of the schema. Runs inside the transaction of all missing steps. */
export interface Migration {
  readonly version: number;
  readonly run: (connection: Connection) => void;
}
