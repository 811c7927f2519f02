/** One step of the schema. `sql` only adds, so that the version before it still works on the file. */
export interface Migration {
  readonly version: number;
  readonly sql: string;
}
