-- The facts of open cases that a board shows.

-- Writes what intake has read of a page's cases: only what is new or has changed, so that reading
-- again costs no write. A case that duban sees for the first time when it has ended isn't taken.
-- Those that ended more than `p_keep` ago are removed, a few at each call. Where no duban-web runs,
-- this brings the board up to date once a day, lest its news grow without end.
CREATE OR REPLACE FUNCTION duban.open_case_write(
    p_now timestamptz, p_keep interval, p_case text[], p_item text[], p_item_name text[],
    p_kind text[], p_stage text[], p_status text[], p_class text[], p_parent text[],
    p_received timestamptz[], p_accepted timestamptz[])
    RETURNS bigint
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    v_written bigint;
BEGIN
    INSERT INTO duban.item AS i (code, name)
    SELECT DISTINCT ON (f.code COLLATE "C") f.code, f.name
      FROM unnest(p_item, p_item_name) WITH ORDINALITY AS f(code, name, place)
     WHERE f.name IS DISTINCT FROM
           (SELECT o.name FROM duban.item o WHERE o.code = f.code COLLATE "C")
     ORDER BY f.code COLLATE "C", f.place DESC
        ON CONFLICT (code) DO UPDATE SET name = excluded.name WHERE i.name <> excluded.name;

    WITH fresh AS MATERIALIZED (
        SELECT DISTINCT ON (f.case_no COLLATE "C") f.*,
               CASE WHEN f.status NOT IN ('open', 'suspended') THEN p_now END AS ended_at
          FROM unnest(p_case, p_item, p_kind, p_stage, p_status, p_class, p_parent, p_received,
                      p_accepted) WITH ORDINALITY
               AS f(case_no, item_code, kind, stage, status, project_class, parent, received_at,
                    accepted_at, place)
         ORDER BY f.case_no COLLATE "C", f.place DESC
    ), news AS MATERIALIZED (
        SELECT f.*
          FROM fresh f
          LEFT JOIN duban.open_case o ON o.case_no = f.case_no COLLATE "C"
         WHERE CASE WHEN o.case_no IS NULL THEN f.ended_at IS NULL
                    ELSE (o.item_code, o.kind, o.stage, o.status, o.project_class,
                          o.parent_case_no, o.received_at, o.accepted_at)
                         IS DISTINCT FROM
                         (f.item_code COLLATE "C", f.kind COLLATE "C", f.stage COLLATE "C",
                          f.status, f.project_class, f.parent COLLATE "C", f.received_at,
                          f.accepted_at) END
    ), written AS (
        INSERT INTO duban.open_case AS o
               (case_no, item_code, kind, stage, status, project_class, parent_case_no,
                received_at, accepted_at, ended_at)
        SELECT n.case_no, n.item_code, n.kind, n.stage, n.status, n.project_class, n.parent,
               n.received_at, n.accepted_at, n.ended_at
          FROM news n
            ON CONFLICT (case_no) DO UPDATE
           SET item_code = excluded.item_code, kind = excluded.kind, stage = excluded.stage,
               status = excluded.status, project_class = excluded.project_class,
               parent_case_no = excluded.parent_case_no, received_at = excluded.received_at,
               accepted_at = excluded.accepted_at,
               ended_at = CASE WHEN excluded.ended_at IS NOT NULL
                               THEN coalesce(o.ended_at, excluded.ended_at) END
        RETURNING o.case_no
    ), noted AS (
        INSERT INTO duban.board_news (cases)
        SELECT w.cases FROM (SELECT array_agg(x.case_no) AS cases FROM written x) w
         WHERE w.cases IS NOT NULL
    )
    SELECT count(*) INTO v_written FROM written;
    IF duban.board_waits() < p_now - interval '1 day' THEN
        PERFORM duban.web_fold(2000);
    END IF;

    DELETE FROM duban.open_case o
     WHERE o.case_no = ANY (ARRAY(SELECT e.case_no FROM duban.open_case e
                                   WHERE e.ended_at < p_now - p_keep
                                   ORDER BY e.ended_at LIMIT 200));
    RETURN v_written;
END
$$;
