-- Metrics: what a monitor wants to know of the state, in bounded looks into indexes. Each daemon
-- asks every few seconds, in a session of its own.

-- How long ago an instant was, in µs; 0 when it is to come, or when there is none.
CREATE OR REPLACE FUNCTION duban.metrics_age(p_now timestamptz, p_since timestamptz)
    RETURNS bigint
    LANGUAGE sql IMMUTABLE
AS $$
    SELECT coalesce(greatest(0, floor(extract(epoch FROM p_now - p_since) * 1e6)), 0)::bigint
$$;

-- Open cases by the level of their worst clock, by the board's figures, and the earliest due instant
-- of those that run (of a thousand: suspended ones may stand before them). The figures are of
-- windows, not of cases; one step into the board's order per severity.
CREATE OR REPLACE FUNCTION duban.metrics_cases()
    RETURNS TABLE (level text, cases bigint, due_at timestamptz)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_gravity smallint;
BEGIN
    RETURN QUERY
    SELECT c.level, sum(c.cases)::bigint, NULL::timestamptz
      FROM duban.board_count c GROUP BY c.level;
    FOR v_gravity IN SELECT DISTINCT c.gravity FROM duban.board_count c WHERE c.cases > 0 LOOP
        RETURN QUERY
        SELECT NULL::text, NULL::bigint, min(f.due_at)
          FROM (SELECT b.due_at, b.running FROM duban.board_case b
                 WHERE b.gravity = v_gravity
                 ORDER BY b.gravity, b.due_at, b.case_no LIMIT 1000) f
         WHERE f.running;
    END LOOP;
END
$$;

-- The queue by channel, at most `p_most` messages of each state of a channel, and since when the
-- oldest waits. `parked` and `inflight` wait since their first try, or since they became ready.
CREATE OR REPLACE FUNCTION duban.metrics_queue(p_most bigint)
    RETURNS TABLE (channel text, state text, messages bigint, oldest timestamptz)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    v_channel text;
BEGIN
    FOR v_channel IN SELECT DISTINCT e.channel FROM duban.endpoint e LOOP
        RETURN QUERY
        SELECT v_channel, 'ready',
               (SELECT count(*)
                  FROM (SELECT FROM duban.endpoint e
                         CROSS JOIN LATERAL (SELECT FROM duban.ready q WHERE q.endpoint = e.id
                                              LIMIT p_most) r
                         WHERE e.channel = v_channel COLLATE "C" LIMIT p_most) m),
               (SELECT min(r.due_at) FROM duban.endpoint e
                 CROSS JOIN LATERAL (SELECT q.due_at FROM duban.ready q WHERE q.endpoint = e.id
                                      ORDER BY q.endpoint, q.due_at, q.id LIMIT 1) r
                 WHERE e.channel = v_channel COLLATE "C");
        RETURN QUERY
        SELECT v_channel, 'parked',
               (SELECT count(*)
                  FROM (SELECT FROM duban.endpoint e
                         CROSS JOIN LATERAL (SELECT FROM duban.parked q WHERE q.endpoint = e.id
                                              LIMIT p_most) r
                         WHERE e.channel = v_channel COLLATE "C" LIMIT p_most) m),
               (SELECT min(r.first_at) FROM duban.endpoint e
                 CROSS JOIN LATERAL (SELECT q.first_at FROM duban.parked q WHERE q.endpoint = e.id
                                      ORDER BY q.endpoint, q.id LIMIT 1) r
                 WHERE e.channel = v_channel COLLATE "C");
    END LOOP;
    RETURN QUERY
    SELECT e.channel, 'inflight', count(*), min(f.first_at)
      FROM (SELECT q.endpoint, q.first_at FROM duban.inflight q ORDER BY q.id LIMIT p_most) f
      JOIN duban.endpoint e ON e.id = f.endpoint
     GROUP BY e.channel;
    RETURN QUERY
    SELECT e.channel, 'dead', count(*), NULL::timestamptz
      FROM (SELECT d.endpoint FROM duban.dead d ORDER BY d.id DESC LIMIT p_most) f
      JOIN duban.endpoint e ON e.id = f.endpoint
     GROUP BY e.channel;
END
$$;

-- Who runs, and whether anybody leads: by the locks that sessions hold.
CREATE OR REPLACE FUNCTION duban.metrics_nodes()
    RETURNS TABLE (nodes bigint, leaders bigint, versions bigint)
    LANGUAGE sql STABLE
AS $$
    WITH held AS MATERIALIZED (
        SELECT DISTINCT l.classid, l.objid::bigint AS id FROM pg_locks l
         WHERE l.locktype = 'advisory' AND l.classid IN (1685414240, 1685414242) AND l.granted
           AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
    )
    SELECT (SELECT count(*) FROM held h WHERE h.classid = 1685414242),
           (SELECT count(*) FROM held h WHERE h.classid = 1685414240),
           (SELECT count(DISTINCT n.config_version)
              FROM duban.node n JOIN held h ON h.id = n.id AND h.classid = 1685414242)
$$;

-- All of it, as metrics: the family's name, up to two values of its labels, and the value. Lengths
-- of time and instants (since 1970) are in µs. An age is 0 when nothing is late. `p_most`: where
-- counts of a channel stop.
CREATE OR REPLACE FUNCTION duban.metrics(p_most bigint)
    RETURNS TABLE (family text, first text, second text, value bigint)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := duban.now();
    v_due timestamptz;
    r     record;
BEGIN
    FOR r IN SELECT * FROM duban.metrics_cases() LOOP
        IF r.level IS NOT NULL THEN
            RETURN QUERY SELECT 'duban_open_cases', r.level, NULL::text, r.cases;
        END IF;
        v_due := least(v_due, r.due_at);
    END LOOP;
    RETURN QUERY
    SELECT m.family, NULL::text, NULL::text, duban.metrics_age(v_now, m.since)
      FROM (VALUES ('duban_case_overdue_oldest_age_seconds', v_due),
                   ('duban_board_behind_seconds', duban.board_waits()),
                   ('duban_clock_due_oldest_age_seconds',
                    (SELECT c.next_at FROM duban.clock c WHERE c.next_at IS NOT NULL
                      ORDER BY c.next_at, c.case_no, c.clock LIMIT 1)),
                   ('duban_pending_oldest_age_seconds',
                    (SELECT p.release_at FROM duban.pending p
                      ORDER BY p.release_at, p.notification LIMIT 1))) AS m(family, since);

    FOR r IN SELECT * FROM duban.metrics_queue(p_most) LOOP
        IF r.state = 'dead' THEN
            RETURN QUERY SELECT 'duban_dead_messages', r.channel, NULL::text, r.messages;
        ELSE
            RETURN QUERY
            SELECT 'duban_queue_messages', r.channel, r.state, r.messages UNION ALL
            SELECT 'duban_queue_oldest_age_seconds', r.channel, r.state,
                   duban.metrics_age(v_now, r.oldest);
        END IF;
    END LOOP;

    RETURN QUERY
    SELECT m.family, NULL::text, NULL::text, m.value
      FROM duban.metrics_nodes() n
     CROSS JOIN LATERAL (VALUES
           ('duban_nodes', n.nodes),
           ('duban_leader_known', n.leaders),
           ('duban_config_versions', n.versions),
           ('duban_pending_notifications',
            (SELECT count(*) FROM (SELECT FROM duban.pending LIMIT p_most) p)),
           ('duban_bad_rows',
            (SELECT count(*) FROM (SELECT FROM duban.bad_row LIMIT p_most) b)),
           ('duban_alarms',
            (SELECT count(*) FROM (SELECT FROM duban.alarm a WHERE a.over_at IS NULL
                                    LIMIT p_most) a))) AS m(family, value);

    RETURN QUERY
    SELECT 'duban_source_watermark_timestamp_seconds', NULL::text, NULL::text,
           duban.metrics_age(i.updated_at, 'epoch')
      FROM duban.intake i WHERE i.updated_at IS NOT NULL;
    RETURN QUERY
    SELECT m.family, NULL::text, NULL::text, m.value
      FROM (SELECT s.begun_at, s.stage FROM duban.selftest s WHERE s.ended_at IS NOT NULL
             ORDER BY s.begun_at DESC LIMIT 1) t
     CROSS JOIN LATERAL (VALUES
           ('duban_selftest_successful', (t.stage = '')::integer::bigint),
           ('duban_selftest_last_timestamp_seconds', duban.metrics_age(t.begun_at, 'epoch')))
           AS m(family, value);
END
$$;
