-- What the board, its filters and the wall show.

-- Open cases by the level of their worst clock; of what the viewer sees, at a window or department if
-- one is given.
CREATE OR REPLACE FUNCTION duban.web_counts(p_codes text[], p_window text, p_department text)
    RETURNS json
    LANGUAGE sql STABLE
AS $$
    SELECT coalesce(json_agg(json_build_object('level', t.level, 'severity', -t.gravity,
                                               'cases', t.cases)
                             ORDER BY t.gravity, t.level), '[]')
      FROM (SELECT c.level, c.gravity, sum(c.cases)::bigint AS cases
              FROM duban.web_count(p_codes, p_window, p_department) c
             GROUP BY c.level, c.gravity HAVING sum(c.cases) <> 0) t
$$;

-- How many cases' worst clocks run and are due on the local day, `p_offset_s` before UTC.
CREATE OR REPLACE FUNCTION duban.web_due_today(
    p_codes text[], p_window text, p_department text, p_offset_s bigint)
    RETURNS bigint
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
AS $$
DECLARE
    v_span  interval := p_offset_s * interval '1 second';
    v_begin timestamptz := date_trunc('day', duban.now() AT TIME ZONE 'UTC' + v_span)
                           AT TIME ZONE 'UTC' - v_span;
BEGIN
    RETURN (SELECT coalesce(sum(u.cases), 0)
              FROM duban.board_due u
             WHERE u.quarter >= v_begin AND u.quarter < v_begin + interval '24 hours'
               AND (p_codes IS NULL OR u.window_code = ANY (p_codes)
                                    OR u.department_code = ANY (p_codes))
               AND (p_window IS NULL OR u.window_code = p_window)
               AND (p_department IS NULL OR u.department_code = p_department));
END
$$;

-- What the board shows, with what has just happened (as far as it is a few hundred cases).
-- `counted_at`: as of when it is; `total`: as duban.web_plan has it; `p_offset_s`: of
-- local time.
CREATE OR REPLACE FUNCTION duban.web_board(
    p_who text, p_filter jsonb, p_after_severity bigint, p_after_due timestamptz,
    p_after_case text, p_after_clock text, p_limit bigint, p_offset_s bigint)
    RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_who    record;
    v_page   record;
    v_window text := p_filter->>'window';
    v_place  text := p_filter->>'department';
BEGIN
    SELECT * INTO v_who FROM duban.web_who(p_who);
    IF v_who.role IS NULL THEN
        RETURN '{"error": "unauthorized"}';
    ELSIF v_who.role = 'wall' THEN
        RETURN '{"error": "forbidden"}';
    END IF;
    PERFORM duban.board_freshen();
    SELECT * INTO v_page
      FROM duban.web_page(v_who.codes, p_filter, p_after_severity, p_after_due, p_after_case,
                          least(p_limit, 200));
    RETURN json_build_object(
        'now', duban.now(), 'counts', duban.web_counts(v_who.codes, v_window, v_place),
        'due_today', duban.web_due_today(v_who.codes, v_window, v_place, p_offset_s),
        'counted_at', coalesce(duban.board_waits(), duban.now()), 'total', v_page.total,
        'rows', array_to_json(v_page.page), 'next', v_page.after);
END
$$;

-- All items of the open cases that a viewer sees, with how many there are of each.
CREATE OR REPLACE FUNCTION duban.web_items(p_who text)
    RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
DECLARE
    v_who record;
BEGIN
    SELECT * INTO v_who FROM duban.web_who(p_who);
    IF v_who.role IS NULL THEN
        RETURN '{"error": "unauthorized"}';
    ELSIF v_who.role = 'wall' THEN
        RETURN '{"error": "forbidden"}';
    END IF;
    PERFORM duban.board_freshen();
    RETURN json_build_object('items', (
        SELECT coalesce(json_agg(json_build_object('code', t.item_code,
                                                   'name', coalesce(i.name, t.item_code),
                                                   'cases', t.cases)
                                 ORDER BY i.name, t.item_code), '[]')
          FROM (SELECT m.item_code, sum(m.cases)::bigint AS cases
                  FROM duban.web_mix(v_who.codes, '{}', NULL) m
                 GROUP BY m.item_code HAVING sum(m.cases) <> 0) t
          LEFT JOIN duban.item i ON i.code = t.item_code));
END
$$;

-- What a wall shows in public: nothing of persons, handlers or events.
CREATE OR REPLACE FUNCTION duban.web_wall(
    p_who text, p_after_severity bigint, p_after_due timestamptz, p_after_case text,
    p_after_clock text, p_limit bigint)
    RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_who  record;
    v_page record;
BEGIN
    SELECT * INTO v_who FROM duban.web_who(p_who);
    IF v_who.role IS NULL THEN
        RETURN '{"error": "unauthorized"}';
    END IF;
    PERFORM duban.board_freshen();
    SELECT * INTO v_page
      FROM duban.web_page(v_who.codes, '{}', p_after_severity, p_after_due, p_after_case,
                          least(p_limit, 200));
    RETURN json_build_object(
        'now', duban.now(), 'counts', duban.web_counts(v_who.codes, NULL, NULL),
        'rows', (SELECT coalesce(json_agg(json_build_object(
                            'case_no', r->>'case_no', 'item_name', r->>'item_name',
                            'window_name', r->>'window_name', 'stage', r->>'stage',
                            'accepted_at', r->'accepted_at', 'due_at', r->'due_at',
                            'level', r->>'level', 'severity', r->'severity',
                            'suspended', r->'suspended') ORDER BY o), '[]')
                   FROM unnest(v_page.page) WITH ORDINALITY AS p(r, o)),
        'next', v_page.after);
END
$$;
