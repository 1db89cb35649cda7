-- Parking: messages of endpoints that may not be used wait outside the queue, in duban.parked, so
-- that they cost the queue nothing however many they are. All in bounded batches, and planned as a
-- claim is.

-- Moves ready messages of endpoints that aren't well out of the queue, at most p_most of each,
-- none due before its floor. A row for each endpoint of which something was moved.
CREATE OR REPLACE FUNCTION duban.park(p_endpoint bigint[], p_floor timestamptz[], p_most bigint)
    RETURNS TABLE (endpoint integer, moved bigint)
    LANGUAGE sql
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
    WITH found AS MATERIALIZED (
        SELECT r.*
          FROM (SELECT u.* FROM unnest(p_endpoint, p_floor) AS u(endpoint, floor)
                 WHERE EXISTS (SELECT FROM duban.endpoint_state s
                                WHERE s.endpoint = u.endpoint AND s.state <> 'well' OFFSET 0)) e
         CROSS JOIN LATERAL (
               SELECT q.ctid AS place
                 FROM duban.ready q
                WHERE q.endpoint = e.endpoint AND q.due_at >= coalesce(e.floor, '-infinity')
                ORDER BY q.due_at, q.id
                LIMIT p_most
                  FOR UPDATE OF q SKIP LOCKED) r
    ), gone AS (
        DELETE FROM duban.ready q USING found f WHERE q.ctid = f.place
        RETURNING q.*
    ), kept AS (
        INSERT INTO duban.parked (endpoint, id, day, due_at, order_key, attempt, first_at)
        SELECT g.endpoint, g.id, g.day, g.due_at, g.order_key, g.attempt, g.first_at FROM gone g
            ON CONFLICT DO NOTHING
    )
    SELECT g.endpoint, count(*) FROM gone g GROUP BY g.endpoint
$$;

-- Moves parked messages of endpoints that are well back into the queue, oldest first, at most
-- p_most of each, none with a number up to its floor. A row for each endpoint of which something
-- was moved, with the highest number.
CREATE OR REPLACE FUNCTION duban.unpark(p_endpoint bigint[], p_floor bigint[], p_most bigint)
    RETURNS TABLE (endpoint integer, moved bigint, last bigint)
    LANGUAGE sql
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
    WITH found AS MATERIALIZED (
        SELECT r.*
          FROM (SELECT u.* FROM unnest(p_endpoint, p_floor) AS u(endpoint, floor)
                 WHERE NOT EXISTS (SELECT FROM duban.endpoint_state s
                                    WHERE s.endpoint = u.endpoint AND s.state <> 'well' OFFSET 0)) e
         CROSS JOIN LATERAL (
               SELECT p.ctid AS place
                 FROM duban.parked p
                WHERE p.endpoint = e.endpoint AND p.id > e.floor
                ORDER BY p.id
                LIMIT p_most
                  FOR UPDATE OF p SKIP LOCKED) r
    ), gone AS (
        DELETE FROM duban.parked p USING found f WHERE p.ctid = f.place
        RETURNING p.*
    ), back AS (
        INSERT INTO duban.ready (endpoint, due_at, id, day, order_key, attempt, first_at)
        SELECT g.endpoint, g.due_at, g.id, g.day, g.order_key, g.attempt, g.first_at FROM gone g
    )
    SELECT g.endpoint, count(*), max(g.id) FROM gone g GROUP BY g.endpoint
$$;

-- The oldest due message that is parked for an endpoint and still has its reason, or null: among
-- the first thousand. If all of these have lost theirs, they end here as in a claim.
CREATE OR REPLACE FUNCTION duban.probe_message(p_now timestamptz, p_node bigint, p_endpoint integer)
    RETURNS bigint
    LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    v_found bigint;
    v_last  bigint;
BEGIN
    SELECT p.id INTO v_last FROM duban.parked p WHERE p.endpoint = p_endpoint
     ORDER BY p.id OFFSET 999 LIMIT 1;
    SELECT p.id INTO v_found
      FROM duban.parked p
     CROSS JOIN LATERAL (SELECT duban.message_stale(p.id, p.day) AS stale OFFSET 0) j
     WHERE p.endpoint = p_endpoint AND p.id <= coalesce(v_last, 9223372036854775807)
       AND p.due_at <= p_now AND j.stale IS NULL
       AND NOT EXISTS (SELECT FROM duban.inflight f WHERE f.order_key = p.order_key OFFSET 0)
     ORDER BY p.id
     LIMIT 1;
    IF v_found IS NULL THEN
        WITH stale AS MATERIALIZED (
            SELECT p.ctid AS place, j.stale
              FROM duban.parked p
             CROSS JOIN LATERAL (SELECT duban.message_stale(p.id, p.day) AS stale OFFSET 0) j
             WHERE p.endpoint = p_endpoint AND p.id <= coalesce(v_last, 9223372036854775807)
               AND j.stale IS NOT NULL
        ), gone AS (
            DELETE FROM duban.parked p USING stale s WHERE p.ctid = s.place
            RETURNING p.id, p.day, s.stale
        )
        INSERT INTO duban.attempt
               (message, message_day, day, number, at, verdict, status, detail, provider_id, took_ms,
                node)
        SELECT g.id, g.day, (p_now AT TIME ZONE 'UTC')::date, 0, p_now, 'cancelled', 0, g.stale, '',
               0, p_node::integer
          FROM gone g;
    END IF;
    RETURN v_found;
END
$$;

-- For open endpoints whose pause is over: wins the right to try with one message, for one daemon
-- only, and moves that message into the queue. `p_hold_us`: until when nobody else tries, should
-- nothing be heard of it. Returns the endpoints won; called by duban.claim, which takes the
-- messages in the same transaction, so that none is parked again meanwhile.
CREATE OR REPLACE FUNCTION duban.probe(
    p_now timestamptz, p_node bigint, p_endpoint bigint[], p_hold_us bigint[])
    RETURNS bigint[]
    LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    v_endpoint integer;
    v_hold_us  bigint;
    v_message  bigint;
    v_won      bigint[] := '{}';
BEGIN
    FOR v_endpoint, v_hold_us IN
        SELECT s.endpoint, e.hold_us
          FROM unnest(p_endpoint, p_hold_us) AS e(endpoint, hold_us)
          JOIN duban.endpoint_state s ON s.endpoint = e.endpoint
         WHERE s.state = 'open' AND s.until <= p_now
         ORDER BY s.endpoint
           FOR UPDATE OF s SKIP LOCKED
    LOOP
        v_message := duban.probe_message(p_now, p_node, v_endpoint);
        IF v_message IS NOT NULL THEN
            WITH gone AS (
                DELETE FROM duban.parked p
                 WHERE p.endpoint = v_endpoint AND p.id = v_message
                RETURNING p.*
            )
            INSERT INTO duban.ready (endpoint, due_at, id, day, order_key, attempt, first_at)
            SELECT g.endpoint, g.due_at, g.id, g.day, g.order_key, g.attempt, g.first_at
              FROM gone g;
        ELSIF NOT EXISTS (SELECT FROM duban.ready q
                           WHERE q.endpoint = v_endpoint AND q.due_at <= p_now) THEN
            CONTINUE; -- nothing to try with
        END IF;
        UPDATE duban.endpoint_state s
           SET until = p_now + v_hold_us * interval '1 microsecond'
         WHERE s.endpoint = v_endpoint;
        v_won := v_won || v_endpoint::bigint;
    END LOOP;
    RETURN v_won;
END
$$;

-- Parked messages of these endpoints that are past their channel's give_up_after become dead: of
-- each endpoint's oldest p_most. One minute of grace, so that a message that was put off to the end
-- of its life is tried there. `p_fallback`: the channel to tell instead, '' for none. Returns how
-- many.
CREATE OR REPLACE FUNCTION duban.park_expire(
    p_endpoint bigint[], p_give_up_us bigint[], p_fallback text[], p_most bigint)
    RETURNS bigint
    LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    v_now      timestamptz := duban.now();
    v_message  bigint[];
    v_fallback text[];
    v_reason   text[];
BEGIN
    WITH oldest AS MATERIALIZED (
        SELECT p.place, p.first_at, e.give_up_us, e.fallback
          FROM unnest(p_endpoint, p_give_up_us, p_fallback) AS e(endpoint, give_up_us, fallback)
         CROSS JOIN LATERAL (
               SELECT q.ctid AS place, q.first_at FROM duban.parked q
                WHERE q.endpoint = e.endpoint
                ORDER BY q.id LIMIT p_most
                  FOR UPDATE OF q SKIP LOCKED) p
    ), gone AS (
        DELETE FROM duban.parked p USING oldest o
         WHERE p.ctid = o.place
           AND o.first_at < v_now - o.give_up_us * interval '1 microsecond' - interval '1 minute'
        RETURNING p.*, o.fallback
    ), explained AS (
        SELECT g.*, CASE s.state WHEN 'stopped' THEN 'rejected' WHEN 'gone' THEN 'gone'
                                 ELSE 'temporary' END AS verdict,
               format('given up after %s %s: its endpoint could not be used: %s', g.attempt - 1,
                      CASE g.attempt - 1 WHEN 1 THEN 'try' ELSE 'tries' END, s.reason) AS reason
          FROM gone g
          LEFT JOIN duban.endpoint_state s ON s.endpoint = g.endpoint
    ), buried AS (
        INSERT INTO duban.dead (id, day, endpoint, order_key, attempts, verdict, reason, dead_at)
        SELECT x.id, x.day, x.endpoint, x.order_key, x.attempt - 1, x.verdict, x.reason, v_now
          FROM explained x
            ON CONFLICT (id) DO NOTHING
    )
    SELECT array_agg(x.id), array_agg(x.fallback), array_agg(x.reason)
      INTO v_message, v_fallback, v_reason
      FROM explained x;
    PERFORM duban.fall_back(v_now, v_message, v_fallback, v_reason);
    RETURN coalesce(cardinality(v_message), 0);
END
$$;
