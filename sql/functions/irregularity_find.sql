-- Irregularities that only the state before can tell: a page of facts is compared with the clocks as
-- they still stand.

-- Of the clocks of a page that is about to be written, as duban.intake_write takes them: cases whose
-- start or limit has changed since a level of the severity `p_changed_from` (null: not looked for),
-- and cases that were taken up again after one of `p_reopened_from`. Of a case the gravest clock
-- speaks.
CREATE OR REPLACE FUNCTION duban.irregularity_of_changes(
    p_now timestamptz, p_case text[], p_clock text[], p_state text[], p_due timestamptz[],
    p_basis bigint[], p_limit bigint[], p_item text[], p_window text[], p_department text[],
    p_changed_from bigint, p_reopened_from bigint)
    RETURNS SETOF duban.finding
    LANGUAGE sql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
    WITH page AS MATERIALIZED (
        SELECT f.*, c.state AS old_state, c.level AS old_level, c.due_at AS old_due,
               c.basis_hash NOT IN (0, f.basis) AND c.limit_hash NOT IN (0, f.limit_hash) AS is_changed,
               duban.irregularity_severity(c.severity, c.rank, c.deadline_version, c.withdrawn_rank,
                                           c.withdrawn_version) AS severity,
               bool_or(f.clock = 'completion' AND c.state = 'stopped' AND f.state <> 'stopped')
                   OVER (PARTITION BY c.case_no) AS is_reopened
          FROM unnest(p_case, p_clock, p_state, p_due, p_basis, p_limit, p_item, p_window,
                      p_department)
               AS f(case_no, clock, state, due_at, basis, limit_hash, item, window_code, department)
          JOIN duban.clock c ON c.case_no = f.case_no COLLATE "C" AND c.clock = f.clock COLLATE "C"
    ), changed AS (
        SELECT DISTINCT ON (p.case_no) p.*, p.state <> 'suspended' AND p.old_due <> p.due_at AS moved
          FROM page p
         WHERE p.is_changed AND p.old_state IN ('running', 'suspended')
           AND p.severity >= greatest(p_changed_from, 1)
         ORDER BY p.case_no, p.severity DESC, p.clock <> 'completion', p.clock
    ), reopened AS (
        SELECT DISTINCT ON (p.case_no) p.*
          FROM page p
         WHERE p.is_reopened AND p.old_state = 'stopped'
           AND p.severity >= greatest(p_reopened_from, 1)
         ORDER BY p.case_no, p.severity DESC, p.clock <> 'completion', p.clock
    )
    SELECT c.case_no, '', 'deadline_changed', duban.irregularity_next(c.case_no, 'deadline_changed'),
           p_now,
           (jsonb_build_object('level', c.old_level)
            || CASE WHEN c.moved THEN jsonb_build_object(
                        'how', 'moved', 'old', duban.irregularity_instant(c.old_due),
                        'new', duban.irregularity_instant(c.due_at))
                    ELSE '{}' END)::text,
           c.due_at, c.window_code, c.department, c.item, false
      FROM changed c
     WHERE p_changed_from IS NOT NULL
     UNION ALL
    SELECT r.case_no, '', 'reopened_after_level',
           duban.irregularity_next(r.case_no, 'reopened_after_level'), p_now,
           jsonb_build_object('level', r.old_level)::text, r.due_at, r.window_code, r.department,
           r.item, false
      FROM reopened r
     WHERE p_reopened_from IS NOT NULL
$$;

-- Takes receptions in and finds cases of the same key at two windows: the one that was received
-- later, while the other was open and at most `p_within_us` after it. Forgets what is older, some
-- rows a call.
CREATE OR REPLACE FUNCTION duban.irregularity_of_receptions(
    p_now timestamptz, p_case text[], p_key bigint[], p_received timestamptz[], p_ended timestamptz[],
    p_window text[], p_department text[], p_item text[], p_within_us bigint)
    RETURNS SETOF duban.finding
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    v_within interval := p_within_us * interval '1 microsecond';
BEGIN
    DELETE FROM duban.reception r
     USING (SELECT o.key, o.case_no FROM duban.reception o
             WHERE o.received_at < p_now - v_within - interval '1 day'
             ORDER BY o.received_at LIMIT 1000) old
     WHERE r.key = old.key AND r.case_no = old.case_no;
    INSERT INTO duban.reception AS r (key, case_no, window_code, received_at, ended_at)
    SELECT DISTINCT ON (f.key, f.case_no COLLATE "C")
           f.key, f.case_no, f.window_code, f.received_at, f.ended_at
      FROM unnest(p_case, p_key, p_window, p_received, p_ended)
           AS f(case_no, key, window_code, received_at, ended_at)
     WHERE f.received_at IS NOT NULL
       AND NOT EXISTS (SELECT FROM duban.reception o
                        WHERE o.key = f.key AND o.case_no = f.case_no COLLATE "C"
                          AND (o.window_code, o.received_at) = (f.window_code, f.received_at)
                          AND o.ended_at IS NOT DISTINCT FROM f.ended_at)
     ORDER BY f.key, f.case_no COLLATE "C"
        ON CONFLICT (key, case_no) DO UPDATE
       SET window_code = excluded.window_code, received_at = excluded.received_at,
           ended_at = excluded.ended_at;
    RETURN QUERY
    WITH page AS ( -- OFFSET 0: by key, not by age, whatever the planner thinks of LIMIT 1
        SELECT f.*, f.case_no COLLATE "C" AS number
          FROM unnest(p_case, p_key, p_received, p_ended, p_window, p_department, p_item)
               AS f(case_no, key, received_at, ended_at, window_code, department_code, item_code)
         WHERE f.received_at IS NOT NULL
    ), pair AS (
        SELECT p.number AS later, p.window_code, p.received_at, o.case_no AS first,
               o.window_code AS other
          FROM page p
         CROSS JOIN LATERAL (
               SELECT r.case_no, r.window_code
                 FROM (SELECT * FROM duban.reception k WHERE k.key = p.key OFFSET 0) r
                WHERE r.window_code <> p.window_code
                  AND (r.received_at, r.case_no) < (p.received_at, p.number)
                  AND r.received_at >= p.received_at - v_within
                  AND (r.ended_at IS NULL OR r.ended_at > p.received_at)
                ORDER BY r.received_at, r.case_no LIMIT 1) o
         UNION
        SELECT o.case_no, o.window_code, o.received_at, p.number, p.window_code
          FROM page p
         CROSS JOIN LATERAL (
               SELECT r.case_no, r.window_code, r.received_at
                 FROM (SELECT * FROM duban.reception k WHERE k.key = p.key OFFSET 0) r
                WHERE r.window_code <> p.window_code
                  AND (r.received_at, r.case_no) > (p.received_at, p.number)
                  AND r.received_at <= p.received_at + v_within
                  AND (p.ended_at IS NULL OR p.ended_at > r.received_at)
                ORDER BY r.received_at, r.case_no LIMIT 1) o
    )
    SELECT DISTINCT ON (q.later)
           q.later::text, '', 'two_windows', 1::bigint, least(q.received_at, p_now),
           jsonb_build_object('case', q.first, 'window', coalesce(w.name, q.other))::text,
           NULL::timestamptz, q.window_code,
           coalesce(p.department_code, c.department_code, ''),
           coalesce(p.item_code, c.item_code, ''), false
      FROM pair q
      LEFT JOIN duban.recipient w ON w.code = q.other COLLATE "C"
      LEFT JOIN page p ON p.number = q.later
      LEFT JOIN duban.clock c ON c.case_no = q.later AND c.clock = 'completion'
     ORDER BY q.later, q.first;
END
$$;

-- Counts completions of a page that is about to be written, each when its clock ends; finds windows
-- that complete so many of their cases in the last hour before due, once a month. A completion
-- that duban sees first of a case counts when it is after `p_tell_after`, as intake takes it in.
CREATE OR REPLACE FUNCTION duban.irregularity_of_habits(
    p_now timestamptz, p_tell_after timestamptz, p_case text[], p_completed timestamptz[],
    p_month bigint[], p_last_hour boolean[], p_window text[], p_department text[],
    p_cases bigint, p_share bigint, p_within jsonb)
    RETURNS SETOF duban.finding
    LANGUAGE sql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
    WITH done AS (
        SELECT DISTINCT ON (f.case_no) f.*
          FROM unnest(p_case, p_completed, p_month, p_last_hour, p_window, p_department)
               AS f(case_no, completed_at, month, last_hour, window_code, department)
          LEFT JOIN duban.clock c
                 ON c.case_no = f.case_no COLLATE "C" AND c.clock = 'completion'
         WHERE f.month > 0 AND f.window_code <> ''
           AND CASE WHEN c.case_no IS NULL THEN f.completed_at >= p_tell_after
                    ELSE c.state <> 'stopped' END
    ), added AS (
        SELECT d.window_code, d.month, count(*) AS completed,
               count(*) FILTER (WHERE d.last_hour) AS last_hour, min(d.department) AS department
          FROM done d
         GROUP BY d.window_code, d.month
    ), counted AS (
        INSERT INTO duban.window_habit AS h (window_code, month, completed, last_hour)
        SELECT a.window_code, a.month, a.completed, a.last_hour
          FROM added a
         ORDER BY a.window_code, a.month
            ON CONFLICT (window_code, month) DO UPDATE
           SET completed = h.completed + excluded.completed,
               last_hour = h.last_hour + excluded.last_hour
        RETURNING h.*
    )
    SELECT '', c.window_code, 'last_hour_window', c.month::bigint, p_now,
           jsonb_build_object('month', to_char(make_date((c.month - 1) / 12, (c.month - 1) % 12 + 1, 1),
                                               'YYYY-MM'),
                              'completed', c.completed, 'last_hour', c.last_hour,
                              'within', p_within)::text,
           NULL::timestamptz, c.window_code, a.department, '', false
      FROM counted c
      JOIN added a ON a.window_code = c.window_code AND a.month = c.month
     WHERE c.completed >= p_cases AND c.last_hour * 100::bigint >= p_share * c.completed
$$;
