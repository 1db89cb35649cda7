-- Channels as people ask for them: how their endpoints are doing, and which are to go on.

-- As much of an endpoint's address as may be shown: its URL's scheme and host, without a name or
-- password before it and without path and query, which may be secrets. For those who may not read
-- addresses too, hence with the owner's rights.
CREATE OR REPLACE FUNCTION duban.endpoint_place(p_endpoint integer)
    RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(regexp_replace(substring(e.address FROM '^[A-Za-z]+://[^/?#]+'),
                                   '://.*@', '://'), '')
      FROM duban.endpoint e WHERE e.id = p_endpoint
$$;

-- The endpoints of a channel (null: of all), at most p_most. Counts stop at a million.
CREATE OR REPLACE FUNCTION duban.channel_list(p_channel text, p_most bigint)
    RETURNS json
    LANGUAGE sql STABLE
    SET jit = off SET enable_seqscan = off
AS $$
    WITH flying AS MATERIALIZED (
        SELECT f.endpoint, count(*) AS count FROM duban.inflight f GROUP BY f.endpoint
    )
    SELECT json_build_object('now', duban.now(), 'endpoints', coalesce(json_agg(t), '[]'))
      FROM (SELECT e.channel, e.id AS endpoint, duban.endpoint_place(e.id) AS place,
                   coalesce(s.state, 'well') AS state, s.since, s.until,
                   coalesce(s.reason, '') AS reason,
                   (SELECT count(*) FROM (SELECT FROM duban.ready r
                                           WHERE r.endpoint = e.id LIMIT 1000000) x) AS ready,
                   (SELECT count(*) FROM (SELECT FROM duban.parked p
                                           WHERE p.endpoint = e.id LIMIT 1000000) x) AS parked,
                   coalesce((SELECT f.count FROM flying f
                              WHERE f.endpoint = e.id), 0) AS inflight,
                   s.last_ok_at, s.last_error_at, coalesce(s.last_error, '') AS last_error
              FROM duban.endpoint e
              LEFT JOIN duban.endpoint_state s ON s.endpoint = e.id
             WHERE p_channel IS NULL OR e.channel = p_channel
             ORDER BY coalesce(s.state, 'well') = 'well', e.channel, e.id
             LIMIT p_most) t
$$;

-- Lets the endpoints of a channel (one of them, or with null all) that aren't well try again, with
-- one message each, at once. Returns how many.
CREATE OR REPLACE FUNCTION duban.channel_resume(p_channel text, p_endpoint bigint)
    RETURNS bigint
    LANGUAGE sql
    SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
    WITH resumed AS (
        UPDATE duban.endpoint_state s
           SET state = 'open', since = duban.now(), until = duban.now(), failures = 0,
               reason = 'resumed by ' || session_user
          FROM duban.endpoint e
         WHERE s.state <> 'well' AND e.id = s.endpoint AND e.channel = p_channel
           AND (p_endpoint IS NULL OR e.id = p_endpoint)
        RETURNING 1
    )
    SELECT count(*) FROM resumed
$$;
