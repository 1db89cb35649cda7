-- The daemon's turn at receipts: those that wait are matched with their messages, and those that
-- don't come are missed.

-- Looks for the messages of at most p_most receipts that wait to be looked for, none before
-- p_floor (null: none at all). What names a message of ours that isn't there is strange, and
-- dropped; what is three days old is dropped. The others are looked for again after seconds at
-- first, then at ever longer pauses (their age). `more`: p_most were looked for, so that others may
-- wait.
CREATE OR REPLACE FUNCTION duban.receipt_match(
    p_most bigint, p_floor timestamptz, p_of text[], p_fallback text[])
    RETURNS TABLE (now timestamptz, matched bigint, strange bigint, dropped bigint, more boolean,
                   settled bigint, buried bigint, told bigint)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_floor    timestamptz := coalesce(p_floor, '-infinity');
    v_early    duban.receipt_early[];
    v_place    bigint[];   -- of those whose message is found, …
    v_message  bigint[];
    v_day      date[];
    v_inflight boolean[];  -- … though perhaps too early
    v_fate     text[];
BEGIN
    PERFORM pg_advisory_xact_lock(1685414244, 0);
    now := duban.now();
    v_early := ARRAY(SELECT e FROM duban.receipt_early e
                      WHERE e.next_at >= v_floor AND e.next_at <= now
                      ORDER BY e.next_at LIMIT p_most);
    more := cardinality(v_early) = p_most;
    IF cardinality(v_early) = 0 THEN
        matched := 0;
        strange := 0;
        dropped := 0;
        settled := 0;
        buried := 0;
        told := 0;
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT coalesce(array_agg(f.place), '{}'), array_agg(f.message), array_agg(f.day),
           array_agg(f.inflight)
      INTO v_place, v_message, v_day, v_inflight
      FROM duban.receipt_find(now, ARRAY(SELECT e.channel FROM unnest(v_early) e),
                              ARRAY(SELECT e.message FROM unnest(v_early) e),
                              ARRAY(SELECT e.provider_id FROM unnest(v_early) e)) f;
    SELECT array_agg(CASE WHEN f.inflight IS FALSE THEN 'matched'
                          WHEN f.inflight IS NULL AND e.message <> 0 THEN 'strange'
                          WHEN e.at < now - interval '3 days' THEN 'dropped'
                          ELSE 'later' END ORDER BY e.place)
      INTO v_fate
      FROM unnest(v_early) WITH ORDINALITY
           AS e(channel, message, provider_id, at, next_at, reported_at, status, code, detail, place)
      LEFT JOIN unnest(v_place, v_inflight) AS f(place, inflight) USING (place);

    WITH gone AS (
        DELETE FROM duban.receipt_early e
         USING unnest(v_early) WITH ORDINALITY
               AS f(channel, message, provider_id, at, next_at, reported_at, status, code, detail,
                    place)
         WHERE v_fate[f.place] <> 'later'
           AND e.channel = f.channel AND e.message = f.message AND e.provider_id = f.provider_id
           AND e.status = f.status AND e.code = f.code
    )
    UPDATE duban.receipt_early e
       SET next_at = now + greatest(now - e.at, interval '5 seconds')
      FROM unnest(v_early) WITH ORDINALITY
           AS f(channel, message, provider_id, at, next_at, reported_at, status, code, detail, place)
     WHERE v_fate[f.place] = 'later'
       AND e.channel = f.channel AND e.message = f.message AND e.provider_id = f.provider_id
       AND e.status = f.status AND e.code = f.code;

    SELECT count(*) FILTER (WHERE f.fate = 'matched'), count(*) FILTER (WHERE f.fate = 'strange'),
           count(*) FILTER (WHERE f.fate = 'dropped')
      INTO matched, strange, dropped
      FROM unnest(v_fate) AS f(fate);
    SELECT s.settled, s.buried, s.told INTO settled, buried, told
      FROM (SELECT coalesce(array_agg(m.message), '{}') AS message,
                   coalesce(array_agg(m.day), '{}') AS day,
                   coalesce(array_agg(v_early[m.place]), '{}') AS receipt
              FROM unnest(v_place, v_message, v_day, v_inflight) AS m(place, message, day, inflight)
             WHERE NOT m.inflight) f
     CROSS JOIN LATERAL duban.receipt_settle(now, f.message, f.day, f.receipt, p_of, p_fallback) s;
    RETURN NEXT;
END
$$;

-- Accepted messages whose receipt hasn't come in time, at most p_most: each gets an attempt
-- `no_receipt`, and is told on the fallback channel of its own, if there is one for it. They stay
-- done: a receipt that comes later still counts.
CREATE OR REPLACE FUNCTION duban.awaiting_overdue(p_most bigint, p_of text[], p_fallback text[])
    RETURNS TABLE (now timestamptz, overdue bigint, told bigint)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    v_message  bigint[];
    v_fallback text[];
    v_why      text[];
BEGIN
    PERFORM pg_advisory_xact_lock(1685414244, 0);
    now := duban.now();
    overdue := 0;
    told := 0;
    IF NOT EXISTS (SELECT FROM duban.awaiting w WHERE w.until <= now) THEN
        RETURN NEXT;
        RETURN;
    END IF;
    WITH late AS MATERIALIZED (
        SELECT w.message FROM duban.awaiting w
         WHERE w.until <= now ORDER BY w.until LIMIT p_most
           FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM duban.awaiting w USING late l WHERE w.message = l.message RETURNING w.*
    ), logged AS (
        INSERT INTO duban.attempt
               (message, message_day, day, number, at, verdict, status, detail, provider_id, took_ms,
                node)
        SELECT g.message, g.day, (now AT TIME ZONE 'UTC')::date, a.number, now, 'no_receipt', 0,
               'no receipt within ' || (g.until - a.at), '', 0, 0
          FROM gone g
         CROSS JOIN LATERAL (
               SELECT x.number, x.at FROM duban.attempt x
                WHERE x.message = g.message AND x.day >= g.day AND x.verdict = 'accepted'
                ORDER BY x.number DESC LIMIT 1) a
    )
    SELECT coalesce(array_agg(g.message), '{}'),
           coalesce(array_agg(coalesce(c.fallback, '')), '{}'),
           coalesce(array_agg('no receipt came in time'::text), '{}')
      INTO v_message, v_fallback, v_why
      FROM gone g
      LEFT JOIN unnest(p_of, p_fallback) AS c(channel, fallback) ON c.channel = g.channel;
    overdue := cardinality(v_message);
    IF EXISTS (SELECT FROM unnest(v_fallback) AS f(channel) WHERE f.channel <> '') THEN
        told := duban.fall_back(now, v_message, v_fallback, v_why);
    END IF;
    RETURN NEXT;
END
$$;
