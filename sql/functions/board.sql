-- How the board's table and figures follow the clocks. Whoever writes clocks or facts notes, once a
-- statement, which cases it has touched; duban.web_fold looks at those and adjusts. It alone writes
-- the board's tables, so figures can't drift: what is added for a case is what is taken away later.

-- Transition tables: of a statement, not of each row.
CREATE OR REPLACE FUNCTION duban.board_note() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    v_cases text[];
    v_page  integer; -- of a large statement, so that each can be followed at a glance
BEGIN
    SELECT array_agg(t.case_no) INTO v_cases FROM touched t;
    v_page := greatest(500, cardinality(v_cases) / 100);
    FOR v_first IN 1 .. coalesce(cardinality(v_cases), 0) BY v_page LOOP
        INSERT INTO duban.board_news (cases) VALUES (v_cases[v_first:v_first + v_page - 1]);
    END LOOP;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER board_insert AFTER INSERT ON duban.clock
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION duban.board_note();
CREATE OR REPLACE TRIGGER board_update AFTER UPDATE ON duban.clock
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION duban.board_note();
CREATE OR REPLACE TRIGGER board_delete AFTER DELETE ON duban.clock
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION duban.board_note();

-- Takes news away, the oldest first, of about `p_most` cases and at least one row, and returns their
-- cases. Never more than the oldest 1,000 rows.
CREATE OR REPLACE FUNCTION duban.board_take(p_most bigint)
    RETURNS text[]
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
DECLARE
    v_floor xid8;
    v_sure  xid8 := pg_snapshot_xmin(pg_current_snapshot()); -- before the look: all below has ended
    v_last  xid8;
    v_rows  bigint;
    v_cases text[];
BEGIN
    SELECT CASE WHEN f.floor > pg_snapshot_xmax(pg_current_snapshot()) -- restored elsewhere
                THEN '0' ELSE f.floor END INTO v_floor FROM duban.board_fold f;
    WITH oldest AS MATERIALIZED (
        SELECT n.xid, n.id, n.size FROM duban.board_news n
         WHERE n.xid >= v_floor ORDER BY n.xid, n.id LIMIT 1000
    ), taken AS MATERIALIZED (
        SELECT o.xid, o.id
          FROM (SELECT x.*, sum(x.size) OVER (ORDER BY x.xid, x.id) - x.size AS before
                  FROM oldest x) o
         WHERE o.before < p_most
    ), gone AS (
        DELETE FROM duban.board_news n USING taken t WHERE n.xid = t.xid AND n.id = t.id
        RETURNING n.xid, n.cases
    )
    SELECT count(*), array_agg(u.case_no), (SELECT t.xid FROM taken t ORDER BY t.xid DESC LIMIT 1)
      INTO v_rows, v_cases, v_last
      FROM gone g CROSS JOIN LATERAL unnest(g.cases) AS u(case_no);
    IF v_last IS NOT NULL THEN
        UPDATE duban.board_fold SET floor = CASE WHEN v_last < v_sure THEN v_last ELSE v_sure END;
    END IF;
    RETURN v_cases;
END
$$;

-- Brings the board up to date with what has happened to about `p_most` cases. Returns how many it
-- looked at: 0 when nothing waits; null when another is at it. All of it or nothing: what dies in the
-- middle has taken no news away.
CREATE OR REPLACE FUNCTION duban.web_fold(p_most bigint)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_cases text[];
BEGIN
    IF duban.board_waits() IS NULL THEN
        RETURN 0;
    ELSIF NOT pg_try_advisory_xact_lock(1685414244, 0) THEN
        RETURN NULL;
    END IF;
    v_cases := duban.board_take(p_most);
    IF v_cases IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM duban.board_adjust(v_cases);
    IF duban.board_waits() IS NULL THEN
        UPDATE duban.board_fold SET at = duban.now();
        PERFORM duban.board_sweep();
    END IF;
    RETURN cardinality(v_cases);
END
$$;

-- What waits for duban.web_fold: since when (null: nothing does), and how many cases the oldest
-- `p_most` notes are of.
CREATE OR REPLACE FUNCTION duban.board_backlog(p_most bigint, OUT since timestamptz, OUT cases bigint)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
DECLARE
    v_floor xid8;
BEGIN
    SELECT CASE WHEN f.floor > pg_snapshot_xmax(pg_current_snapshot()) -- restored elsewhere
                THEN '0' ELSE f.floor END INTO v_floor FROM duban.board_fold f;
    SELECT (array_agg(o.at))[1], coalesce(sum(o.size), 0) INTO since, cases
      FROM (SELECT n.at, n.size FROM duban.board_news n
             WHERE n.xid >= v_floor ORDER BY n.xid, n.id LIMIT p_most) o;
END
$$;
CREATE OR REPLACE FUNCTION duban.board_waits() RETURNS timestamptz
    LANGUAGE sql
    AS $$ SELECT b.since FROM duban.board_backlog(1) b $$;

-- Before an answer: what has just happened is in it, but nobody is kept waiting for thousands of cases,
-- which duban-web follows in the background; and for another that is at it a fifth of a second at most.
CREATE OR REPLACE FUNCTION duban.board_freshen() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    IF (SELECT b.cases BETWEEN 1 AND 1500 FROM duban.board_backlog(500) b) THEN
        FOR v_look IN 1 .. 40 LOOP
            EXIT WHEN duban.web_fold(1500) IS NOT NULL;
            PERFORM pg_sleep(0.005);
        END LOOP;
    END IF;
END
$$;

-- Removes figures of nothing, once an hour.
CREATE OR REPLACE FUNCTION duban.board_sweep()
    RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE duban.board_fold f SET swept_at = duban.now()
     WHERE f.swept_at IS NULL OR f.swept_at < duban.now() - interval '1 hour';
    IF FOUND THEN
        DELETE FROM duban.board_count c WHERE c.cases = 0;
        DELETE FROM duban.board_mix m WHERE m.cases = 0;
        DELETE FROM duban.board_due d WHERE d.cases = 0 AND d.completions = 0;
    END IF;
END
$$;

-- Cases as they are now, written where they differ from the board's rows.
CREATE OR REPLACE FUNCTION duban.board_adjust(p_cases text[])
    RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    v_steps duban.board_step[];
BEGIN
    WITH touched AS MATERIALIZED (
        SELECT DISTINCT u.case_no COLLATE "C" AS case_no FROM unnest(p_cases) AS u(case_no)
         ORDER BY 1
    ), fresh AS MATERIALIZED (
        SELECT t.case_no, w.clock, w.level, w.gravity, w.due_at, w.running, d.due_at AS completion_due,
               w.window_code, w.department_code, w.item_code,
               coalesce(o.kind, '') COLLATE "C" AS kind, coalesce(o.stage, '') COLLATE "C" AS stage
          FROM touched t
         CROSS JOIN LATERAL (
               SELECT c.clock, c.due_at, c.state = 'running' AS running,
                      c.window_code COLLATE "C" AS window_code,
                      c.department_code COLLATE "C" AS department_code,
                      c.item_code COLLATE "C" AS item_code,
                      CASE WHEN b.back THEN 'normal' ELSE c.level END COLLATE "C" AS level,
                      (CASE WHEN b.back THEN 0 ELSE -c.severity END)::smallint AS gravity
                 FROM duban.clock c
                CROSS JOIN LATERAL (SELECT c.withdrawn_version = c.raised_version
                                           AND c.withdrawn_rank >= c.rank AS back) b
                WHERE c.case_no = t.case_no AND c.state IN ('running', 'suspended')
                  AND c.clock <> 'selftest'
                ORDER BY gravity, c.due_at, c.clock LIMIT 1) w
          LEFT JOIN LATERAL (SELECT x.kind, x.stage FROM duban.open_case x
                              WHERE x.case_no = t.case_no OFFSET 0) o ON true
          LEFT JOIN LATERAL (SELECT x.due_at FROM duban.clock x
                              WHERE x.case_no = t.case_no AND x.clock = 'completion'
                                AND x.state = 'running' OFFSET 0) d ON true
    ), old AS MATERIALIZED (
        SELECT b.* FROM touched t
         CROSS JOIN LATERAL (SELECT x.* FROM duban.board_case x
                              WHERE x.case_no = t.case_no OFFSET 0) b
    ), step AS MATERIALIZED (
        SELECT 1 AS n, f.* FROM (SELECT * FROM fresh EXCEPT SELECT * FROM old) f
         UNION ALL
        SELECT -1, o.* FROM (SELECT * FROM old EXCEPT SELECT * FROM fresh) o
    ), gone AS (
        DELETE FROM duban.board_case b
         WHERE b.case_no = ANY (ARRAY(SELECT o.case_no FROM old o
                                      EXCEPT SELECT f.case_no FROM fresh f))
    ), written AS (
        INSERT INTO duban.board_case AS b
        SELECT s.case_no, s.clock, s.level, s.gravity, s.due_at, s.running, s.completion_due,
               s.window_code, s.department_code, s.item_code, s.kind, s.stage
          FROM step s WHERE s.n > 0 ORDER BY s.case_no
            ON CONFLICT (case_no) DO UPDATE
           SET clock = excluded.clock, level = excluded.level, gravity = excluded.gravity,
               due_at = excluded.due_at, running = excluded.running,
               completion_due = excluded.completion_due, window_code = excluded.window_code,
               department_code = excluded.department_code, item_code = excluded.item_code,
               kind = excluded.kind, stage = excluded.stage
    )
    SELECT array_agg((s.n, s.level, s.gravity, s.window_code, s.department_code, s.item_code, s.kind,
                      s.stage, CASE WHEN s.running THEN s.due_at END, s.completion_due)
                     ::duban.board_step)
      INTO v_steps FROM step s;
    PERFORM duban.board_count_steps(v_steps);
END
$$;

-- Adds steps up, into figures.
CREATE OR REPLACE FUNCTION duban.board_count_steps(p_steps duban.board_step[])
    RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
BEGIN
    INSERT INTO duban.board_count AS c
    SELECT s.window_code, s.department_code, s.level, s.gravity, sum(s.n)
      FROM unnest(p_steps) s GROUP BY 1, 2, 3, 4 HAVING sum(s.n) <> 0
        ON CONFLICT (window_code, department_code, level, gravity) DO UPDATE
       SET cases = c.cases + excluded.cases;
    INSERT INTO duban.board_mix AS m
    SELECT s.window_code, s.item_code, s.department_code, s.kind, s.stage, s.gravity, sum(s.n)
      FROM unnest(p_steps) s GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(s.n) <> 0
        ON CONFLICT (window_code, item_code, department_code, kind, stage, gravity) DO UPDATE
       SET cases = m.cases + excluded.cases;
    INSERT INTO duban.board_due AS d
    SELECT date_bin('15 minutes', u.at, timestamptz '2000-01-01 00:00Z'), s.window_code,
           s.department_code, sum(u.cases), sum(u.completions)
      FROM unnest(p_steps) s
     CROSS JOIN LATERAL (VALUES (s.due_at, s.n, 0), (s.completion_due, 0, s.n))
           AS u(at, cases, completions)
     WHERE u.at IS NOT NULL
     GROUP BY 1, 2, 3 HAVING sum(u.cases) <> 0 OR sum(u.completions) <> 0
        ON CONFLICT (quarter, window_code, department_code) DO UPDATE
       SET cases = d.cases + excluded.cases, completions = d.completions + excluded.completions;
END
$$;
