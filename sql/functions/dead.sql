-- Dead letters: found by a filter, put back into the queue, or let go. What people do by hand, so
-- that no SQL has to be typed into a running installation.
--
-- A filter is a JSON object; a key that is missing filters nothing: channel, case, kind, verdict,
-- since and until (of dead_at; until is the first instant no more), first and last (of ids).
--
-- Steps hand ids on as arrays, so that the planner, which guesses at the number of letters, makes
-- no join of each with each.

-- The newest `p_most` that fit. `twice`: sending it again may make it arrive a second time; with
-- p_even_twice false those are left out. The ids are the primary key; each letter costs one look
-- into the partition of its message.
CREATE OR REPLACE FUNCTION duban.dead_find(p_filter jsonb, p_even_twice boolean, p_most bigint)
    RETURNS TABLE (id bigint, day date, dead_at timestamptz, channel text, kind text, case_no text,
                   recipient text, attempts integer, verdict text, reason text, twice boolean)
    LANGUAGE sql STABLE
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
    SELECT d.id, d.day, d.dead_at, m.channel, m.kind, m.case_no, m.recipient, d.attempts,
           d.verdict, d.reason, d.verdict = 'unknown' AND NOT m.repeatable
      FROM duban.dead d
     CROSS JOIN LATERAL (SELECT x.channel, x.kind, x.case_no, x.recipient, x.repeatable
                           FROM duban.message x
                          WHERE x.id = d.id AND x.day = d.day OFFSET 0) m
     WHERE d.id BETWEEN coalesce((p_filter->>'first')::bigint, 0)
                    AND coalesce((p_filter->>'last')::bigint, 9223372036854775807)
       AND d.verdict = coalesce(p_filter->>'verdict', d.verdict)
       AND d.dead_at >= coalesce((p_filter->>'since')::timestamptz, '-infinity')
       AND d.dead_at < coalesce((p_filter->>'until')::timestamptz, 'infinity')
       AND m.channel = coalesce(p_filter->>'channel', m.channel)
       AND m.kind = coalesce(p_filter->>'kind', m.kind)
       AND m.case_no = coalesce(p_filter->>'case', m.case_no)
       AND (p_even_twice OR d.verdict <> 'unknown' OR m.repeatable)
     ORDER BY d.id DESC
     LIMIT p_most
$$;

-- The newest `p_shown` of the newest `p_most` that fit; how many of these there are (`found`), and
-- whether there are still others. `twice`: how many that fit may arrive twice, whether or not
-- p_even_twice takes them in.
CREATE OR REPLACE FUNCTION duban.dead_list(
    p_filter jsonb, p_even_twice boolean, p_shown bigint, p_most bigint)
    RETURNS json
    LANGUAGE sql STABLE
AS $$
    WITH found AS MATERIALIZED (
        SELECT f.*, row_number() OVER (ORDER BY f.id DESC) AS place
          FROM duban.dead_find(p_filter, p_even_twice, p_most + 1) f
    )
    SELECT json_build_object(
        'dead', (SELECT coalesce(json_agg(l ORDER BY l.id DESC), '[]')
                   FROM (SELECT f.id, f.dead_at, f.channel, f.kind, f.case_no, f.recipient,
                                f.attempts, f.verdict, f.reason, f.twice
                           FROM found f WHERE f.place <= least(p_shown, p_most)) l),
        'found', (SELECT count(*) FROM found f WHERE f.place <= p_most),
        'twice', (SELECT count(*)
                    FROM duban.dead_find(p_filter || '{"verdict": "unknown"}', true, p_most) f
                   WHERE f.twice AND f.verdict = coalesce(p_filter->>'verdict', f.verdict)),
        'others', (SELECT count(*) > p_most FROM found))
$$;

-- Puts what fits back into the queue, at most `p_most`: numbers of tries go on, the time until it
-- is given up begins anew. A letter that somebody else has in hand is left to them. Returns how
-- many.
CREATE OR REPLACE FUNCTION duban.dead_resend(p_filter jsonb, p_even_twice boolean, p_most bigint)
    RETURNS bigint
    LANGUAGE sql
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
    WITH found AS MATERIALIZED (
        SELECT f.id FROM duban.dead_find(p_filter, p_even_twice, p_most) f
    ), held AS MATERIALIZED (
        SELECT d.id FROM duban.dead d
         WHERE d.id = ANY (ARRAY(SELECT f.id FROM found f))
           FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM duban.dead d
         WHERE d.id = ANY (ARRAY(SELECT h.id FROM held h))
        RETURNING d.*
    ), back AS (
        INSERT INTO duban.ready (endpoint, due_at, id, day, order_key, attempt, first_at)
        SELECT g.endpoint, t.now, g.id, g.day, g.order_key, g.attempts + 1, t.now
          FROM gone g CROSS JOIN (SELECT duban.now() AS now) t
        RETURNING 1
    )
    SELECT count(*) FROM back
$$;

-- Lets what fits go, at most `p_most`: each ends with an attempt numbered 0 that says who let it
-- go, and why. Returns how many.
CREATE OR REPLACE FUNCTION duban.dead_drop(p_filter jsonb, p_reason text, p_most bigint)
    RETURNS bigint
    LANGUAGE sql
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
    WITH found AS MATERIALIZED (
        SELECT f.id FROM duban.dead_find(p_filter, true, p_most) f
    ), held AS MATERIALIZED (
        SELECT d.id FROM duban.dead d
         WHERE d.id = ANY (ARRAY(SELECT f.id FROM found f))
           FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM duban.dead d
         WHERE d.id = ANY (ARRAY(SELECT h.id FROM held h))
        RETURNING d.*
    ), logged AS (
        INSERT INTO duban.attempt
               (message, message_day, day, number, at, verdict, status, detail, provider_id, took_ms,
                node)
        SELECT g.id, g.day, (t.now AT TIME ZONE 'UTC')::date, 0, t.now, 'dropped', 0,
               session_user || ': ' || p_reason, '', 0, 0
          FROM gone g CROSS JOIN (SELECT duban.now() AS now) t
        RETURNING 1
    )
    SELECT count(*) FROM logged
$$;
