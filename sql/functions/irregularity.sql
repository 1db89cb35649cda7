-- Irregularities 异常: what supervision finds besides deadlines. Each is an event of a case without
-- a clock; its `deadline_version` is the number of the fact, so that the ledger's key keeps a fact
-- once, and its `detail` is JSON that the programs put into words.

-- How grave the level is that a clock stands at; 0 when it was taken back 摘牌.
CREATE OR REPLACE FUNCTION duban.irregularity_severity(
    p_severity smallint, p_rank smallint, p_version integer, p_withdrawn_rank smallint,
    p_withdrawn_version integer)
    RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN p_withdrawn_version = p_version AND p_withdrawn_rank >= p_rank THEN 0::smallint
                ELSE p_severity END
$$;

-- The next number of an irregularity whose facts are changes: they are counted.
CREATE OR REPLACE FUNCTION duban.irregularity_next(p_case text, p_kind text) RETURNS bigint
    LANGUAGE sql STABLE
AS $$
    SELECT coalesce(max(e.deadline_version), 0) + 1 FROM duban.event e
     WHERE e.case_no = p_case COLLATE "C" AND e.clock = '' AND e.kind = p_kind COLLATE "C"
$$;

-- An instant within a detail.
CREATE OR REPLACE FUNCTION duban.irregularity_instant(p_at timestamptz) RETURNS text
    LANGUAGE sql STABLE
AS $$
    SELECT to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
$$;

-- Writes what was found, unless the ledger has it, and tells whom the routes name. What came true
-- before `p_tell_after` nobody is told, unless it goes by the end of a case (by_end) whose clocks
-- haven't ended yet; of several of one kind in one case, found at once, the last. Returns how many are
-- told.
CREATE OR REPLACE FUNCTION duban.irregularity_record(
    p_now timestamptz, p_tell_after timestamptz, p_found duban.finding[],
    p_route_kind text[], p_route_role text[], p_route_channel text[], p_route_gather_us bigint[],
    p_day date)
    RETURNS bigint
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_event bigint[];
    v_kind  text[];
    v_place text[];
BEGIN
    IF coalesce(cardinality(p_found), 0) = 0 THEN
        RETURN 0;
    END IF;
    WITH fresh AS (
        SELECT DISTINCT ON (f.case_no COLLATE "C", f.subject COLLATE "C", f.kind COLLATE "C",
                            f.number) f.*,
               f.at >= p_tell_after
               OR (f.by_end AND EXISTS (SELECT FROM duban.clock c
                                         WHERE c.case_no = f.case_no COLLATE "C"
                                           AND c.state IN ('running', 'suspended'))) AS is_news
          FROM unnest(p_found) AS f
         WHERE NOT EXISTS (
               SELECT FROM duban.event e
                WHERE e.case_no = f.case_no COLLATE "C" AND e.clock = f.subject COLLATE "C"
                  AND e.kind = f.kind COLLATE "C" AND e.deadline_version = f.number)
    ), judged AS (
        SELECT f.*,
               CASE WHEN NOT f.is_news THEN 'no: too long ago'
                    WHEN row_number() OVER same > 1 THEN 'no: another one of the case is told'
                    ELSE 'yes' END AS told,
               row_number() OVER (PARTITION BY f.case_no ORDER BY f.at, f.kind, f.number) AS place
          FROM fresh f
        WINDOW same AS (PARTITION BY f.case_no, f.subject, f.kind
                           ORDER BY f.is_news DESC, f.at DESC, f.number DESC)
    ), recorded AS (
        INSERT INTO duban.event
               (case_no, clock, kind, deadline_version, sequence, event_at, recorded_at, level, rank,
                due_at, window_code, department_code, item_code, told, detail, irregular)
        SELECT j.case_no, j.subject, j.kind, j.number,
               CASE WHEN j.case_no = '' THEN 0
                    ELSE duban.next_sequence(j.case_no) + j.place - 1 END,
               j.at, p_now, 'normal', 0, j.due_at, j.window_code, j.department_code, j.item_code,
               j.told, j.detail, true
          FROM judged j
         ORDER BY j.case_no, j.place
            ON CONFLICT (case_no, clock, kind, deadline_version, repeat) DO NOTHING
        RETURNING id, kind, window_code, department_code, told
    )
    SELECT array_agg(r.id ORDER BY r.id), array_agg(r.kind ORDER BY r.id),
           array_agg(coalesce(p.code, r.department_code) ORDER BY r.id)
      INTO v_event, v_kind, v_place
      FROM recorded r
      LEFT JOIN duban.recipient p ON p.code = r.window_code COLLATE "C"
     WHERE r.told = 'yes';
    IF v_event IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM duban.notify(p_now, v_event, v_kind, v_place, p_route_kind, p_route_role,
                         p_route_channel, p_route_gather_us, p_day);
    RETURN cardinality(v_event);
END
$$;

-- --- what the daemon calls ---

-- Finds and writes irregularities of a page, before and in the same statement as
-- duban.intake_write. First what the facts alone tell (p_found_…), then the page's clocks as
-- intake_write takes them, then its cases: `p_received` of a reception (null: none), `p_month` of a
-- completion (0: none). `p_rules`: changed_from, reopened_from; within_us of two_windows;
-- cases, share and last_hour of last_hour_window; each only when the rule is on. Returns
-- `p_now` and how many are told.
CREATE OR REPLACE FUNCTION duban.irregularity_write(
    p_now timestamptz, p_tell_after timestamptz,
    p_found_case text[], p_found_kind text[], p_found_number bigint[], p_found_at timestamptz[],
    p_found_detail text[], p_found_due timestamptz[], p_found_window text[],
    p_found_department text[], p_found_item text[], p_found_by_end boolean[],
    p_clock_case text[], p_clock text[], p_state text[], p_due timestamptz[], p_basis bigint[],
    p_limit bigint[], p_clock_item text[], p_clock_window text[], p_clock_department text[],
    p_case text[], p_window text[], p_department text[], p_item text[], p_key bigint[],
    p_received timestamptz[], p_ended timestamptz[], p_month bigint[], p_last_hour boolean[],
    p_rules jsonb,
    p_route_kind text[], p_route_role text[], p_route_channel text[], p_route_gather_us bigint[],
    p_day date)
    RETURNS TABLE (now timestamptz, told bigint)
    LANGUAGE plpgsql
AS $$
DECLARE
    v_found duban.finding[];
BEGIN
    SELECT coalesce(array_agg(ROW(f.case_no, '', f.kind, f.number, f.at, f.detail, f.due_at,
                                  f.window_code, f.department_code, f.item_code,
                                  f.by_end)::duban.finding),
                    '{}')
      INTO v_found
      FROM unnest(p_found_case, p_found_kind, p_found_number, p_found_at, p_found_detail,
                  p_found_due, p_found_window, p_found_department, p_found_item, p_found_by_end)
           AS f(case_no, kind, number, at, detail, due_at, window_code, department_code, item_code,
                by_end);
    IF p_rules ?| '{changed_from,reopened_from}' THEN
        v_found := v_found || ARRAY(SELECT f::duban.finding FROM duban.irregularity_of_changes(
            p_now, p_clock_case, p_clock, p_state, p_due, p_basis, p_limit, p_clock_item,
            p_clock_window, p_clock_department, (p_rules->>'changed_from')::bigint,
            (p_rules->>'reopened_from')::bigint) f);
    END IF;
    IF p_rules ? 'within_us' AND cardinality(p_case) > 0 THEN
        v_found := v_found || ARRAY(SELECT f::duban.finding FROM duban.irregularity_of_receptions(
            p_now, p_case, p_key, p_received, p_ended, p_window, p_department, p_item,
            (p_rules->>'within_us')::bigint) f);
    END IF;
    IF p_rules ? 'last_hour' AND cardinality(p_case) > 0 THEN
        v_found := v_found || ARRAY(SELECT f::duban.finding FROM duban.irregularity_of_habits(
            p_now, p_tell_after, p_case, p_ended, p_month, p_last_hour, p_window, p_department,
            (p_rules->>'cases')::bigint, (p_rules->>'share')::bigint, p_rules->'last_hour') f);
    END IF;
    RETURN QUERY SELECT p_now, duban.irregularity_record(
        p_now, p_tell_after, v_found, p_route_kind, p_route_role, p_route_channel,
        p_route_gather_us, p_day);
END
$$;

-- The same for cases that have left the source, before and in the same statement as
-- duban.intake_vanished: after a level of the severity `p_from` (null: no such rule), else when
-- `p_any`.
CREATE OR REPLACE FUNCTION duban.irregularity_vanished(
    p_now timestamptz, p_case text[], p_any boolean, p_from bigint,
    p_route_kind text[], p_route_role text[], p_route_channel text[], p_route_gather_us bigint[],
    p_day date)
    RETURNS TABLE (now timestamptz, told bigint)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_found duban.finding[];
BEGIN
    WITH gone AS (
        SELECT DISTINCT ON (c.case_no) c.*, s.standing >= greatest(p_from, 1) AS is_grave
          FROM duban.clock c
         CROSS JOIN LATERAL (
               SELECT duban.irregularity_severity(c.severity, c.rank, c.deadline_version,
                                                  c.withdrawn_rank, c.withdrawn_version)
                      AS standing) s
         WHERE c.case_no = ANY (p_case) AND c.state IN ('running', 'suspended')
           AND c.item_code <> 'duban:selftest'
         ORDER BY c.case_no, s.standing DESC, c.clock <> 'completion', c.clock
    ), named AS (
        SELECT g.*, CASE WHEN p_from IS NOT NULL AND g.is_grave THEN 'vanished_after_level'
                         WHEN p_any THEN 'vanished_case' END AS kind
          FROM gone g
    )
    SELECT array_agg(ROW(n.case_no, '', n.kind, duban.irregularity_next(n.case_no, n.kind), p_now,
                         jsonb_build_object('level', n.level)::text, n.due_at, n.window_code,
                         n.department_code, n.item_code, false)::duban.finding)
      INTO v_found
      FROM named n
     WHERE n.kind IS NOT NULL;
    RETURN QUERY SELECT p_now, duban.irregularity_record(
        p_now, p_now, v_found, p_route_kind, p_route_role, p_route_channel, p_route_gather_us,
        p_day);
END
$$;

-- --- what people ask for ---

-- The newest `p_most` irregularities of the kinds given, since an instant, of a window (null: of
-- any), the newest first; `others`: there are more.
CREATE OR REPLACE FUNCTION duban.irregularity_list(
    p_kinds text[], p_since timestamptz, p_window text, p_most bigint)
    RETURNS json
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
DECLARE
    v_found bigint[];
BEGIN
    IF p_window IS NULL THEN
        v_found := ARRAY(
            SELECT e.id
              FROM unnest(p_kinds) AS k(kind)
             CROSS JOIN LATERAL (
                   SELECT x.id, x.recorded_at FROM duban.event x
                    WHERE x.irregular AND x.kind = k.kind COLLATE "C" AND x.recorded_at >= p_since
                    ORDER BY x.recorded_at DESC, x.id DESC
                    LIMIT p_most + 1) e
             ORDER BY e.recorded_at DESC, e.id DESC
             LIMIT p_most + 1);
    ELSE
        v_found := ARRAY(
            SELECT e.id FROM duban.event e
             WHERE e.irregular AND e.window_code = p_window AND e.recorded_at >= p_since
               AND e.kind = ANY (p_kinds)
             ORDER BY e.recorded_at DESC, e.id DESC
             LIMIT p_most + 1);
    END IF;
    RETURN json_build_object(
        'irregularities',
        (SELECT coalesce(json_agg(t ORDER BY t.recorded_at DESC, t.id DESC), '[]')
           FROM (SELECT e.id, e.recorded_at, e.event_at, e.kind, e.case_no, e.window_code,
                        coalesce(w.name, '') AS window_name, e.department_code, e.item_code, e.due_at,
                        e.told, e.detail::json AS detail
                   FROM duban.event e
                   LEFT JOIN duban.recipient w ON w.code = e.window_code COLLATE "C"
                  WHERE e.id = ANY (v_found[:p_most::integer])) t),
        'others', cardinality(v_found) > p_most);
END
$$;
