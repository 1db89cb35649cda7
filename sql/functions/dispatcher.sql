-- Dispatcher: claim → request → verdict → complete. The queue's delivery rules live here.

-- Registers a running daemon and takes its lock in this session. A session that was lost and made
-- anew brings its number; 0 asks for one. Returns the node's number.
CREATE OR REPLACE FUNCTION duban.node_join(
    p_node bigint, p_name text, p_config text, p_program text)
    RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    v_node integer := p_node::integer;
    v_now  timestamptz := duban.now();
BEGIN
    IF v_node = 0 THEN
        INSERT INTO duban.node (name, program, config_version, started_at, heartbeat_at)
        VALUES (p_name, p_program, p_config, v_now, v_now)
        RETURNING id INTO v_node;
    ELSE
        INSERT INTO duban.node (id, name, program, config_version, started_at, heartbeat_at)
        OVERRIDING SYSTEM VALUE VALUES (v_node, p_name, p_program, p_config, v_now, v_now)
            ON CONFLICT (id) DO UPDATE
           SET heartbeat_at = excluded.heartbeat_at, config_version = excluded.config_version;
    END IF;
    -- Shared between the sessions of one daemon: an old one may linger on a half-open connection.
    PERFORM pg_advisory_lock_shared(1685414242, v_node);
    RETURN v_node;
END
$$;

-- Claims due messages: at most p_most[i] of endpoint p_endpoint[i], earliest first, if it is
-- well; and one each of the endpoints of p_probe that this daemon may try (duban.probe). They move
-- from ready to inflight with a fresh token and a lease. A message whose reason has gone ends here as
-- an attempt numbered 0 with verdict 'cancelled', and is told without a token; so does one that tells
-- a date that a change of rules has moved since, and what it tells is worded anew: unless it may have
-- arrived already, then it keeps its words and its id. Behind an earlier
-- message of the same order (ready, parked or inflight) a message waits. The last row has no message: it
-- tells the time.
--
-- Statistics of a queue are never right: it was empty, or full, when they were made. So the plan is
-- not left to them: one look into an index for each row, at each step (OFFSET 0 keeps the planner
-- from making a join of a look), and rows are removed by their place, which is no key of any index
-- that the planner could walk instead.
CREATE OR REPLACE FUNCTION duban.claim(
    p_node bigint, p_lease_us bigint, p_endpoint bigint[], p_most bigint[], p_floor timestamptz[],
    p_probe bigint[] DEFAULT '{}', p_hold_us bigint[] DEFAULT '{}')
    RETURNS TABLE (now timestamptz, id bigint, token bigint, endpoint integer, attempt integer,
                   first_at timestamptz, public_id text, address text, body text, kind text,
                   case_no text)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := duban.now();
    v_won bigint[] := '{}';
BEGIN
    IF cardinality(p_probe) > 0 THEN
        v_won := duban.probe(v_now, p_node, p_probe, p_hold_us);
    END IF;
    RETURN QUERY
    WITH due AS MATERIALIZED (
        SELECT r.*
          FROM (SELECT u.*
                  FROM unnest(p_endpoint, p_most, p_floor) AS u(endpoint, most, floor)
                 WHERE NOT EXISTS (SELECT FROM duban.endpoint_state s
                                    WHERE s.endpoint = u.endpoint AND s.state <> 'well' OFFSET 0)
                 UNION ALL
                SELECT w, 1, NULL FROM unnest(v_won) AS w) e
         CROSS JOIN LATERAL (
               SELECT q.ctid AS place
                 FROM duban.ready q
                WHERE q.endpoint = e.endpoint AND q.due_at <= v_now
                  AND q.due_at >= coalesce(e.floor, '-infinity')
                  AND NOT EXISTS (SELECT FROM duban.inflight f
                                   WHERE f.order_key = q.order_key OFFSET 0)
                  AND NOT EXISTS (SELECT FROM duban.ready o
                                   WHERE o.order_key = q.order_key AND o.id < q.id OFFSET 0)
                  AND NOT EXISTS (SELECT FROM duban.parked p
                                   WHERE p.order_key = q.order_key AND p.id < q.id OFFSET 0)
                ORDER BY q.due_at, q.id
                LIMIT e.most
                  FOR UPDATE OF q SKIP LOCKED) r
    ), taken AS (
        DELETE FROM duban.ready q USING due d WHERE q.ctid = d.place
        RETURNING q.*
    ), judged AS MATERIALIZED (
        SELECT t.*, m.public_id, m.address, m.body, m.kind, m.case_no, m.repeatable,
               (random() * 9e15)::bigint AS token,
               coalesce(
                   CASE WHEN m.kind = 'digest' THEN duban.digest_stale(m.notifications)
                        ELSE duban.stale_reason(
                                 m.kind, m.deadline_version,
                                 duban.carried_rank(m.kind, m.deadline_version, m.rank, c.level,
                                                    c.deadline_version, c.rank),
                                 c.state, c.deadline_version, c.carried_from, c.rank,
                                 c.withdrawn_version, c.withdrawn_rank) END,
                   CASE WHEN (t.attempt = 1 OR NOT m.repeatable)
                             AND CASE WHEN m.kind = 'digest'
                                      THEN duban.digest_outdated(m.notifications, m.created_at)
                                      ELSE m.created_at < c.carried_at END
                        THEN 'cancelled: worded anew' END) AS stale
          FROM taken t
         CROSS JOIN LATERAL (SELECT x.* FROM duban.message x
                              WHERE x.id = t.id AND x.day = t.day OFFSET 0) m
          LEFT JOIN LATERAL (SELECT x.state, x.deadline_version, x.carried_from, x.carried_at,
                                    x.level, x.rank, x.withdrawn_version, x.withdrawn_rank
                               FROM duban.clock x
                              WHERE x.case_no = m.case_no AND x.clock = m.clock OFFSET 0) c ON true
    ), claimed AS (
        INSERT INTO duban.inflight
               (id, day, endpoint, order_key, attempt, first_at, repeatable, owner, token,
                lease_until)
        SELECT j.id, j.day, j.endpoint, j.order_key, j.attempt, j.first_at, j.repeatable,
               p_node::integer, j.token, v_now + p_lease_us * interval '1 microsecond'
          FROM judged j WHERE j.stale IS NULL
    ), cancelled AS (
        INSERT INTO duban.attempt
               (message, message_day, day, number, at, verdict, status, detail, provider_id, took_ms,
                node)
        SELECT j.id, j.day, (v_now AT TIME ZONE 'UTC')::date, 0, v_now, 'cancelled', 0,
               CASE j.stale WHEN 'cancelled: worded anew' THEN duban.reword(v_now, j.id, j.day)
                            ELSE j.stale END,
               '', 0, p_node::integer
          FROM judged j WHERE j.stale IS NOT NULL
    )
    SELECT v_now, j.id, CASE WHEN j.stale IS NULL THEN j.token END, j.endpoint, j.attempt,
           j.first_at, j.public_id, j.address, j.body, j.kind, j.case_no
      FROM judged j
     ORDER BY j.due_at, j.id;
    RETURN QUERY
    SELECT v_now, NULL::bigint, NULL::bigint, NULL::integer, NULL::integer, NULL::timestamptz,
           NULL::text, NULL::text, NULL::text, NULL::text, NULL::text;
END
$$;

-- Completes claimed messages: logs the attempt; with `p_retry_us` (not −1) the message goes
-- back to ready for that much later, with `p_dead` (not '') it is dead for that reason, and its
-- recipients are told on the channel `p_fallback` (if not '') instead; else it is done, and with
-- `p_receipt_us` (above 0) a receipt is awaited for so long. A verdict that is the endpoint's
-- matter, rejected or gone, isn't counted as a try. Where the token no longer holds (lease over, taken
-- by another), see complete_late.
CREATE OR REPLACE FUNCTION duban.complete(
    p_node bigint, p_id bigint[], p_token bigint[], p_number bigint[], p_verdict text[],
    p_status bigint[], p_detail text[], p_provider_id text[], p_took_ms bigint[],
    p_retry_us bigint[], p_dead text[], p_fallback text[], p_receipt_us bigint[])
    RETURNS TABLE (now timestamptz, completed bigint, late bigint)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    v_gone     bigint[];
    v_late     bigint[]; -- places in the arrays
    v_dead     bigint[];
    v_fallback text[];
    v_why      text[];
BEGIN
    now := duban.now();
    WITH done AS (
        SELECT *
          FROM unnest(p_id, p_token, p_number, p_verdict, p_status, p_detail, p_provider_id,
                      p_took_ms, p_retry_us, p_dead, p_fallback, p_receipt_us)
               AS d(id, token, number, verdict, status, detail, provider_id, took_ms, retry_us,
                    dead_reason, fallback, receipt_us)
    ), held AS MATERIALIZED ( -- by place, as in a claim
        SELECT d.*, f.place
          FROM done d
         CROSS JOIN LATERAL (SELECT x.ctid AS place FROM duban.inflight x
                              WHERE x.id = d.id AND x.token = d.token OFFSET 0) f
    ), gone AS (
        DELETE FROM duban.inflight f USING held d WHERE f.ctid = d.place
        RETURNING d.*, f.day, f.endpoint, f.order_key, f.attempt, f.first_at
    ), logged AS (
        INSERT INTO duban.attempt
               (message, message_day, day, number, at, verdict, status, detail, provider_id, took_ms,
                node)
        SELECT g.id, g.day, (now AT TIME ZONE 'UTC')::date, g.number, now, g.verdict, g.status,
               g.detail, g.provider_id, g.took_ms, p_node
          FROM gone g
    ), again AS (
        INSERT INTO duban.ready (endpoint, due_at, id, day, order_key, attempt, first_at)
        SELECT g.endpoint, now + g.retry_us * interval '1 microsecond', g.id, g.day, g.order_key,
               g.attempt + (g.verdict NOT IN ('rejected', 'gone'))::integer, g.first_at
          FROM gone g
         WHERE g.retry_us >= 0
    ), awaited AS (
        INSERT INTO duban.awaiting (message, day, channel, until)
        SELECT g.id, g.day, e.channel, now + g.receipt_us * interval '1 microsecond'
          FROM gone g
          JOIN duban.endpoint e ON e.id = g.endpoint
         WHERE g.verdict = 'accepted' AND g.receipt_us > 0
            ON CONFLICT (message) DO UPDATE SET until = excluded.until
    ), buried AS (
        INSERT INTO duban.dead (id, day, endpoint, order_key, attempts, verdict, reason, dead_at)
        SELECT g.id, g.day, g.endpoint, g.order_key, g.attempt, g.verdict, g.dead_reason, now
          FROM gone g
         WHERE g.retry_us < 0 AND g.dead_reason <> ''
            ON CONFLICT (id) DO NOTHING
    )
    SELECT count(*), array_agg(g.id), array_agg(g.id) FILTER (WHERE g.dead_reason <> ''),
           array_agg(g.fallback) FILTER (WHERE g.dead_reason <> ''),
           array_agg(g.dead_reason) FILTER (WHERE g.dead_reason <> '')
      INTO completed, v_gone, v_dead, v_fallback, v_why
      FROM gone g;
    IF v_dead IS NOT NULL THEN
        PERFORM duban.fall_back(now, v_dead, v_fallback, v_why);
    END IF;
    late := 0;
    IF completed < cardinality(p_id) THEN
        SELECT array_agg(d.place) INTO v_late
          FROM unnest(p_id) WITH ORDINALITY AS d(id, place)
         WHERE d.id <> ALL (coalesce(v_gone, '{}'));
        late := duban.complete_late(now, p_node, v_late, p_id, p_number, p_verdict, p_status,
                                    p_detail, p_provider_id, p_took_ms, p_retry_us, p_receipt_us);
    END IF;
    RETURN NEXT;
END
$$;

-- Completions at these places of the arrays whose claim no longer holds. They change nothing but
-- the log, save for a message that this very try left parked as unknown: if it arrived after all
-- it is settled, and if it surely didn't it goes back to ready. A completion that is only repeated,
-- since the reply to it was lost, isn't logged again. Returns how many were news.
CREATE OR REPLACE FUNCTION duban.complete_late(
    p_now timestamptz, p_node bigint, p_place bigint[], p_id bigint[], p_number bigint[],
    p_verdict text[], p_status bigint[], p_detail text[], p_provider_id text[],
    p_took_ms bigint[], p_retry_us bigint[], p_receipt_us bigint[])
    RETURNS bigint
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
DECLARE
    v_today date := (p_now AT TIME ZONE 'UTC')::date;
    v_news  bigint;
BEGIN
    WITH late AS (
        SELECT *
          FROM unnest(p_id, p_number, p_verdict, p_status, p_detail, p_provider_id, p_took_ms,
                      p_retry_us, p_receipt_us) WITH ORDINALITY
               AS d(id, number, verdict, status, detail, provider_id, took_ms, retry_us,
                    receipt_us, place)
         WHERE d.place = ANY (p_place)
    ), found AS (
        DELETE FROM duban.dead x USING late l
         WHERE x.id = l.id AND x.attempts = l.number AND x.verdict = 'unknown'
           AND (l.verdict IN ('delivered', 'accepted')
                OR (l.verdict <> 'unknown' AND l.retry_us >= 0))
        RETURNING x.*, l.retry_us, l.verdict AS found_verdict, l.receipt_us
    ), awaited AS (
        INSERT INTO duban.awaiting (message, day, channel, until)
        SELECT f.id, f.day, e.channel, p_now + f.receipt_us * interval '1 microsecond'
          FROM found f
          JOIN duban.endpoint e ON e.id = f.endpoint
         WHERE f.found_verdict = 'accepted' AND f.receipt_us > 0
            ON CONFLICT (message) DO UPDATE SET until = excluded.until
    ), again AS (
        INSERT INTO duban.ready (endpoint, due_at, id, day, order_key, attempt, first_at)
        SELECT f.endpoint, p_now + f.retry_us * interval '1 microsecond', f.id, f.day, f.order_key,
               f.attempts + 1, f.dead_at
          FROM found f
         WHERE f.retry_us >= 0
    ), logged AS (
        INSERT INTO duban.attempt
               (message, message_day, day, number, at, verdict, status, detail, provider_id, took_ms,
                node)
        SELECT l.id, m.day, v_today, l.number, p_now, l.verdict, l.status, 'late: ' || l.detail,
               l.provider_id, l.took_ms, p_node
          FROM late l
          JOIN duban.message m USING (id)
         CROSS JOIN LATERAL (
               SELECT count(*) AS times
                 FROM duban.attempt a
                WHERE a.message = l.id AND a.number = l.number AND a.node = p_node
                  AND a.verdict = l.verdict) logged_before
         WHERE logged_before.times = 0
        RETURNING 1
    )
    SELECT count(*) INTO v_news FROM logged;
    RETURN v_news;
END
$$;

-- Gives claimed messages back that were not tried (the daemon stops).
CREATE OR REPLACE FUNCTION duban.release(p_id bigint[], p_token bigint[])
    RETURNS bigint
    LANGUAGE sql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
    WITH gone AS (
        DELETE FROM duban.inflight f USING unnest(p_id, p_token) AS d(id, token)
         WHERE f.id = d.id AND f.token = d.token
        RETURNING f.*
    ), back AS (
        INSERT INTO duban.ready (endpoint, due_at, id, day, order_key, attempt, first_at)
        SELECT g.endpoint, duban.now(), g.id, g.day, g.order_key, g.attempt, g.first_at FROM gone g
        RETURNING 1
    )
    SELECT count(*) FROM back
$$;

-- Gives back what this node is said to have claimed, but doesn't hold: the reply of its claim was
-- lost with the connection, or the lease became too short to begin. It was surely never sent, so
-- this is safe even for what must not be repeated. Never while a claim of this node is under way.
CREATE OR REPLACE FUNCTION duban.release_unknown(p_node bigint, p_held bigint[])
    RETURNS bigint
    LANGUAGE sql
AS $$
    WITH unheard AS MATERIALIZED ( -- a set, since either side may be thousands
        SELECT f.id FROM duban.inflight f WHERE f.owner = p_node
        EXCEPT
        SELECT unnest(p_held)
    ), gone AS (
        DELETE FROM duban.inflight f
         WHERE f.owner = p_node AND f.id = ANY (ARRAY(SELECT u.id FROM unheard u))
        RETURNING f.*
    ), back AS (
        INSERT INTO duban.ready (endpoint, due_at, id, day, order_key, attempt, first_at)
        SELECT g.endpoint, duban.now(), g.id, g.day, g.order_key, g.attempt, g.first_at FROM gone g
        RETURNING 1
    )
    SELECT count(*) FROM back
$$;

-- Messages whose dispatcher has died (its lock is free) or let its lease pass: those that may be
-- repeated are ready again, the others are parked as unknown, since they may have arrived. Not the
-- caller's own: it knows what became of them (complete, release_unknown).
CREATE OR REPLACE FUNCTION duban.reap(p_node bigint)
    RETURNS TABLE (now timestamptz, repeated bigint, parked bigint)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_owner integer;
    v_dead  integer[] := '{}';
BEGIN
    now := duban.now();
    FOR v_owner IN SELECT DISTINCT f.owner FROM duban.inflight f WHERE f.owner <> p_node LOOP
        IF pg_try_advisory_xact_lock(1685414242, v_owner) THEN
            v_dead := v_dead || v_owner;
        END IF;
    END LOOP;
    WITH lost AS (
        SELECT f.id FROM duban.inflight f
         WHERE f.owner = ANY (v_dead) OR (f.owner <> p_node AND f.lease_until < now)
           FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM duban.inflight f USING lost l WHERE f.id = l.id RETURNING f.*
    ), logged AS (
        INSERT INTO duban.attempt
               (message, message_day, day, number, at, verdict, status, detail, provider_id, took_ms,
                node)
        SELECT g.id, g.day, (now AT TIME ZONE 'UTC')::date, g.attempt, now, 'unknown', 0,
               'its dispatcher stopped in the middle', '', 0, g.owner
          FROM gone g
    ), again AS (
        INSERT INTO duban.ready (endpoint, due_at, id, day, order_key, attempt, first_at)
        SELECT g.endpoint, now, g.id, g.day, g.order_key, g.attempt + 1, g.first_at
          FROM gone g WHERE g.repeatable
        RETURNING 1
    ), buried AS (
        INSERT INTO duban.dead (id, day, endpoint, order_key, attempts, verdict, reason, dead_at)
        SELECT g.id, g.day, g.endpoint, g.order_key, g.attempt, 'unknown',
               'its dispatcher stopped in the middle: it may have arrived', now
          FROM gone g WHERE NOT g.repeatable
            ON CONFLICT (id) DO NOTHING
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM again), (SELECT count(*) FROM buried) INTO repeated, parked;
    RETURN NEXT;
END
$$;
