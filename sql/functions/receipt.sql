-- Receipts 回执: what a gateway reports of a message later. Any number of times, in any order,
-- before its own reply has come; the same receipt changes nothing a second time.
--
-- What a message's receipts come to is a fixed rank, whatever their order (message_receipt):
-- delivered, failed, then buffered and accepted. One transaction at a time works on receipts (the
-- lock), since nothing else keeps two daemons from writing the same one.
--
-- What gateways report is put down in receipt_early by duban-web (web_receipt), whose role may do
-- no more; the daemon that leads takes it from there (receipt_match). What providers answer when
-- they are asked is written at once (receipt_write).

-- The messages of receipts: by their number (0: not told), else by the id that the gateway gave
-- them. Only messages of the same channel, tried within the last ten days. `inflight`: its try
-- isn't completed yet. A caller's column may give parameters another collation than the index has,
-- which then couldn't be used: hence COLLATE.
CREATE OR REPLACE FUNCTION duban.receipt_find(
    p_now timestamptz, p_channel text[], p_message bigint[], p_provider_id text[])
    RETURNS TABLE (place bigint, message bigint, day date, inflight boolean)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    v_first date := (p_now AT TIME ZONE 'UTC')::date - 10;
BEGIN
    RETURN QUERY
    SELECT r.place, m.id, m.day, f.id IS NOT NULL
      FROM unnest(p_channel, p_message, p_provider_id) WITH ORDINALITY
           AS r(channel, message, provider_id, place)
      LEFT JOIN LATERAL (
           SELECT i.id, i.day FROM duban.inflight i
            WHERE r.message <> 0 AND i.id = r.message OFFSET 0) f ON true
      LEFT JOIN LATERAL (
           SELECT a.message, a.message_day FROM duban.attempt a
            WHERE r.message <> 0 AND f.id IS NULL AND a.message = r.message AND a.day >= v_first
            LIMIT 1) tried ON true
      LEFT JOIN LATERAL (
           SELECT a.message, a.message_day FROM duban.attempt a
            WHERE r.message = 0 AND r.provider_id <> '' AND a.provider_id <> ''
              AND a.provider_id = r.provider_id COLLATE "default" AND a.day >= v_first
              AND EXISTS (SELECT FROM duban.message x
                           WHERE x.id = a.message AND x.day = a.message_day
                             AND x.channel = r.channel OFFSET 0)
            ORDER BY a.at DESC LIMIT 1) named ON true
      JOIN LATERAL (
           SELECT x.id, x.day FROM duban.message x
            WHERE x.id = coalesce(f.id, tried.message, named.message)
              AND x.day = coalesce(f.day, tried.message_day, named.message_day)
              AND x.channel = r.channel OFFSET 0) m ON true;
END
$$;

-- The order that a message belongs to.
CREATE OR REPLACE FUNCTION duban.message_order(p_id bigint, p_day date)
    RETURNS bigint
    LANGUAGE sql STABLE
AS $$
    SELECT m.order_key FROM duban.message m WHERE m.id = p_id AND m.day = p_day
$$;

-- A message that its gateway had accepted has failed, or its parked try surely has: a dead letter
-- that says why, and its fallback, if there is one for its channel. Returns how many letters there
-- are and how many notifications the fallbacks make.
--
-- Here as in the functions below: nothing to do is found out before a statement over partitions is
-- planned, which takes longer than most that happen in a turn.
CREATE OR REPLACE FUNCTION duban.receipt_bury(
    p_now timestamptz, p_message bigint[], p_day date[], p_of text[], p_fallback text[])
    RETURNS TABLE (buried bigint, told bigint)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_today    date := (p_now AT TIME ZONE 'UTC')::date;
    v_dead     bigint[];
    v_fallback text[];
    v_why      text[];
BEGIN
    buried := 0;
    told := 0;
    IF cardinality(p_message) = 0 THEN
        RETURN NEXT;
        RETURN;
    END IF;
    WITH failed AS MATERIALIZED (
        SELECT m.*, duban.message_state(m.id, m.day) AS state,
               'the operator could not deliver: ' || coalesce(nullif(r.code, ''), r.detail) AS why
          FROM unnest(p_message, p_day) AS f(id, day)
         CROSS JOIN LATERAL (
               SELECT x.id, x.day, x.endpoint, x.channel
                 FROM duban.message x WHERE x.id = f.id AND x.day = f.day OFFSET 0) m
         CROSS JOIN LATERAL (
               SELECT x.code, x.detail FROM duban.receipt x
                WHERE x.message = f.id AND x.day >= f.day AND x.status = 'failed'
                ORDER BY x.at DESC LIMIT 1) r
    ), parked AS (
        UPDATE duban.dead d SET verdict = 'permanent', reason = f.why
          FROM failed f
         WHERE f.state = 'dead' AND d.id = f.id AND d.verdict = 'unknown'
        RETURNING d.id, d.day, d.attempts, f.channel, f.why
    ), new AS (
        INSERT INTO duban.dead (id, day, endpoint, order_key, attempts, verdict, reason, dead_at)
        SELECT f.id, f.day, f.endpoint, duban.message_order(f.id, f.day),
               (SELECT max(a.number) FROM duban.attempt a
                 WHERE a.message = f.id AND a.day >= f.day),
               'permanent', f.why, p_now
          FROM failed f
         WHERE f.state = 'done'
            ON CONFLICT (id) DO NOTHING
        RETURNING id, day, attempts, reason
    ), dead AS (
        SELECT p.id, p.day, p.attempts, p.channel, p.why FROM parked p
        UNION ALL
        SELECT n.id, n.day, n.attempts, f.channel, n.reason FROM new n JOIN failed f ON f.id = n.id
    ), logged AS (
        INSERT INTO duban.attempt
               (message, message_day, day, number, at, verdict, status, detail, provider_id, took_ms,
                node)
        SELECT d.id, d.day, v_today, d.attempts, p_now, 'failed', 0, d.why, '', 0, 0 FROM dead d
    )
    SELECT coalesce(array_agg(d.id), '{}'), coalesce(array_agg(coalesce(c.fallback, '')), '{}'),
           coalesce(array_agg(d.why), '{}')
      INTO v_dead, v_fallback, v_why
      FROM dead d
      LEFT JOIN unnest(p_of, p_fallback) AS c(channel, fallback) ON c.channel = d.channel;
    buried := cardinality(v_dead);
    IF EXISTS (SELECT FROM unnest(v_fallback) AS f(channel) WHERE f.channel <> '') THEN
        told := duban.fall_back(p_now, v_dead, v_fallback, v_why);
        UPDATE duban.dead d SET fallback = f.channel
          FROM unnest(v_dead, v_fallback) AS f(id, channel)
         WHERE d.id = f.id AND f.channel <> '';
    END IF;
    RETURN NEXT;
END
$$;

-- Receipts of known messages (p_receipt[i] of message p_message[i], as the rows of receipt_early
-- have them): kept unless they are there already, then what follows from them. After a final one
-- no other is awaited. `delivered` ends a dead letter, and a message that was to be sent again;
-- `accepted` and `buffered` end a letter that is unknown; `failed`: see receipt_bury.
CREATE OR REPLACE FUNCTION duban.receipt_settle(
    p_now timestamptz, p_message bigint[], p_day date[], p_receipt duban.receipt_early[],
    p_of text[], p_fallback text[])
    RETURNS TABLE (written bigint, settled bigint, buried bigint, told bigint)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_today     date := (p_now AT TIME ZONE 'UTC')::date;
    v_message   bigint[];
    v_day       date[];
    v_delivered bigint[];
    v_arrived   date[];
    v_taken     bigint[];
    v_failed    bigint[];
    v_failed_on date[];
BEGIN
    IF cardinality(p_message) = 0 THEN
        written := 0;
        settled := 0;
        buried := 0;
        told := 0;
        RETURN NEXT;
        RETURN;
    END IF;
    WITH news AS (
        INSERT INTO duban.receipt
               (message, day, at, reported_at, status, code, detail, provider_id)
        SELECT DISTINCT ON (t.message, t.provider_id, t.status, t.code, t.reported_at)
               t.message, v_today, p_now, t.reported_at, t.status, t.code, t.detail, t.provider_id
          FROM (SELECT m.id AS message, r.reported_at, r.status, r.code, r.detail, r.provider_id
                  FROM unnest(p_message) WITH ORDINALITY AS m(id, place)
                 CROSS JOIN LATERAL (SELECT (p_receipt[m.place]).*) r) t
         WHERE NOT EXISTS (
               SELECT FROM duban.receipt r
                WHERE r.message = t.message AND r.day >= v_today - 10 AND r.status = t.status
                  AND r.code = t.code AND r.provider_id = t.provider_id
                  AND r.reported_at IS NOT DISTINCT FROM t.reported_at OFFSET 0)
        RETURNING message
    )
    SELECT count(*), coalesce(array_agg(DISTINCT n.message), '{}') INTO written, v_message
      FROM news n;

    SELECT coalesce(array_agg(s.id) FILTER (WHERE s.status = 'delivered'), '{}'),
           coalesce(array_agg(s.day) FILTER (WHERE s.status = 'delivered'), '{}'),
           coalesce(array_agg(s.id) FILTER (WHERE s.status IN ('accepted', 'buffered')), '{}'),
           coalesce(array_agg(s.id) FILTER (WHERE s.status = 'failed'), '{}'),
           coalesce(array_agg(s.day) FILTER (WHERE s.status = 'failed'), '{}')
      INTO v_delivered, v_arrived, v_taken, v_failed, v_failed_on
      FROM (SELECT k.id, k.day, duban.message_receipt(k.id, k.day) AS status
              FROM (SELECT DISTINCT t.id, t.day FROM unnest(p_message, p_day) AS t(id, day)
                     WHERE t.id = ANY (v_message)) k) s;

    DELETE FROM duban.awaiting w WHERE w.message = ANY (v_delivered || v_failed);
    WITH letters AS (
        DELETE FROM duban.dead d
         WHERE d.id = ANY (v_delivered || v_taken)
           AND (d.verdict = 'unknown' OR d.id = ANY (v_delivered))
        RETURNING d.id, d.day, d.attempts
    ), orders AS MATERIALIZED (
        SELECT a.id, duban.message_order(a.id, a.day) AS order_key
          FROM unnest(v_delivered, v_arrived) AS a(id, day)
    ), unsent AS (
        DELETE FROM duban.ready q USING orders o
         WHERE q.order_key = o.order_key AND q.id = o.id
        RETURNING q.id, q.day, greatest(q.attempt - 1, 1) AS attempts
    ), gone AS (
        SELECT * FROM letters UNION ALL SELECT * FROM unsent
    ), logged AS (
        INSERT INTO duban.attempt
               (message, message_day, day, number, at, verdict, status, detail, provider_id, took_ms,
                node)
        SELECT g.id, g.day, v_today, g.attempts, p_now,
               CASE WHEN g.id = ANY (v_delivered) THEN 'delivered' ELSE 'accepted' END, 0,
               'its receipt says so', '', 0, 0
          FROM gone g
    )
    SELECT count(*) INTO settled FROM gone;
    SELECT b.buried, b.told INTO buried, told
      FROM duban.receipt_bury(p_now, v_failed, v_failed_on, p_of, p_fallback) b;
    RETURN NEXT;
END
$$;

-- The number of the message that a receipt names by our own id, in the installation of that key: 0
-- where it names none, -1 where it can't be ours.
CREATE OR REPLACE FUNCTION duban.receipt_number(p_public_id text, p_key text)
    RETURNS bigint
    LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE WHEN p_public_id = '' THEN 0
                WHEN starts_with(p_public_id, p_key || '-')
                 AND substr(p_public_id, length(p_key) + 2) ~ '^[1-9][0-9]{0,17}$'
                THEN substr(p_public_id, length(p_key) + 2)::bigint
                ELSE -1 END
$$;

-- Receipts as providers answer them, each known by our own id (p_public_id) or the gateway's.
-- Those without a message that could be told yet are kept for receipt_match; those that name a
-- message of ours that isn't there, or another installation's, are counted as strange and dropped.
-- p_fallback[i] is the channel on which a message of channel p_of[i] is told when it has failed.
-- `settled`: dead letters, and messages to be sent again, that arrived after all; `buried`:
-- messages that are dead letters now; `told`: notifications on fallback channels.
CREATE OR REPLACE FUNCTION duban.receipt_write(
    p_channel text[], p_public_id text[], p_provider_id text[], p_status text[], p_code text[],
    p_detail text[], p_reported_at timestamptz[], p_of text[], p_fallback text[])
    RETURNS TABLE (now timestamptz, written bigint, repeated bigint, early bigint, strange bigint,
                   settled bigint, buried bigint, told bigint)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_key     text := (SELECT key FROM duban.install);
    v_all     duban.receipt_early[];
    v_message bigint[];
    v_day     date[];
    v_known   duban.receipt_early[];
BEGIN
    PERFORM pg_advisory_xact_lock(1685414244, 0);
    now := duban.now();
    SELECT array_agg((t.channel, duban.receipt_number(t.public_id, v_key), t.provider_id, now, now,
                      t.reported_at, t.status, t.code, t.detail)::duban.receipt_early ORDER BY t.place)
      INTO v_all
      FROM unnest(p_channel, p_public_id, p_provider_id, p_status, p_code, p_detail, p_reported_at)
           WITH ORDINALITY
           AS t(channel, public_id, provider_id, status, code, detail, reported_at, place);

    WITH found AS MATERIALIZED (
        SELECT e.*, t.place, f.message AS found, f.day, f.inflight,
               coalesce(f.inflight, e.message = 0) AS early
          FROM generate_subscripts(v_all, 1) AS t(place)
         CROSS JOIN LATERAL (SELECT (v_all[t.place]).*) e
          LEFT JOIN duban.receipt_find(now, p_channel, ARRAY(SELECT a.message FROM unnest(v_all) a),
                                       p_provider_id) f ON f.place = t.place
    ), kept AS (
        INSERT INTO duban.receipt_early
               (channel, message, provider_id, at, next_at, reported_at, status, code, detail)
        SELECT f.channel, f.message, f.provider_id, now, now, f.reported_at, f.status, f.code,
               f.detail
          FROM found f WHERE f.early
            ON CONFLICT DO NOTHING
    )
    SELECT count(*) FILTER (WHERE f.early),
           coalesce(array_agg(f.found) FILTER (WHERE NOT f.inflight), '{}'),
           coalesce(array_agg(f.day) FILTER (WHERE NOT f.inflight), '{}'),
           coalesce(array_agg(v_all[f.place]) FILTER (WHERE NOT f.inflight), '{}')
      INTO early, v_message, v_day, v_known
      FROM found f;

    strange := cardinality(p_channel) - early - cardinality(v_message);
    SELECT s.written, s.settled, s.buried, s.told INTO written, settled, buried, told
      FROM duban.receipt_settle(now, v_message, v_day, v_known, p_of, p_fallback) s;
    repeated := cardinality(v_message) - written;
    RETURN NEXT;
END
$$;

-- What duban-web may do with receipts: put them down for receipt_match, which looks at once; what
-- follows from them is the daemon's matter. Those that name another installation's message are
-- counted as strange and dropped; a repeat of one that still lies here changes nothing.
CREATE OR REPLACE FUNCTION duban.web_receipt(
    p_channel text[], p_public_id text[], p_provider_id text[], p_status text[], p_code text[],
    p_detail text[], p_reported_at timestamptz[])
    RETURNS TABLE (written bigint, repeated bigint, strange bigint)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH heard AS MATERIALIZED (
        SELECT t.*, duban.receipt_number(t.public_id, i.key) AS number
          FROM duban.install i
         CROSS JOIN unnest(p_channel, p_public_id, p_provider_id, p_status, p_code, p_detail,
                           p_reported_at)
                    AS t(channel, public_id, provider_id, status, code, detail, reported_at)
    ), kept AS (
        INSERT INTO duban.receipt_early
               (channel, message, provider_id, at, next_at, reported_at, status, code, detail)
        SELECT h.channel, h.number, h.provider_id, n.now, n.now, h.reported_at, h.status, h.code,
               h.detail
          FROM heard h CROSS JOIN (SELECT duban.now() AS now) n
         WHERE h.number >= 0 AND h.status IN ('delivered', 'failed', 'buffered', 'accepted')
            ON CONFLICT DO NOTHING
        RETURNING 1
    )
    SELECT k.count, count(*) FILTER (WHERE h.number >= 0) - k.count,
           count(*) FILTER (WHERE h.number < 0)
      FROM heard h CROSS JOIN (SELECT count(*) FROM kept) k
     GROUP BY k.count
$$;
