/**
 * One step of the schema, which only adds. `needs` is the oldest version whose programs still work on the database
 * after this step.
 */
export interface Migration {
  readonly version: number;
  readonly needs: number;
  /** `schema` is a plain name. */
  readonly sql: (schema: string) => string;
}
