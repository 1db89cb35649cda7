-- The board: open cases, worst first, a page at a time.

-- What can be filtered by (duban.board_mix), of what a viewer sees; `p_items`: with a text, the items
-- that it means. Whatever level.
CREATE OR REPLACE FUNCTION duban.web_mix(p_codes text[], p_filter jsonb, p_items text[])
    RETURNS SETOF duban.board_mix
    LANGUAGE sql STABLE
AS $$
    SELECT m.*
      FROM duban.board_mix m
     WHERE m.cases <> 0
       AND (p_codes IS NULL OR m.window_code = ANY (p_codes) OR m.department_code = ANY (p_codes))
       AND (p_filter->>'window' IS NULL OR m.window_code = p_filter->>'window')
       AND (p_filter->>'department' IS NULL OR m.department_code = p_filter->>'department')
       AND (p_filter->>'item' IS NULL OR m.item_code = p_filter->>'item')
       AND (p_filter->>'kind' IS NULL OR m.kind = p_filter->>'kind')
       AND (p_filter->>'stage' IS NULL OR m.stage = p_filter->>'stage')
       AND (p_filter->>'q' IS NULL OR m.item_code = ANY (p_items))
$$;

-- How many cases fit, by level, as far as windows and departments go.
CREATE OR REPLACE FUNCTION duban.web_count(p_codes text[], p_window text, p_department text)
    RETURNS SETOF duban.board_count
    LANGUAGE sql STABLE
AS $$
    SELECT c.*
      FROM duban.board_count c
     WHERE c.cases <> 0
       AND (p_codes IS NULL OR c.window_code = ANY (p_codes) OR c.department_code = ANY (p_codes))
       AND (p_window IS NULL OR c.window_code = p_window)
       AND (p_department IS NULL OR c.department_code = p_department)
$$;

-- The narrowest way through the board's indexes to few cases among many: by the windows, departments,
-- items or kinds and stages that they have: of board_case (b) the columns that an index begins with,
-- and their values ('b.kind, b.stage = VALUE, VALUE'); null where each would be many. At most 40, since
-- each is a branch of the plan.
CREATE OR REPLACE FUNCTION duban.web_narrow(p_codes text[], p_filter jsonb, p_items text[])
    RETURNS text[]
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
DECLARE
    v_most bigint := 40;
    v_ways text[];
BEGIN
    WITH fit AS MATERIALIZED (
        SELECT m.window_code, m.department_code, m.item_code, m.kind, m.stage
          FROM duban.web_mix(p_codes, p_filter, p_items) m
    ), way AS (
        (SELECT 1 AS sort, format('b.window_code = %L', f.window_code) AS way, f.window_code AS code,
                '' AS more FROM fit f GROUP BY f.window_code LIMIT v_most + 1)
        UNION ALL
        (SELECT 2, format('b.department_code = %L', f.department_code), f.department_code, ''
           FROM fit f GROUP BY f.department_code LIMIT v_most + 1)
        UNION ALL
        (SELECT 3, format('b.item_code = %L', f.item_code), f.item_code, ''
           FROM fit f GROUP BY f.item_code LIMIT v_most + 1)
        UNION ALL
        (SELECT 4, format('b.kind, b.stage = %L, %L', f.kind, f.stage), f.kind, f.stage
           FROM fit f GROUP BY f.kind, f.stage LIMIT v_most + 1)
    ), few AS (
        SELECT w.sort, array_agg(w.way) AS ways, array_agg(w.code) AS codes,
               array_agg(w.more) AS more
          FROM way w GROUP BY w.sort HAVING count(*) <= v_most
    )
    SELECT f.ways INTO v_ways
      FROM few f
     ORDER BY CASE f.sort
              WHEN 1 THEN (SELECT sum(c.cases) FROM duban.board_count c
                            WHERE c.window_code = ANY (f.codes))
              WHEN 2 THEN (SELECT sum(c.cases) FROM duban.board_count c
                            WHERE c.department_code = ANY (f.codes))
              WHEN 3 THEN (SELECT sum(m.cases) FROM duban.board_mix m
                            WHERE m.item_code = ANY (f.codes))
              ELSE (SELECT sum(m.cases) FROM duban.board_mix m
                     WHERE (m.kind, m.stage) IN (SELECT * FROM unnest(f.codes, f.more)))
              END, cardinality(f.ways), f.sort
     LIMIT 1;
    RETURN v_ways;
END
$$;

-- How many cases' numbers begin with a text, counted up to `p_most`.
CREATE OR REPLACE FUNCTION duban.web_numbers(p_text text, p_most bigint)
    RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
BEGIN
    RETURN (SELECT count(*)
              FROM (SELECT FROM duban.board_case b
                     WHERE b.case_no >= p_text AND b.case_no < p_text || U&'\+10FFFF'
                     LIMIT p_most) n);
END
$$;

-- The same to all cases that a viewer sees, by the figures of windows and departments alone.
CREATE OR REPLACE FUNCTION duban.web_part(p_codes text[])
    RETURNS text[]
    LANGUAGE sql STABLE
AS $$
    WITH fit AS MATERIALIZED (
        SELECT c.window_code, c.department_code FROM duban.web_count(p_codes, NULL, NULL) c
         GROUP BY 1, 2
    ), way AS (
        SELECT format('b.window_code = %L', f.window_code) AS way,
               (SELECT sum(c.cases) FROM duban.board_count c
                 WHERE c.window_code = f.window_code) AS cases, 1 AS sort
          FROM fit f GROUP BY f.window_code
        UNION ALL
        SELECT format('b.department_code = %L', f.department_code),
               (SELECT sum(c.cases) FROM duban.board_count c
                 WHERE c.department_code = f.department_code), 2
          FROM fit f GROUP BY f.department_code
    )
    SELECT w.ways
      FROM (SELECT array_agg(y.way) AS ways, sum(y.cases) AS cases, y.sort
              FROM way y GROUP BY y.sort HAVING count(*) <= 40) w
     ORDER BY w.cases, cardinality(w.ways), w.sort LIMIT 1
$$;

-- How to find a page of `p_limit` among at most `p_scan` cases: `ways`, as
-- duban.web_narrow has them ('true': all), merged in order; `by_number`: with those, beside them,
-- whose numbers begin with the text, which are few. `total`: how many fit; with a text null, unless
-- none can. A way on which a case in eighty fits, or that is short, is good enough; else a narrower
-- one is looked for.
CREATE OR REPLACE FUNCTION duban.web_plan(
    p_codes text[], p_filter jsonb, p_items text[], p_limit bigint, p_scan bigint,
    OUT ways text[], OUT by_number boolean, OUT total bigint)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
DECLARE
    v_gravity integer := -(p_filter->>'severity')::integer;
    v_few     bigint := p_scan / 4;
    v_walked  bigint;
    v_fit     bigint;
    v_numbers bigint;
BEGIN
    by_number := false;
    ways := CASE WHEN p_filter ? 'window'
                 THEN ARRAY[format('b.window_code = %L', p_filter->>'window')]
                 WHEN p_codes IS NOT NULL THEN duban.web_part(p_codes)
                 WHEN p_filter ? 'department'
                 THEN ARRAY[format('b.department_code = %L', p_filter->>'department')] END;
    ways := coalesce(ways, '{true}');
    SELECT coalesce(sum(c.cases), 0),
           coalesce(sum(c.cases) FILTER (WHERE v_gravity IS NULL OR c.gravity = v_gravity), 0)
      INTO v_walked, total
      FROM duban.web_count(p_codes, p_filter->>'window', p_filter->>'department') c;
    IF v_walked = 0 OR NOT p_filter ?| ARRAY['item', 'kind', 'stage', 'q'] THEN
        ways := CASE WHEN v_walked = 0 THEN '{}' ELSE ways END;
        RETURN;
    END IF;
    SELECT coalesce(sum(m.cases), 0),
           coalesce(sum(m.cases) FILTER (WHERE v_gravity IS NULL OR m.gravity = v_gravity), 0)
      INTO v_fit, total
      FROM duban.web_mix(p_codes, p_filter, p_items) m;
    IF p_filter ? 'q' THEN
        total := NULL;
        v_numbers := duban.web_numbers(p_filter->>'q', v_few + 1);
    END IF;
    IF v_numbers > 0 AND v_walked <= v_few OR v_numbers > v_few THEN
        RETURN; -- they are met on the way
    END IF;
    by_number := coalesce(v_numbers > 0, false);
    IF v_fit = 0 THEN
        ways := '{}';
    ELSIF v_walked > v_few AND v_fit * p_scan < v_walked * p_limit * 5 THEN
        ways := coalesce(duban.web_narrow(p_codes, p_filter, p_items), ways);
    END IF;
END
$$;

-- Cases in the board's order, as SQL: the branches of one UNION ALL, each in order by an index, so
-- that the planner merges them without sorting; only those found by their numbers are sorted.
-- `p_after`: the place to go on from. It is compared together with the way's columns, and apart from
-- numbers: alone it looks so selective, where no worse level is, that the planner would take it to the
-- index of all cases.
CREATE OR REPLACE FUNCTION duban.web_walk(
    p_ways text[], p_number text, p_level text, p_after text, p_scan bigint)
    RETURNS text
    LANGUAGE sql STABLE
AS $$
    SELECT format('SELECT * FROM (%s) w ORDER BY w.gravity, w.due_at, w.case_no LIMIT %s',
                  coalesce(string_agg(b.branch, ' UNION ALL '),
                           'SELECT false AS by_number, b.* FROM duban.board_case b WHERE false'),
                  p_scan)
      FROM (SELECT format('(SELECT false AS by_number, b.* FROM duban.board_case b WHERE %s%s%s'
                          ' ORDER BY b.gravity, b.due_at, b.case_no)',
                          coalesce('(' || w.keys || ') = (' || w.codes || ')', 'true'), p_level,
                          ' AND (' || coalesce(w.keys || ', ', '')
                          || 'b.gravity, b.due_at, b.case_no) > (' || coalesce(w.codes || ', ', '')
                          || p_after || ')') AS branch
              FROM (SELECT substring(x.way FROM '^(.*?) = ') AS keys,
                           substring(x.way FROM '^.*? = (.*)$') AS codes
                      FROM unnest(p_ways) AS x(way)) w
             UNION ALL
            SELECT format('(SELECT * FROM (SELECT true AS by_number, b.* FROM duban.board_case b'
                          ' WHERE b.case_no >= %L AND b.case_no < %L OFFSET 0) b WHERE true%s%s'
                          ' ORDER BY b.gravity, b.due_at, b.case_no)',
                          p_number, p_number || U&'\+10FFFF', p_level,
                          ' AND (b.gravity, b.due_at, b.case_no) > (' || p_after || ')')
             WHERE p_number IS NOT NULL) b
$$;

-- The other conditions: on a case of the walk (w).
CREATE OR REPLACE FUNCTION duban.web_fits(p_codes text[], p_filter jsonb, p_by_number boolean)
    RETURNS text
    LANGUAGE sql STABLE
AS $$
    SELECT concat('true',
        CASE WHEN p_codes IS NOT NULL
             THEN ' AND (w.window_code = ANY ($3) OR w.department_code = ANY ($3))' END,
        CASE WHEN p_filter ? 'q' AND p_by_number -- each case by one way only
             THEN ' AND w.by_number <> (w.item_code = ANY ($2))'
             WHEN p_filter ? 'q'
             THEN ' AND (starts_with(w.case_no, $1->>''q'') OR w.item_code = ANY ($2))' END,
        CASE WHEN p_filter ? 'department' THEN ' AND w.department_code = $1->>''department''' END,
        CASE WHEN p_filter ? 'window' THEN ' AND w.window_code = $1->>''window''' END,
        CASE WHEN p_filter ? 'item' THEN ' AND w.item_code = $1->>''item''' END,
        CASE WHEN p_filter ? 'kind' THEN ' AND w.kind = $1->>''kind''' END,
        CASE WHEN p_filter ? 'stage' THEN ' AND w.stage = $1->>''stage''' END)
$$;

-- A row of the board as SQL, of case w, its clock k and facts o, item i, window v and department d.
CREATE OR REPLACE FUNCTION duban.web_row()
    RETURNS text
    LANGUAGE sql IMMUTABLE
AS $$
    SELECT $sql$json_build_object(
        'case_no', w.case_no, 'clock', w.clock, 'level', w.level, 'severity', -w.gravity,
        'state', CASE WHEN w.running THEN 'running' ELSE 'suspended' END, 'due_at', w.due_at,
        'calendar_version', k.calendar_version,
        'item_code', w.item_code, 'item_name', coalesce(i.name, w.item_code),
        'kind', w.kind, 'stage', w.stage, 'class', coalesce(o.project_class, ''),
        'parent', k.parent_case_no,
        'window_code', w.window_code, 'window_name', coalesce(v.name, w.window_code),
        'department_code', w.department_code,
        'department_name', coalesce(d.name, w.department_code),
        'received_at', o.received_at, 'accepted_at', o.accepted_at, 'suspended', NOT w.running,
        'withdrawn', k.rank > 0 AND k.withdrawn_rank >= k.rank
                     AND k.withdrawn_version = k.deadline_version,
        'acknowledged', k.rank > 0 AND duban.is_acknowledged(k.case_no, k.clock,
                                                             k.deadline_version, k.rank))$sql$
$$;

-- A page of cases, each by its worst clock, how many there are (duban.web_plan), and where the next
-- page goes on (`after`, null at the end). Filters that fit few cases are followed by a narrow index;
-- still at most 20,000 are looked at, so that a page may be shorter than `p_limit` and have a next
-- one. `p_filter`: severity, department, window, item, kind, stage, q (the beginning of a case's
-- number, or a part of an item's name or code); `p_after…`: the last place that was shown, null from
-- the beginning.
CREATE OR REPLACE FUNCTION duban.web_page(
    p_codes text[], p_filter jsonb, p_after_severity bigint, p_after_due timestamptz,
    p_after_case text, p_limit bigint, OUT page json[], OUT after json, OUT total bigint)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET enable_sort = off SET enable_hashagg = off SET enable_incremental_sort = off
AS $$
DECLARE
    v_scan   bigint := 20000;
    v_items  text[];
    v_plan   record;
    v_places json[];
    v_walk   text;
BEGIN
    IF p_filter ? 'q' THEN
        SELECT coalesce(array_agg(i.code), '{}') INTO v_items
          FROM duban.item i
         WHERE position(lower(p_filter->>'q') IN lower(i.name)) > 0
            OR position(lower(p_filter->>'q') IN lower(i.code)) > 0;
    END IF;
    SELECT * INTO v_plan FROM duban.web_plan(p_codes, p_filter, v_items, p_limit, v_scan);
    total := v_plan.total;
    v_walk := duban.web_walk(
        v_plan.ways, CASE WHEN v_plan.by_number THEN p_filter->>'q' END,
        CASE WHEN p_filter ? 'severity' -- not as `=`, which makes the planner forget the order
             THEN format(' AND b.gravity BETWEEN %1$s AND %1$s', -(p_filter->>'severity')::integer)
             END,
        CASE WHEN p_after_case IS NOT NULL
             THEN format('%s, %L::timestamptz, %L', -p_after_severity, p_after_due, p_after_case)
             END, v_scan);
    EXECUTE format($sql$
        SELECT array_agg(%3$s ORDER BY w.gravity, w.due_at, w.case_no)
                   FILTER (WHERE w.number <= %4$s AND k.state IN ('running', 'suspended')),
               array_agg(json_build_object('severity', -w.gravity, 'due_at', w.due_at,
                                           'case_no', w.case_no, 'clock', w.clock)
                         ORDER BY w.gravity, w.due_at, w.case_no)
          FROM (SELECT w.*, row_number() OVER (ORDER BY w.gravity, w.due_at, w.case_no) AS number
                  FROM (SELECT w.* FROM (%1$s) w WHERE %2$s
                         ORDER BY w.gravity, w.due_at, w.case_no LIMIT %4$s + 1) w) w
          LEFT JOIN duban.clock k ON k.case_no = w.case_no AND k.clock = w.clock
          LEFT JOIN duban.open_case o ON o.case_no = w.case_no
          LEFT JOIN duban.item i ON i.code = w.item_code
          LEFT JOIN duban.recipient v ON v.code = w.window_code
          LEFT JOIN duban.recipient d ON d.code = w.department_code
        $sql$, v_walk, duban.web_fits(p_codes, p_filter, v_plan.by_number), duban.web_row(), p_limit)
       INTO page, v_places USING p_filter, v_items, p_codes;
    page := coalesce(page, '{}');
    IF cardinality(v_places) > p_limit THEN
        after := v_places[p_limit];
    ELSIF v_plan.ways <> '{}' OR v_plan.by_number THEN -- there is more where the walk was cut off
        EXECUTE format($sql$
            SELECT json_build_object('severity', -w.gravity, 'due_at', w.due_at,
                                     'case_no', w.case_no, 'clock', w.clock)
              FROM (%s) w OFFSET %s LIMIT 1 $sql$, v_walk, v_scan - 1)
           INTO after;
    END IF;
END
$$;
