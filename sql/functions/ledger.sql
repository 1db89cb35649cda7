-- The ledger's seals (sql/schema/006_seal.sql).

-- How an event is written down (form 1). ctl/ledger_walk.c does the same by itself, so that whoever
-- replaces this function hides nothing. No column of duban.event is ever changed, so all are in it.
-- In JSON, times don't depend on the session's settings.
CREATE OR REPLACE FUNCTION duban.event_digest(e duban.event)
    RETURNS bytea
    LANGUAGE sql STABLE
AS $$
    SELECT sha256(convert_to(json_build_array(
               e.id, e.case_no, e.clock, e.kind, e.deadline_version, e.repeat, e.sequence,
               e.event_at AT TIME ZONE 'UTC', e.recorded_at AT TIME ZONE 'UTC', e.level, e.rank,
               e.due_at AT TIME ZONE 'UTC', e.window_code, e.department_code, e.item_code, e.told,
               e.detail, e.policy, e.episode, e.points, e.irregular)::text, 'UTF8'))
$$;

-- The transactions that may have got an id of the ledger and not have committed: they got the lock
-- before the id, and give it back after the commit has become visible.
CREATE OR REPLACE FUNCTION duban.ledger_writers()
    RETURNS text[]
    LANGUAGE sql VOLATILE
AS $$
    SELECT coalesce(array_agg(DISTINCT l.virtualtransaction), '{}')
      FROM pg_locks l
     WHERE l.locktype = 'relation' AND l.relation = 'duban.event'::regclass
       AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
       AND l.mode = 'RowExclusiveLock'
$$;

-- Up to which id the ledger is complete; null: not known yet. `p_mark` is what the last call gave,
-- or '' to begin anew: the server's start, an id that had been given out, and the transactions that
-- were writing then. When they have ended, all ids up to that one are committed, or never will be. So no number
-- of short transactions that follow each other holds it up, and a long one no longer than it lasts.
CREATE OR REPLACE FUNCTION duban.ledger_complete(p_mark text, OUT up_to bigint, OUT mark text)
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_start   text := extract(epoch FROM pg_postmaster_start_time())::text;
    v_words   text[] := string_to_array(p_mark, ' ');
    v_given   bigint;
    v_writers text[];
BEGIN
    IF v_words[1] = v_start THEN
        v_given := v_words[2]::bigint;
        v_writers := v_words[3:];
    ELSE -- in this order: whoever gets an id later isn't asked about
        v_given := coalesce(pg_sequence_last_value(
                                pg_get_serial_sequence('duban.event', 'id')::regclass), 0);
        v_writers := duban.ledger_writers();
    END IF;
    mark := concat_ws(' ', v_start, v_given);
    IF v_writers && duban.ledger_writers() THEN
        mark := concat_ws(' ', mark, array_to_string(v_writers, ' '));
    ELSE
        up_to := v_given;
    END IF;
END
$$;

-- Seals up to `p_most` events of those that are complete. `events` is 0 when there was nothing to
-- seal, or when transactions are waited for; `mark` goes into the next call ('': there is nothing to
-- go on with). `behind`: there are more.
CREATE OR REPLACE FUNCTION duban.ledger_seal(
    p_mark text, p_most integer,
    OUT mark text, OUT number bigint, OUT events integer, OUT up_to bigint, OUT hash text,
    OUT behind boolean)
    LANGUAGE plpgsql VOLATILE
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_last     duban.seal;
    v_complete bigint;
    v_mark     text;
    v_entries  bytea;
    v_end      bigint;
    v_at       timestamptz := duban.now();
    v_hash     bytea;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'seals are made in READ COMMITTED: each statement has to see what is committed';
    END IF;
    events := 0;
    behind := false;
    SELECT c.up_to, c.mark INTO v_complete, mark FROM duban.ledger_complete(p_mark) c;
    IF v_complete IS NULL THEN
        RETURN;
    END IF;
    v_mark := mark;
    mark := '';
    SELECT s.* INTO v_last FROM duban.seal s ORDER BY s.number DESC LIMIT 1;
    v_last.up_to := coalesce(v_last.up_to, 0);
    number := coalesce(v_last.number, 0) + 1;
    SELECT string_agg(int8send(b.id) || b.digest, ''::bytea ORDER BY b.id), count(*), max(b.id)
      INTO v_entries, events, v_end
      FROM (SELECT e.id, duban.event_digest(e) AS digest FROM duban.event e
             WHERE e.id > v_last.up_to AND e.id <= v_complete
             ORDER BY e.id LIMIT p_most) b;
    IF events = 0 THEN
        RETURN;
    END IF;
    behind := events = p_most;
    up_to := CASE WHEN behind THEN v_end ELSE v_complete END;
    v_hash := sha256(coalesce(v_last.hash, '') || int8send(1) || int8send(number)
                     || int8send(v_last.up_to) || int8send(up_to) || int8send(events)
                     || int8send((extract(epoch FROM v_at) * 1000000)::bigint) || v_entries);
    INSERT INTO duban.seal AS s
           (number, form, after_event, up_to, events, sealed_at, entries, hash)
    VALUES (number, 1, v_last.up_to, up_to, events, v_at, v_entries, v_hash)
        ON CONFLICT DO NOTHING; -- another daemon was faster: the next call goes on from its seal
    IF NOT FOUND THEN
        events := 0;
        behind := true;
    END IF;
    hash := encode(v_hash, 'hex');
    mark := CASE WHEN behind THEN v_mark ELSE '' END;
END
$$;

-- --- what people ask for ---

-- The newest seals, the newest first.
CREATE OR REPLACE FUNCTION duban.ledger_seals(p_most bigint)
    RETURNS json
    LANGUAGE sql STABLE
AS $$
    SELECT coalesce(json_agg(json_build_object(
               'number', s.number, 'after_event', s.after_event, 'up_to', s.up_to,
               'events', s.events, 'sealed_at', s.sealed_at, 'hash', encode(s.hash, 'hex'))
               ORDER BY s.number DESC), '[]')
      FROM (SELECT * FROM duban.seal x ORDER BY x.number DESC LIMIT p_most) s
$$;

-- The first seal that was made since then; null: none was.
CREATE OR REPLACE FUNCTION duban.ledger_since(p_since timestamptz)
    RETURNS bigint
    LANGUAGE sql STABLE
AS $$
    SELECT CASE WHEN p_since = '-infinity' THEN 1
                ELSE (SELECT s.number FROM duban.seal s WHERE s.sealed_at >= p_since
                       ORDER BY s.sealed_at, s.number LIMIT 1) END
$$;

-- Seals from a number on, a line each: what is to be kept elsewhere.
CREATE OR REPLACE FUNCTION duban.ledger_export(p_from bigint, p_most integer, p_json boolean)
    RETURNS TABLE (number bigint, line text)
    LANGUAGE sql STABLE
AS $$
    SELECT s.number,
           CASE WHEN p_json
                THEN json_build_object('number', s.number, 'after_event', s.after_event,
                                       'up_to', s.up_to, 'events', s.events,
                                       'sealed_at', s.sealed_at,
                                       'hash', encode(s.hash, 'hex'))::text
                ELSE concat_ws(' ', s.number, s.after_event, s.up_to, s.events,
                               to_char(s.sealed_at AT TIME ZONE 'UTC',
                                       'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                               encode(s.hash, 'hex')) END
      FROM duban.seal s
     WHERE s.number >= p_from
     ORDER BY s.number LIMIT p_most
$$;
