-- Endpoints: which there are, how they are doing, and what the daemons say of that.

-- Endpoints after a number. `idle_us`: how long since it was last heard of, as far as the database
-- knows (null: never); `parked`: messages are parked for it.
CREATE OR REPLACE FUNCTION duban.endpoints_after(p_id bigint)
    RETURNS TABLE (id integer, channel text, address text, idle_us bigint, parked boolean)
    LANGUAGE sql STABLE
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
    SET enable_mergejoin = off
AS $$
    SELECT e.id, e.channel, e.address,
           (extract(epoch FROM duban.now() - greatest(s.last_ok_at, s.last_error_at)) * 1e6)::bigint,
           EXISTS (SELECT FROM duban.parked p WHERE p.endpoint = e.id OFFSET 0)
      FROM duban.endpoint e
      LEFT JOIN duban.endpoint_state s ON s.endpoint = e.id
     WHERE e.id > p_id
     ORDER BY e.id
$$;

-- The endpoints that aren't well. The last row has no endpoint: it tells the time and how many
-- daemons live (their locks are held).
CREATE OR REPLACE FUNCTION duban.endpoint_trouble()
    RETURNS TABLE (now timestamptz, daemons bigint, endpoint integer, state text,
                   until timestamptz, openings integer)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
    v_now timestamptz := duban.now();
BEGIN
    RETURN QUERY
    SELECT v_now, 0::bigint, s.endpoint, s.state, s.until, s.failures
      FROM duban.endpoint_state s
     WHERE s.state <> 'well'
     ORDER BY s.endpoint;
    RETURN QUERY
    SELECT v_now, count(DISTINCT l.objid), NULL::integer, NULL::text, NULL::timestamptz,
           NULL::integer
      FROM pg_locks l
     WHERE l.locktype = 'advisory' AND l.classid = 1685414242 AND l.granted
       AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
END
$$;

-- What a daemon says of endpoints. `p_state`: '' (only when it was last heard of, and the last
-- error), 'well' (the one message got through), 'open' (too many failures, or the one message
-- failed too), 'throttled' (open as well, at the receiver's wish), 'stopped' or 'gone'.
-- `p_pause_us`: how long it stays open. `p_probe`: said of the one message that tried. Only a
-- transition that still makes sense is made: of two daemons that open an endpoint the second adds
-- nothing, and only the one message closes it.
CREATE OR REPLACE FUNCTION duban.endpoint_report(
    p_endpoint bigint[], p_state text[], p_probe boolean[], p_pause_us bigint[],
    p_reason text[], p_ok_at timestamptz[], p_error_at timestamptz[], p_error text[])
    RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    v_now timestamptz := duban.now();
BEGIN
    INSERT INTO duban.endpoint_state (endpoint, state, since)
    SELECT e, 'well', v_now FROM unnest(p_endpoint) e
     WHERE NOT EXISTS (SELECT FROM duban.endpoint_state s WHERE s.endpoint = e OFFSET 0)
     ORDER BY e
        ON CONFLICT DO NOTHING;
    PERFORM FROM duban.endpoint_state s WHERE s.endpoint = ANY (p_endpoint)
      ORDER BY s.endpoint FOR UPDATE; -- all daemons in the same order
    WITH told AS (
        SELECT d.*, s.state AS old_state,
               CASE d.state
                   WHEN 'well' THEN s.state = 'open' AND d.probe
                   WHEN 'open' THEN s.state = 'well' OR (s.state = 'open' AND d.probe)
                   WHEN 'throttled' THEN s.state IN ('well', 'open')
                   WHEN 'stopped' THEN s.state IN ('well', 'open')
                   WHEN 'gone' THEN s.state IN ('well', 'open')
                   ELSE false
               END AS moves
          FROM unnest(p_endpoint, p_state, p_probe, p_pause_us, p_reason, p_ok_at, p_error_at,
                      p_error)
               AS d(endpoint, state, probe, pause_us, reason, ok_at, error_at, error)
          JOIN duban.endpoint_state s ON s.endpoint = d.endpoint
    ), become AS (
        SELECT t.*, CASE t.state WHEN 'throttled' THEN 'open' ELSE t.state END AS new_state,
               v_now + t.pause_us * interval '1 microsecond' AS pause_until
          FROM told t
    )
    UPDATE duban.endpoint_state s
       SET state = CASE WHEN b.moves THEN b.new_state ELSE s.state END,
           since = CASE WHEN b.moves AND b.new_state <> s.state THEN v_now ELSE s.since END,
           until = CASE WHEN NOT b.moves THEN s.until
                        WHEN b.new_state <> 'open' THEN NULL
                        WHEN b.probe OR s.state = 'well' THEN b.pause_until
                        ELSE greatest(s.until, b.pause_until)
                   END,
           failures = CASE WHEN NOT b.moves OR b.state = 'throttled' THEN s.failures
                           WHEN b.state = 'open' THEN s.failures + 1
                           ELSE 0
                      END,
           reason = CASE WHEN b.moves THEN b.reason ELSE s.reason END,
           last_ok_at = greatest(s.last_ok_at, b.ok_at),
           last_error = CASE WHEN b.error_at >= coalesce(s.last_error_at, '-infinity')
                             THEN b.error ELSE s.last_error END,
           last_error_at = greatest(s.last_error_at, b.error_at)
      FROM become b
     WHERE s.endpoint = b.endpoint;
END
$$;

-- The configuration and its secrets were loaded anew, by a reload or a start: where it was wrong,
-- one message may try. Returns how many endpoints.
CREATE OR REPLACE FUNCTION duban.endpoint_reload()
    RETURNS bigint
    LANGUAGE sql
    SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
    WITH opened AS (
        UPDATE duban.endpoint_state s
           SET state = 'open', since = duban.now(), until = duban.now(), failures = 0,
               reason = 'the configuration was loaded anew'
         WHERE s.state <> 'well' AND s.state = 'stopped'
        RETURNING 1
    )
    SELECT count(*) FROM opened
$$;
