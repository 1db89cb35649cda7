-- The role that duban reads the approval system with: it sees one view.
--
-- A view reads its tables with its owner's rights, so the role needs none on
-- them. It has no password here: give it one, or a line in pg_hba.conf.

DO
$$
BEGIN
    CREATE ROLE duban_source LOGIN;
EXCEPTION
    -- There already, or just made by another session.
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

ALTER ROLE duban_source SET default_transaction_read_only = on;
-- Each page is read in the order of an index. Open cases are the recent ones, which
-- the planner doesn't know: it takes them for few and would sort all that are left.
ALTER ROLE duban_source SET enable_sort = off;
-- A guest takes no parallel workers from the approval system's own work: its pages
-- are small, and starting workers for them costs more than it saves.
ALTER ROLE duban_source SET max_parallel_workers_per_gather = 0;
REVOKE ALL ON ALL TABLES IN SCHEMA approval FROM duban_source;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA approval FROM PUBLIC;
GRANT USAGE ON SCHEMA approval TO duban_source;
GRANT SELECT ON approval.duban_case TO duban_source;
