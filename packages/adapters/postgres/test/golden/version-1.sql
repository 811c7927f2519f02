-- A database of schema version 1, as it was written by the program of that version. Never edited.
CREATE SCHEMA reborn;
CREATE TABLE reborn.schema_version (
      version int PRIMARY KEY, needs_schema int NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE reborn.record (
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
    CREATE INDEX record_by_rank ON reborn.record (machine, rank, substr(slot, 1, 480));
    CREATE INDEX record_by_status ON reborn.record (machine, status, (rank + 0), substr(slot, 1, 480));
    CREATE INDEX record_by_owner ON reborn.record (machine, owner, (rank - 0), substr(slot, 1, 480));
    CREATE INDEX record_by_owner_and_status
      ON reborn.record (machine, owner, status, (rank * 1), substr(slot, 1, 480));

    CREATE TABLE reborn.stream (
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
    CREATE INDEX stream_by_touched ON reborn.stream USING brin (touched) WITH (pages_per_range = 16);

    CREATE TABLE reborn.stream_record (
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
    CREATE INDEX stream_record_by_kind ON reborn.stream_record (stream, kind, (cursor + 0)) WHERE kind IS NOT NULL;
    CREATE INDEX stream_record_by_time ON reborn.stream_record (stream, at_ms, cursor) WHERE at_ms IS NOT NULL;
    CREATE INDEX stream_record_removed ON reborn.stream_record (stream, cursor) WHERE kind IS NULL;
    
    CREATE INDEX stream_record_by_thread_id ON reborn.stream_record (stream, thread_id, (cursor + 0))
      WHERE thread_id IS NOT NULL;
    CREATE INDEX stream_record_by_run_id ON reborn.stream_record (stream, run_id, (cursor + 0))
      WHERE run_id IS NOT NULL;
    CREATE INDEX stream_record_by_invocation_id ON reborn.stream_record (stream, invocation_id, (cursor + 0))
      WHERE invocation_id IS NOT NULL;
    CREATE INDEX stream_record_by_correlation_id ON reborn.stream_record (stream, correlation_id, (cursor + 0))
      WHERE correlation_id IS NOT NULL;
    CREATE INDEX stream_record_by_capability_id ON reborn.stream_record (stream, capability_id, (cursor + 0))
      WHERE capability_id IS NOT NULL;
    CREATE INDEX stream_record_by_provider ON reborn.stream_record (stream, provider, (cursor + 0))
      WHERE provider IS NOT NULL;
    CREATE INDEX stream_record_by_actor_id ON reborn.stream_record (stream, actor_id, (cursor + 0))
      WHERE actor_id IS NOT NULL;
  
    -- Locks the rows of a batch, so that what is read next stays true until the transaction ends.
    CREATE FUNCTION reborn.lock_1(s_family text[], s_tenant bytea[], r_machine text[], r_slot bytea[])
    RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      FOR i IN 1 .. cardinality(s_family) LOOP
        PERFORM FROM reborn.stream WHERE family = s_family[i] AND tenant = s_tenant[i] FOR UPDATE;
      END LOOP;
      FOR i IN 1 .. cardinality(r_machine) LOOP
        PERFORM FROM reborn.record WHERE machine = r_machine[i] AND slot = r_slot[i] FOR UPDATE;
      END LOOP;
    END $$;

    -- Writes a batch whole, or raises RB001 because something was not at the version on which the batch was decided.
    -- Version 0 stands for what is not there. A stream that is not written, or a record without a body, is only checked.
    -- Positions of streams in the other arrays count from 1.
    CREATE FUNCTION reborn.commit_1(
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

      FOR i IN 1 .. cardinality(s_family) LOOP
        found_id := NULL;
        IF NOT s_written[i] THEN
          SELECT id INTO found_id FROM reborn.stream
            WHERE family = s_family[i] AND tenant = s_tenant[i] AND version = s_version[i] FOR SHARE;
        ELSIF s_version[i] = 0 THEN
          INSERT INTO reborn.stream AS s
            (family, tenant, version, touched, head, head_chain, earliest, base_chain, removed)
            VALUES (s_family[i], s_tenant[i], 1, now_xid, s_head[i], s_head_chain[i], s_earliest[i], s_base_chain[i],
              s_removed[i])
            ON CONFLICT DO NOTHING RETURNING s.id INTO found_id;
        ELSE
          UPDATE reborn.stream AS s SET version = s_version[i] + 1, touched = now_xid, head = s_head[i],
            head_chain = s_head_chain[i], earliest = s_earliest[i], base_chain = s_base_chain[i], removed = s_removed[i]
            WHERE s.family = s_family[i] AND s.tenant = s_tenant[i] AND s.version = s_version[i]
            RETURNING s.id INTO found_id;
        END IF;
        IF found_id IS NULL AND (s_written[i] OR s_version[i] > 0) THEN
          RAISE EXCEPTION USING ERRCODE = 'RB001', MESSAGE = 'stream';
        END IF;
        ids := ids || found_id;
      END LOOP;

      FOR i IN 1 .. cardinality(r_machine) LOOP
        IF r_version[i] = 0 THEN
          INSERT INTO reborn.record (machine, slot, long_key, owner, status, rank, version, body)
            VALUES (r_machine[i], r_slot[i], r_long_key[i], coalesce(r_owner[i], ''), coalesce(r_status[i], ''),
              coalesce(r_rank[i], 0), 1, coalesce(r_body[i], ''))
            ON CONFLICT DO NOTHING;
          IF FOUND AND r_body[i] IS NULL THEN
            -- Nobody else can make it before this transaction ends: that is what checking an absence takes.
            DELETE FROM reborn.record WHERE machine = r_machine[i] AND slot = r_slot[i];
          END IF;
        ELSIF r_body[i] IS NULL THEN
          PERFORM FROM reborn.record
            WHERE machine = r_machine[i] AND slot = r_slot[i] AND version = r_version[i] FOR SHARE;
        ELSE
          UPDATE reborn.record SET owner = r_owner[i], status = r_status[i], rank = r_rank[i],
            version = r_version[i] + 1, body = r_body[i]
            WHERE machine = r_machine[i] AND slot = r_slot[i] AND version = r_version[i];
        END IF;
        IF NOT FOUND THEN
          RAISE EXCEPTION USING ERRCODE = 'RB001', MESSAGE = 'record';
        END IF;
      END LOOP;

      IF cardinality(c_stream) > 0 THEN
        DELETE FROM reborn.stream_record AS e USING unnest(c_stream, c_through) AS c (position, through)
          WHERE e.stream = ids[c.position] AND e.cursor <= c.through;
      END IF;
      IF cardinality(d_stream) > 0 THEN
        UPDATE reborn.stream_record AS e
          SET (kind, at_ms, user_id, agent_id, project_id, mission_id, thread_id, run_id, invocation_id, correlation_id,
        capability_id, provider, actor_id, body) =
            (SELECT NULL, NULL::bigint, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
          FROM unnest(d_stream, d_cursor) AS d (position, cursor)
          WHERE e.stream = ids[d.position] AND e.cursor = d.cursor;
      END IF;
      INSERT INTO reborn.stream_record (stream, cursor, event_id, chain, kind, at_ms, user_id, agent_id, project_id, mission_id, thread_id, run_id, invocation_id, correlation_id,
        capability_id, provider, actor_id, body)
        SELECT ids[e.position], e.cursor, e.event_id, e.chain, e.kind, e.at_ms, user_id, agent_id, project_id, mission_id, thread_id, run_id, invocation_id, correlation_id,
        capability_id, provider, actor_id, e.body
        FROM unnest(e_stream, e_cursor, e_event_id, e_chain, e_kind, e_at_ms, e_user_id, e_agent_id, e_project_id,
          e_mission_id, e_thread_id, e_run_id, e_invocation_id, e_correlation_id, e_capability_id, e_provider,
          e_actor_id, e_body) AS e (position, cursor, event_id, chain, kind, at_ms, user_id, agent_id, project_id, mission_id, thread_id, run_id, invocation_id, correlation_id,
        capability_id, provider, actor_id, body);
    END $$;

INSERT INTO reborn.schema_version (version, needs_schema, applied_at) VALUES (1, 1, '2026-11-21T00:00:00Z');
INSERT INTO reborn.record (machine, slot, long_key, owner, status, rank, version, body) VALUES ('lease', E'\\x646f6e65', NULL, E'\\x34fe8ed82c4692469ebf8cc1900df4385afeccc379f33a5bae712c2758378600', 'free', '1767225600000', '2', '{"status":"free","holder":"host-2","fence":1,"expiresAtMs":1767225600000}');
INSERT INTO reborn.record (machine, slot, long_key, owner, status, rank, version, body) VALUES ('lease', E'\\x6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6bff287965fdd768b079e2324c7d887f7c77ea0c12afeb9753fa2a94db5ec2d5d104', E'\\x6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6beda0bdedb880', E'\\x2542bdf7088c2e3a9dc504c472dc539b195fb3c73a8495850b677dae07c88a96', 'held', '1767225601000', '1', '{"status":"held","holder":"host-3","fence":1,"expiresAtMs":1767225601000}');
INSERT INTO reborn.record (machine, slot, long_key, owner, status, rank, version, body) VALUES ('lease', E'\\x72756e', NULL, E'\\x4a1796ac493525ff45c4e74eef19d7a30d2bfff7e693ef67e2a7e8efe62a98ef', 'held', '1767225660000', '1', '{"status":"held","holder":"host-1","fence":1,"expiresAtMs":1767225660000}');
INSERT INTO reborn.stream (id, family, tenant, version, touched, head, head_chain, earliest, base_chain, removed) OVERRIDING SYSTEM VALUE VALUES ('1', 'journal', E'\\x61636d65', '2', 1, '6', E'\\x2c1644a7f28a06cebbe6b3a65073e7fddb8c957b2d320a64ba9b341a581a3875', '3', E'\\xc66c72d215d19b8b7e6cb2bc1e227f3a6f7b4a599624623f65a2d80704268605', '1');
INSERT INTO reborn.stream (id, family, tenant, version, touched, head, head_chain, earliest, base_chain, removed) OVERRIDING SYSTEM VALUE VALUES ('2', 'runtime', E'\\x74656e616e7420eda0bdedb880', '1', 1, '2', E'\\x8a39e16e997d4ca7c6b2b5e8aad2311d0e84e1afcdaee86d67056054871b3b88', '1', E'\\xad159304496dc141d73dbca2eb509122bd95b41ded5555d327b9dbf75a07b124', '0');
INSERT INTO reborn.stream_record (stream, cursor, event_id, chain, kind, at_ms, user_id, agent_id, project_id, mission_id, thread_id, run_id, invocation_id, correlation_id, capability_id, provider, actor_id, body) VALUES ('1', '3', '00000000-0000-4000-8000-000000000003', E'\\x4de5d175af4ef50ff8d3d62d075d9218375d34af7ae6c6b928ae37485a171e11', 'noted', '1767225600003', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"number":3}');
INSERT INTO reborn.stream_record (stream, cursor, event_id, chain, kind, at_ms, user_id, agent_id, project_id, mission_id, thread_id, run_id, invocation_id, correlation_id, capability_id, provider, actor_id, body) VALUES ('1', '4', '00000000-0000-4000-8000-000000000004', E'\\xb1bf3b9f10942312cfe3d8b96b879923a1f8fcb54348bc76ef97a90a89cf1f28', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO reborn.stream_record (stream, cursor, event_id, chain, kind, at_ms, user_id, agent_id, project_id, mission_id, thread_id, run_id, invocation_id, correlation_id, capability_id, provider, actor_id, body) VALUES ('1', '5', '00000000-0000-4000-8000-000000000005', E'\\xd12e275dca0ab436698032f3c6b900e1b7f13c8e56df34221231b263d817d165', 'noted', '1767225600005', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"number":5}');
INSERT INTO reborn.stream_record (stream, cursor, event_id, chain, kind, at_ms, user_id, agent_id, project_id, mission_id, thread_id, run_id, invocation_id, correlation_id, capability_id, provider, actor_id, body) VALUES ('1', '6', '00000000-0000-4000-8000-000000000006', E'\\x2c1644a7f28a06cebbe6b3a65073e7fddb8c957b2d320a64ba9b341a581a3875', 'noted', '1767225600006', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"number":6}');
INSERT INTO reborn.stream_record (stream, cursor, event_id, chain, kind, at_ms, user_id, agent_id, project_id, mission_id, thread_id, run_id, invocation_id, correlation_id, capability_id, provider, actor_id, body) VALUES ('2', '1', '00000000-0000-4000-8000-000000000001', E'\\x098b9e8c3b59d2cdc2064a1e5064dbf17d4dadc4d010a00470b26fc7ceb2268e', 'seen', '1767225600001', 'alice', 'agent', 'project', 'mission', 'thread-1', '00000000-0000-4000-8000-000000000064', '00000000-0000-4000-8000-000000000065', '00000000-0000-4000-8000-000000000066', 'notes.write', 'notes', 'user:alice', E'{"text":"NUL \\u0000, é, 😀,  , \\"quoted\\"","list":[1,null,{"a":0.1}]}');
INSERT INTO reborn.stream_record (stream, cursor, event_id, chain, kind, at_ms, user_id, agent_id, project_id, mission_id, thread_id, run_id, invocation_id, correlation_id, capability_id, provider, actor_id, body) VALUES ('2', '2', '00000000-0000-4000-8000-000000000002', E'\\x8a39e16e997d4ca7c6b2b5e8aad2311d0e84e1afcdaee86d67056054871b3b88', 'noted', '1767225600002', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"number":2}');
SELECT setval(pg_get_serial_sequence('reborn.stream', 'id'), (SELECT max(id) FROM reborn.stream));
