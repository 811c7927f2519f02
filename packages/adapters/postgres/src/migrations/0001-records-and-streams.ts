/**
 * Records that move along machines, and streams with gapless cursors.
 *
 * Keys and tenants are CESU-8, whose bytes sort as UTF-16 code units do; a key is indexed by its slot (`record-key.ts`).
 * `rank + 0`, `cursor + 0` and the like say no more than `rank` and `cursor`, but only the query that is meant to use an
 * index orders by the words of that index: no statistics, however old, lead it through another one.
 * `stream.version` grows with every change of a stream, `touched` is the transaction of the last one: a BRIN index costs
 * a writer nothing. The indexes of `record` are the orders of lists; the partial ones of `stream_record` cost nothing for
 * records without that label. A stream record whose content was removed has no kind.
 *
 * Not here: the functions that write (`0001-write-functions.ts`).
 */
import { writeFunctions } from './0001-write-functions.ts';
import type { Migration } from './migration.ts';

export const recordsAndStreams: Migration = {
  version: 1,
  needs: 1,
  sql: (schema) => `
    CREATE TABLE ${schema}.record (
      machine text COLLATE "C" NOT NULL,
      slot bytea NOT NULL,
      long_key bytea,
      owner bytea NOT NULL,
      status text COLLATE "C" NOT NULL,
      rank double precision NOT NULL,
      version bigint NOT NULL,
      body text NOT NULL,
      PRIMARY KEY (machine, slot)
    ) WITH (fillfactor = 80);
    CREATE INDEX record_by_rank ON ${schema}.record (machine, rank, substr(slot, 1, 480));
    CREATE INDEX record_by_status ON ${schema}.record (machine, status, (rank + 0), substr(slot, 1, 480));
    CREATE INDEX record_by_owner ON ${schema}.record (machine, owner, (rank - 0), substr(slot, 1, 480));
    CREATE INDEX record_by_owner_and_status
      ON ${schema}.record (machine, owner, status, (rank * 1), substr(slot, 1, 480));

    CREATE TABLE ${schema}.stream (
      id bigint GENERATED ALWAYS AS IDENTITY,
      family text COLLATE "C" NOT NULL,
      tenant bytea NOT NULL,
      version bigint NOT NULL,
      touched bigint NOT NULL,
      head bigint NOT NULL,
      head_chain bytea NOT NULL,
      earliest bigint NOT NULL,
      base_chain bytea NOT NULL,
      removed bigint NOT NULL,
      PRIMARY KEY (family, tenant),
      UNIQUE (id)
    ) WITH (fillfactor = 70);
    CREATE INDEX stream_by_touched ON ${schema}.stream USING brin (touched) WITH (pages_per_range = 16);

    CREATE TABLE ${schema}.stream_record (
      stream bigint NOT NULL,
      cursor bigint NOT NULL,
      event_id uuid NOT NULL,
      chain bytea NOT NULL,
      kind text COLLATE "C",
      at_ms bigint,
      user_id text COLLATE "C",
      agent_id text COLLATE "C",
      project_id text COLLATE "C",
      mission_id text COLLATE "C",
      thread_id text COLLATE "C",
      run_id text COLLATE "C",
      invocation_id text COLLATE "C",
      correlation_id text COLLATE "C",
      capability_id text COLLATE "C",
      provider text COLLATE "C",
      actor_id text COLLATE "C",
      body text,
      PRIMARY KEY (stream, cursor),
      UNIQUE (stream, event_id)
    );
    CREATE INDEX stream_record_by_kind ON ${schema}.stream_record (stream, kind, (cursor + 0)) WHERE kind IS NOT NULL;
    CREATE INDEX stream_record_by_time ON ${schema}.stream_record (stream, at_ms, cursor) WHERE at_ms IS NOT NULL;
    CREATE INDEX stream_record_removed ON ${schema}.stream_record (stream, cursor) WHERE kind IS NULL;
    ${['thread_id', 'run_id', 'invocation_id', 'correlation_id', 'capability_id', 'provider', 'actor_id']
      .map(
        (label) => `
    CREATE INDEX stream_record_by_${label} ON ${schema}.stream_record (stream, ${label}, (cursor + 0))
      WHERE ${label} IS NOT NULL;`,
      )
      .join('')}
  ${writeFunctions(schema)}`,
};
