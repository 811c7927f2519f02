/**
 * The two functions that write. Both touch rows in the order in which they are named, streams first: whoever sorts them
 * in the same way meets no deadlock.
 *
 * Not here: the tables (`0001-records-and-streams.ts`), what is written (`batch-statement.ts`).
 */
const LABELS = `user_id, agent_id, project_id, mission_id, thread_id, run_id, invocation_id, correlation_id,
        capability_id, provider, actor_id`;

export function writeFunctions(schema: string): string {
  return `${lockFunction(schema)}\n${commitFunction(schema)}`;
}

function lockFunction(schema: string): string {
  return `
    -- Locks the rows of a batch, so that what is read next stays true until the transaction ends.
    CREATE FUNCTION ${schema}.lock_1(s_family text[], s_tenant bytea[], r_machine text[], r_slot bytea[])
    RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      FOR i IN 1 .. cardinality(s_family) LOOP
        PERFORM FROM ${schema}.stream WHERE family = s_family[i] AND tenant = s_tenant[i] FOR UPDATE;
      END LOOP;
      FOR i IN 1 .. cardinality(r_machine) LOOP
        PERFORM FROM ${schema}.record WHERE machine = r_machine[i] AND slot = r_slot[i] FOR UPDATE;
      END LOOP;
    END $$;`;
}

function commitFunction(schema: string): string {
  return `
    -- Writes a batch whole, or raises RB001 because something was not at the version on which the batch was decided.
    -- Version 0 stands for what is not there. A stream that is not written, or a record without a body, is only checked.
    -- Positions of streams in the other arrays count from 1.
    CREATE FUNCTION ${schema}.commit_1(
      s_family text[], s_tenant bytea[], s_version bigint[], s_written boolean[], s_head bigint[], s_head_chain bytea[],
      s_earliest bigint[], s_base_chain bytea[], s_removed bigint[],
      r_machine text[], r_slot bytea[], r_long_key bytea[], r_version bigint[], r_owner bytea[], r_status text[],
      r_rank double precision[], r_body text[],
      c_stream int[], c_through bigint[], d_stream int[], d_cursor bigint[],
      e_stream int[], e_cursor bigint[], e_event_id uuid[], e_chain bytea[], e_kind text[], e_at_ms bigint[],
      e_user_id text[], e_agent_id text[], e_project_id text[], e_mission_id text[], e_thread_id text[], e_run_id text[],
      e_invocation_id text[], e_correlation_id text[], e_capability_id text[], e_provider text[], e_actor_id text[],
      e_body text[]
    ) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
      now_xid bigint := pg_current_xact_id()::text::bigint;
      ids bigint[] := '{}';
      found_id bigint;
    BEGIN
${streamPart(schema)}
${recordPart(schema)}
${streamRecordPart(schema)}
    END $$;`;
}

function streamPart(schema: string): string {
  return `
      FOR i IN 1 .. cardinality(s_family) LOOP
        found_id := NULL;
        IF NOT s_written[i] THEN
          SELECT id INTO found_id FROM ${schema}.stream
            WHERE family = s_family[i] AND tenant = s_tenant[i] AND version = s_version[i] FOR SHARE;
        ELSIF s_version[i] = 0 THEN
          INSERT INTO ${schema}.stream AS s
            (family, tenant, version, touched, head, head_chain, earliest, base_chain, removed)
            VALUES (s_family[i], s_tenant[i], 1, now_xid, s_head[i], s_head_chain[i], s_earliest[i], s_base_chain[i],
              s_removed[i])
            ON CONFLICT DO NOTHING RETURNING s.id INTO found_id;
        ELSE
          UPDATE ${schema}.stream AS s SET version = s_version[i] + 1, touched = now_xid, head = s_head[i],
            head_chain = s_head_chain[i], earliest = s_earliest[i], base_chain = s_base_chain[i], removed = s_removed[i]
            WHERE s.family = s_family[i] AND s.tenant = s_tenant[i] AND s.version = s_version[i]
            RETURNING s.id INTO found_id;
        END IF;
        IF found_id IS NULL AND (s_written[i] OR s_version[i] > 0) THEN
          RAISE EXCEPTION USING ERRCODE = 'RB001', MESSAGE = 'stream';
        END IF;
        ids := ids || found_id;
      END LOOP;`;
}

function recordPart(schema: string): string {
  return `
      FOR i IN 1 .. cardinality(r_machine) LOOP
        IF r_version[i] = 0 THEN
          INSERT INTO ${schema}.record (machine, slot, long_key, owner, status, rank, version, body)
            VALUES (r_machine[i], r_slot[i], r_long_key[i], coalesce(r_owner[i], ''), coalesce(r_status[i], ''),
              coalesce(r_rank[i], 0), 1, coalesce(r_body[i], ''))
            ON CONFLICT DO NOTHING;
          IF FOUND AND r_body[i] IS NULL THEN
            -- Nobody else can make it before this transaction ends: that is what checking an absence takes.
            DELETE FROM ${schema}.record WHERE machine = r_machine[i] AND slot = r_slot[i];
          END IF;
        ELSIF r_body[i] IS NULL THEN
          PERFORM FROM ${schema}.record
            WHERE machine = r_machine[i] AND slot = r_slot[i] AND version = r_version[i] FOR SHARE;
        ELSE
          UPDATE ${schema}.record SET owner = r_owner[i], status = r_status[i], rank = r_rank[i],
            version = r_version[i] + 1, body = r_body[i]
            WHERE machine = r_machine[i] AND slot = r_slot[i] AND version = r_version[i];
        END IF;
        IF NOT FOUND THEN
          RAISE EXCEPTION USING ERRCODE = 'RB001', MESSAGE = 'record';
        END IF;
      END LOOP;`;
}

function streamRecordPart(schema: string): string {
  return `
      IF cardinality(c_stream) > 0 THEN
        DELETE FROM ${schema}.stream_record AS e USING unnest(c_stream, c_through) AS c (position, through)
          WHERE e.stream = ids[c.position] AND e.cursor <= c.through;
      END IF;
      IF cardinality(d_stream) > 0 THEN
        UPDATE ${schema}.stream_record AS e
          SET (kind, at_ms, ${LABELS}, body) =
            (SELECT NULL, NULL::bigint, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
          FROM unnest(d_stream, d_cursor) AS d (position, cursor)
          WHERE e.stream = ids[d.position] AND e.cursor = d.cursor;
      END IF;
      INSERT INTO ${schema}.stream_record (stream, cursor, event_id, chain, kind, at_ms, ${LABELS}, body)
        SELECT ids[e.position], e.cursor, e.event_id, e.chain, e.kind, e.at_ms, ${LABELS}, e.body
        FROM unnest(e_stream, e_cursor, e_event_id, e_chain, e_kind, e_at_ms, e_user_id, e_agent_id, e_project_id,
          e_mission_id, e_thread_id, e_run_id, e_invocation_id, e_correlation_id, e_capability_id, e_provider,
          e_actor_id, e_body) AS e (position, cursor, event_id, chain, kind, at_ms, ${LABELS}, body);`;
}
