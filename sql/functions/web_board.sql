-- The board: open cases, worst first, a page at a time.

-- What is common to a few cases only: their numbers, when they are `p_most` at most; else null.
-- `p_column`: kind or stage of the case, or case_no, whose beginning is meant.
CREATE OR REPLACE FUNCTION duban.web_few_cases(p_column text, p_value text, p_most bigint)
    RETURNS text[]
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
    v_cases text[];
BEGIN
    SELECT array_agg(f.case_no) INTO v_cases
      FROM ((SELECT x.case_no FROM duban.open_case x
              WHERE p_column = 'kind' AND x.kind = p_value COLLATE "C" LIMIT p_most + 1)
             UNION ALL
            (SELECT x.case_no FROM duban.open_case x
              WHERE p_column = 'stage' AND x.stage = p_value COLLATE "C" LIMIT p_most + 1)
             UNION ALL
            (SELECT x.case_no FROM duban.open_case x
              WHERE p_column = 'case_no' AND x.case_no >= p_value COLLATE "C"
                AND x.case_no < p_value || U&'\+10FFFF' COLLATE "C" LIMIT p_most + 1)) f;
    IF cardinality(v_cases) > p_most THEN
        RETURN NULL;
    END IF;
    RETURN coalesce(v_cases, '{}');
END
$$;

-- The entries of a viewer, each as the condition of an index; none when that would be many.
CREATE OR REPLACE FUNCTION duban.web_by_codes(p_codes text[])
    RETURNS text[]
    LANGUAGE sql STABLE
AS $$
    SELECT array_agg(b.by)
      FROM duban.recipient r
     CROSS JOIN LATERAL (
           SELECT format('c.window_code = %L COLLATE "C"', r.code) AS by
            WHERE r.kind <> 'department'
            UNION ALL
           SELECT format('c.department_code = %L COLLATE "C"', r.code)
            WHERE r.kind <> 'window') b
     WHERE r.code = ANY (p_codes) AND cardinality(p_codes) <= 40
$$;

-- Where to walk, as conditions of the board's indexes, the narrowest that there is: a window, cases
-- of a rare kind or stage, items, a department, the viewer's entries, all. `cases`: those whose
-- numbers are to be looked at one by one, beside what `ways` say.
CREATE OR REPLACE FUNCTION duban.web_ways(
    p_codes text[], p_filter jsonb, p_items text[], OUT ways text[], OUT cases text[])
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_few bigint := 1000;
BEGIN
    IF p_filter ? 'window' THEN
        ways := ARRAY[format('c.window_code = %L COLLATE "C"', p_filter->>'window')];
        RETURN;
    ELSIF cardinality(p_codes) = 1 THEN
        ways := duban.web_by_codes(p_codes);
        RETURN;
    END IF;
    IF p_filter ? 'kind' THEN
        cases := duban.web_few_cases('kind', p_filter->>'kind', v_few);
    END IF;
    IF p_filter ? 'stage' AND cases IS NULL THEN
        cases := duban.web_few_cases('stage', p_filter->>'stage', v_few);
    END IF;
    IF cases IS NOT NULL THEN
        RETURN;
    ELSIF p_filter ? 'item' THEN
        ways := ARRAY[format('c.item_code = %L COLLATE "C"', p_filter->>'item')];
        RETURN;
    ELSIF cardinality(p_items) <= 40 THEN
        cases := duban.web_few_cases('case_no', p_filter->>'q', v_few);
        IF cases IS NOT NULL THEN
            ways := ARRAY(SELECT format('c.item_code = %L COLLATE "C"', i.code)
                          FROM unnest(p_items) AS i(code));
            RETURN;
        END IF;
    END IF;
    IF p_filter ? 'department' THEN
        ways := ARRAY[format('c.department_code = %L COLLATE "C"', p_filter->>'department')];
    ELSIF p_codes = '{}' THEN
        cases := '{}';
    ELSE
        ways := coalesce(duban.web_by_codes(p_codes), '{true}');
    END IF;
END
$$;

-- Clocks in the board's order, as SQL: the branches of one UNION ALL, each in order by an index, so
-- that the planner merges them without sorting; only single cases ($1) are sorted. A clock may come
-- twice, by its window and by its department.
CREATE OR REPLACE FUNCTION duban.web_walk(p_by text[], p_where text, p_scan bigint)
    RETURNS text
    LANGUAGE sql STABLE
AS $$
    WITH part AS (
        SELECT '-c.severity AS gravity, c.due_at, c.case_no, c.clock FROM duban.clock c'
               ' WHERE c.state IN (''running'', ''suspended'')' || p_where || ' AND ' AS text
    )
    SELECT format('SELECT DISTINCT u.gravity, u.due_at, u.case_no, u.clock FROM (%s) u'
                  ' ORDER BY u.gravity, u.due_at, u.case_no, u.clock LIMIT %s',
                  concat_ws(' UNION ALL ',
                      (SELECT string_agg(
                                  format('(SELECT %s%s ORDER BY -c.severity, c.due_at, c.case_no,'
                                         ' c.clock)', p.text, b.by), ' UNION ALL ')
                         FROM unnest(p_by) AS b(by)),
                      format('(SELECT * FROM (SELECT %sc.case_no = ANY ($1) OFFSET 0) c'
                             ' ORDER BY c.gravity, c.due_at, c.case_no, c.clock)', p.text)),
                  p_scan)
      FROM part p
$$;

-- The conditions on clocks (c) that the indexes of the board answer.
CREATE OR REPLACE FUNCTION duban.web_where(
    p_filter jsonb, p_after_severity bigint, p_after_due timestamptz, p_after_case text,
    p_after_clock text)
    RETURNS text
    LANGUAGE sql STABLE
AS $$
    SELECT CASE WHEN p_filter ? 'severity' -- not as `=`, which makes the planner forget the order
                THEN format(' AND -c.severity BETWEEN %1$s AND %1$s',
                            -(p_filter->>'severity')::integer) ELSE '' END
        || CASE WHEN p_after_case IS NOT NULL
                THEN format(' AND (-c.severity, c.due_at, c.case_no, c.clock)'
                            ' > (%s, %L::timestamptz, %L, %L)',
                            -p_after_severity, p_after_due, p_after_case, p_after_clock)
                ELSE '' END
$$;

-- The other conditions: on the whole clock (k) and its case (o).
CREATE OR REPLACE FUNCTION duban.web_fits(p_codes text[], p_filter jsonb)
    RETURNS text
    LANGUAGE sql STABLE
AS $$
    SELECT concat(
        CASE WHEN p_codes IS NOT NULL
             THEN ' AND (k.window_code = ANY ($4) OR k.department_code = ANY ($4))' END,
        CASE WHEN p_filter ? 'q'
             THEN ' AND (starts_with(w.case_no, $2->>''q'') OR k.item_code = ANY ($3))' END,
        CASE WHEN p_filter ? 'department' THEN ' AND k.department_code = $2->>''department''' END,
        CASE WHEN p_filter ? 'window' THEN ' AND k.window_code = $2->>''window''' END,
        CASE WHEN p_filter ? 'item' THEN ' AND k.item_code = $2->>''item''' END,
        CASE WHEN p_filter ? 'kind' THEN ' AND o.kind = $2->>''kind''' END,
        CASE WHEN p_filter ? 'stage' THEN ' AND o.stage = $2->>''stage''' END)
$$;

-- A row of the board as SQL, of clock k, case o, item i, window v and department d.
CREATE OR REPLACE FUNCTION duban.web_row()
    RETURNS text
    LANGUAGE sql IMMUTABLE
AS $$
    SELECT $sql$json_build_object(
        'case_no', k.case_no, 'clock', k.clock, 'level', k.level, 'severity', k.severity,
        'state', k.state, 'due_at', k.due_at, 'calendar_version', k.calendar_version,
        'item_code', k.item_code, 'item_name', coalesce(i.name, k.item_code),
        'kind', coalesce(o.kind, ''), 'stage', coalesce(o.stage, ''),
        'class', coalesce(o.project_class, ''), 'parent', k.parent_case_no,
        'window_code', k.window_code, 'window_name', coalesce(v.name, k.window_code),
        'department_code', k.department_code,
        'department_name', coalesce(d.name, k.department_code),
        'received_at', o.received_at, 'accepted_at', o.accepted_at,
        'suspended', k.state = 'suspended',
        'withdrawn', k.rank > 0 AND k.withdrawn_rank >= k.rank
                     AND k.withdrawn_version = k.deadline_version,
        'acknowledged', k.rank > 0 AND duban.is_acknowledged(k.case_no, k.clock,
                                                             k.deadline_version, k.rank))$sql$
$$;

-- A page of cases, each by its worst clock, and where the next page goes on (`after`, null at the
-- end). At most 2,000 clocks are looked at: where few of them fit, a page is shorter than
-- `p_limit` and still has a next one. `p_filter`: severity, department, window, item, kind, stage,
-- q (the beginning of a case's number, or a part of an item's name or code); `p_after…`: the last
-- place that was shown, null from the beginning.
CREATE OR REPLACE FUNCTION duban.web_page(
    p_codes text[], p_filter jsonb, p_after_severity bigint, p_after_due timestamptz,
    p_after_case text, p_after_clock text, p_limit bigint,
    OUT page json[], OUT after json)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET enable_sort = off SET enable_hashagg = off SET enable_incremental_sort = off
AS $$
DECLARE
    v_scan   bigint := 2000;
    v_items  text[];
    v_ways   record;
    v_places json[];
    v_walk   text;
BEGIN
    IF p_filter ? 'q' THEN
        SELECT coalesce(array_agg(i.code), '{}') INTO v_items
          FROM duban.item i
         WHERE position(lower(p_filter->>'q') IN lower(i.name)) > 0
            OR position(lower(p_filter->>'q') IN lower(i.code)) > 0;
    END IF;
    SELECT * INTO v_ways FROM duban.web_ways(p_codes, p_filter, v_items);
    v_walk := duban.web_walk(v_ways.ways, duban.web_where(p_filter, p_after_severity, p_after_due,
                                                        p_after_case, p_after_clock), v_scan);
    EXECUTE format($sql$
        SELECT array_agg(f.row), array_agg(f.place)
          FROM (SELECT %3$s AS row,
                       json_build_object('severity', -w.gravity, 'due_at', w.due_at,
                                         'case_no', w.case_no, 'clock', w.clock) AS place
                  FROM (%1$s) w
                  JOIN duban.clock k ON k.case_no = w.case_no AND k.clock = w.clock
                  LEFT JOIN LATERAL ( -- one look for each, whatever is asked of it
                       SELECT x.* FROM duban.open_case x WHERE x.case_no = w.case_no OFFSET 0) o
                    ON true
                  LEFT JOIN duban.item i ON i.code = k.item_code COLLATE "C"
                  LEFT JOIN duban.recipient v ON v.code = k.window_code COLLATE "C"
                  LEFT JOIN duban.recipient d ON d.code = k.department_code COLLATE "C"
                 WHERE k.clock <> 'selftest' %2$s
                   AND NOT EXISTS (
                       SELECT FROM duban.clock b
                        WHERE b.case_no = w.case_no AND b.state IN ('running', 'suspended')
                          AND b.clock <> 'selftest'
                          AND (-b.severity, b.due_at, b.clock) < (w.gravity, w.due_at, w.clock))
                 ORDER BY w.gravity, w.due_at, w.case_no, w.clock
                 LIMIT %4$s) f
        $sql$, v_walk, duban.web_fits(p_codes, p_filter), duban.web_row(), p_limit + 1)
       INTO page, v_places USING v_ways.cases, p_filter, v_items, p_codes;
    page := coalesce(page, '{}');
    IF cardinality(page) > p_limit THEN
        page := page[1:p_limit];
        after := v_places[p_limit];
    ELSE -- unless the walk came to its end there is more
        EXECUTE format($sql$
            SELECT json_build_object('severity', -w.gravity, 'due_at', w.due_at,
                                     'case_no', w.case_no, 'clock', w.clock)
              FROM (%s) w OFFSET %s LIMIT 1 $sql$, v_walk, v_scan - 1)
           INTO after USING v_ways.cases;
    END IF;
END
$$;

-- Open cases by the level of their worst clock, as counted ahead; of what the viewer sees, at a
-- window or department if one is given.
CREATE OR REPLACE FUNCTION duban.web_counts(p_codes text[], p_window text, p_department text)
    RETURNS json
    LANGUAGE sql STABLE
AS $$
    SELECT coalesce(json_agg(json_build_object('level', t.level, 'severity', t.severity,
                                               'cases', t.cases)
                             ORDER BY t.severity DESC, t.level), '[]')
      FROM (SELECT c.level, c.severity, sum(c.cases)::bigint AS cases
              FROM duban.web_count c
             WHERE (p_codes IS NULL OR c.window_code = ANY (p_codes)
                                    OR c.department_code = ANY (p_codes))
               AND (p_window IS NULL OR c.window_code = p_window COLLATE "C")
               AND (p_department IS NULL OR c.department_code = p_department COLLATE "C")
             GROUP BY c.level, c.severity) t
$$;

-- What the board shows. `total`: how many cases fit, where that is counted ahead: with no other
-- filter than level, window and department; else null.
CREATE OR REPLACE FUNCTION duban.web_board(
    p_who text, p_filter jsonb, p_after_severity bigint, p_after_due timestamptz,
    p_after_case text, p_after_clock text, p_limit bigint)
    RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_who    record;
    v_page   record;
    v_counts json;
BEGIN
    SELECT * INTO v_who FROM duban.web_who(p_who);
    IF v_who.role IS NULL THEN
        RETURN '{"error": "unauthorized"}';
    ELSIF v_who.role = 'wall' THEN
        RETURN '{"error": "forbidden"}';
    END IF;
    SELECT * INTO v_page
      FROM duban.web_page(v_who.codes, p_filter, p_after_severity, p_after_due, p_after_case,
                          p_after_clock, least(p_limit, 200));
    v_counts := duban.web_counts(v_who.codes, p_filter->>'window', p_filter->>'department');
    RETURN json_build_object(
        'now', duban.now(), 'counts', v_counts,
        'counted_at', (SELECT t.at FROM duban.web_counted t),
        'total', CASE WHEN NOT p_filter ?| ARRAY['q', 'item', 'kind', 'stage'] THEN (
                     SELECT coalesce(sum((c->>'cases')::bigint), 0)
                       FROM json_array_elements(v_counts) c
                      WHERE NOT p_filter ? 'severity' OR c->>'severity' = p_filter->>'severity') END,
        'rows', array_to_json(v_page.page), 'next', v_page.after);
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
    SELECT * INTO v_page
      FROM duban.web_page(v_who.codes, '{}', p_after_severity, p_after_due, p_after_case,
                          p_after_clock, least(p_limit, 200));
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

-- Counts ahead, at most every `p_least_ms`, and so seldom that it takes a twentieth of the time.
-- One at a time. `p_offset_s`: of local time. Returns how long to wait until the next look, in
-- milliseconds. Rows are only written where a figure has changed.
CREATE OR REPLACE FUNCTION duban.web_count_refresh(p_least_ms bigint, p_offset_s bigint)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_hashagg = off SET enable_sort = off SET enable_bitmapscan = off
AS $$
DECLARE
    v_begun timestamptz := clock_timestamp();
    v_took  bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(1685414244, 0) THEN
        RETURN p_least_ms;
    END IF;
    WITH worst AS ( -- window and department are the case's, the same for all of its clocks
        SELECT min(c.window_code) AS window_code, min(c.department_code) AS department_code,
               max(c.severity) AS severity
          FROM duban.clock c
         WHERE c.state IN ('running', 'suspended') AND c.clock <> 'selftest'
         GROUP BY c.case_no
    ), summed AS MATERIALIZED (
        SELECT w.window_code, w.department_code, w.severity, count(*) AS cases
          FROM worst w GROUP BY 1, 2, 3
    ), named AS MATERIALIZED (
        SELECT s.severity, (SELECT c.level FROM duban.clock c
                             WHERE c.state IN ('running', 'suspended')
                               AND -c.severity = -s.severity LIMIT 1) AS level
          FROM (SELECT DISTINCT severity FROM summed) s
    ), counted AS MATERIALIZED (
        SELECT s.window_code, s.department_code, n.level, s.severity, s.cases
          FROM summed s JOIN named n USING (severity)
    ), gone AS (
        DELETE FROM duban.web_count o
         WHERE NOT EXISTS (SELECT FROM counted c
                            WHERE c.window_code = o.window_code COLLATE "C"
                              AND c.department_code = o.department_code COLLATE "C"
                              AND c.level = o.level COLLATE "C" AND c.severity = o.severity)
    )
    INSERT INTO duban.web_count AS o (window_code, department_code, level, severity, cases)
    SELECT c.window_code, c.department_code, c.level, c.severity, c.cases FROM counted c
        ON CONFLICT (window_code, department_code, level, severity) DO UPDATE
       SET cases = excluded.cases WHERE o.cases <> excluded.cases;

    WITH counted AS MATERIALIZED (
        SELECT c.window_code, c.department_code,
               (c.due_at AT TIME ZONE 'UTC' + p_offset_s * interval '1 second')::date AS day,
               count(*) AS cases
          FROM duban.clock c
         WHERE c.state = 'running' AND c.clock = 'completion'
           AND c.due_at >= duban.now() - interval '1 day'
           AND c.due_at < duban.now() + interval '62 days'
         GROUP BY 1, 2, 3
    ), gone AS (
        DELETE FROM duban.web_due o
         WHERE NOT EXISTS (SELECT FROM counted c
                            WHERE c.window_code = o.window_code COLLATE "C"
                              AND c.department_code = o.department_code COLLATE "C"
                              AND c.day = o.day)
    )
    INSERT INTO duban.web_due AS o (window_code, department_code, day, cases)
    SELECT c.window_code, c.department_code, c.day, c.cases FROM counted c
        ON CONFLICT (window_code, department_code, day) DO UPDATE
       SET cases = excluded.cases WHERE o.cases <> excluded.cases;
    v_took := ceil(extract(epoch FROM clock_timestamp() - v_begun) * 1000);
    UPDATE duban.web_counted SET at = duban.now(), took_ms = v_took;
    RETURN greatest(p_least_ms, 20 * v_took);
END
$$;
