-- The overview, the delivery, and the news that pages are told of.

-- Per department or window: what is open by level, and what was completed since `p_since`. Early:
-- on a day before the one it was due on. `p_today`: the local day, `p_offset_s` behind UTC.
CREATE OR REPLACE FUNCTION duban.web_overview(
    p_who text, p_by text, p_since timestamptz, p_today date, p_offset_s bigint)
    RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
DECLARE
    v_who  record;
    v_rows json;
    v_span interval := p_offset_s * interval '1 second';
BEGIN
    SELECT * INTO v_who FROM duban.web_who(p_who);
    IF v_who.role IS NULL THEN
        RETURN '{"error": "unauthorized"}';
    ELSIF v_who.role = 'wall' THEN
        RETURN '{"error": "forbidden"}';
    END IF;
    PERFORM duban.board_freshen();
    WITH counted AS (
        SELECT CASE p_by WHEN 'window' THEN c.window_code ELSE c.department_code END AS code,
               c.level, sum(c.cases)::bigint AS cases
          FROM duban.web_count(v_who.codes, NULL, NULL) c
         GROUP BY 1, 2
    ), open AS (
        SELECT c.code, sum(c.cases)::bigint AS open, json_object_agg(c.level, c.cases) AS levels
          FROM counted c GROUP BY c.code
    ), done AS (
        SELECT CASE p_by WHEN 'window' THEN e.window_code ELSE e.department_code END AS code,
               count(*) AS completed,
               count(*) FILTER (WHERE e.event_at <= e.due_at) AS on_time,
               count(*) FILTER (
                   WHERE (e.event_at AT TIME ZONE 'UTC' + p_offset_s * interval '1 second')::date
                       < (e.due_at AT TIME ZONE 'UTC' + p_offset_s * interval '1 second')::date)
                   AS early
          FROM duban.event e
         WHERE e.kind = 'completed' AND e.clock = 'completion' AND e.recorded_at >= p_since
           AND (v_who.codes IS NULL OR e.window_code = ANY (v_who.codes)
                                    OR e.department_code = ANY (v_who.codes))
         GROUP BY 1
    )
    SELECT coalesce(json_agg(json_build_object(
               'code', b.code, 'name', coalesce(r.name, b.code),
               'open', coalesce(b.open, 0), 'levels', coalesce(b.levels, '{}'),
               'completed', coalesce(b.completed, 0), 'on_time', coalesce(b.on_time, 0),
               'early', coalesce(b.early, 0), 'late', coalesce(b.completed - b.on_time, 0),
               'rate', CASE WHEN b.completed > 0
                            THEN round(b.on_time::numeric / b.completed, 4) END)
               ORDER BY b.code), '[]') INTO v_rows
      FROM (SELECT * FROM open o FULL JOIN done d USING (code)) b
      LEFT JOIN duban.recipient r ON r.code = b.code COLLATE "C";
    RETURN json_build_object(
        'now', duban.now(), 'since', p_since, 'rows', v_rows,
        'due_ahead', (SELECT coalesce(json_agg(t ORDER BY t.date), '[]')
                        FROM (SELECT (u.quarter AT TIME ZONE 'UTC' + v_span)::date AS date,
                                     sum(u.completions)::bigint AS cases
                                FROM duban.board_due u
                               WHERE u.quarter >= p_today::timestamp AT TIME ZONE 'UTC' - v_span
                                 AND u.quarter < (p_today + 60)::timestamp AT TIME ZONE 'UTC' - v_span
                                 AND (v_who.codes IS NULL OR u.window_code = ANY (v_who.codes)
                                      OR u.department_code = ANY (v_who.codes))
                               GROUP BY 1 HAVING sum(u.completions) <> 0) t));
END
$$;

-- How the sending goes: queues by channel, endpoints in trouble, the newest dead letters. Of the
-- whole centre, hence for those who see all of it. Counts stop at 100,000 an endpoint.
CREATE OR REPLACE FUNCTION duban.web_delivery(p_who text)
    RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
AS $$
DECLARE
    v_who record;
BEGIN
    SELECT * INTO v_who FROM duban.web_who(p_who);
    IF v_who.role IS NULL THEN
        RETURN '{"error": "unauthorized"}';
    ELSIF v_who.role NOT IN ('supervision', 'admin') OR v_who.codes IS NOT NULL THEN
        RETURN '{"error": "forbidden"}';
    END IF;
    RETURN json_build_object(
        'now', duban.now(),
        'queue', (SELECT coalesce(json_agg(q ORDER BY q.channel), '[]')
                    FROM (SELECT e.channel, sum(r.count)::bigint AS ready,
                                 sum(f.count)::bigint AS inflight, sum(p.count)::bigint AS parked,
                                 sum(d.count)::bigint AS dead,
                                 coalesce(max(extract(epoch FROM duban.now() - r.oldest)), 0)::bigint
                                     AS oldest_s
                            FROM duban.endpoint e
                           CROSS JOIN LATERAL (SELECT count(*), min(x.due_at) AS oldest
                                                 FROM (SELECT q.due_at FROM duban.ready q
                                                        WHERE q.endpoint = e.id
                                                        ORDER BY q.due_at LIMIT 100000) x) r
                           CROSS JOIN LATERAL (SELECT count(*) FROM duban.inflight q
                                                WHERE q.endpoint = e.id) f
                           CROSS JOIN LATERAL (SELECT count(*)
                                                 FROM (SELECT FROM duban.parked q
                                                        WHERE q.endpoint = e.id LIMIT 100000) x) p
                           CROSS JOIN LATERAL (SELECT count(*) FROM duban.dead q
                                                WHERE q.endpoint = e.id) d
                           GROUP BY e.channel) q),
        'endpoints', (SELECT coalesce(json_agg(t), '[]')
                        FROM (SELECT e.channel, duban.web_mask(e.address) AS address, s.state,
                                     s.since, s.until, s.reason
                                FROM duban.endpoint_state s JOIN duban.endpoint e ON e.id = s.endpoint
                               WHERE s.state <> 'well' ORDER BY s.since, s.endpoint LIMIT 200) t),
        'dead', (SELECT coalesce(json_agg(json_build_object(
                            'id', f.id, 'channel', f.channel, 'kind', f.kind, 'case_no', f.case_no,
                            'recipient_name', coalesce(r.name, f.recipient), 'reason', f.reason,
                            'verdict', f.verdict, 'twice', f.twice, 'dead_at', f.dead_at,
                            'attempts', f.attempts) ORDER BY f.id DESC), '[]')
                   FROM duban.dead_find('{}', true, 100) f
                   LEFT JOIN duban.recipient r ON r.code = f.recipient COLLATE "C"));
END
$$;

-- Events after an id, in its order, and those of these ids: numbers are given out before their
-- transactions commit, so that one may appear behind others. Without `p_after`, only the last id.
CREATE OR REPLACE FUNCTION duban.web_news(p_after bigint, p_missing bigint[], p_most bigint)
    RETURNS TABLE (id bigint, case_no text, clock text, kind text, level text, due_at timestamptz,
                   recorded_at timestamptz, window_code text, department_code text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
BEGIN
    IF p_after IS NULL THEN
        RETURN QUERY SELECT coalesce(max(e.id), 0), '', '', '', '', NULL::timestamptz,
                            NULL::timestamptz, '', '' FROM duban.event e;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT e.id, e.case_no, e.clock, e.kind, e.level, e.due_at, e.recorded_at, e.window_code,
           e.department_code
      FROM duban.event e WHERE e.id = ANY (p_missing);
    RETURN QUERY
    SELECT e.id, e.case_no, e.clock, e.kind, e.level, e.due_at, e.recorded_at, e.window_code,
           e.department_code
      FROM duban.event e WHERE e.id > p_after ORDER BY e.id LIMIT p_most;
END
$$;
