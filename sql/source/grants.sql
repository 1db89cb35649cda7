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
REVOKE ALL ON ALL TABLES IN SCHEMA approval FROM duban_source;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA approval FROM PUBLIC;
GRANT USAGE ON SCHEMA approval TO duban_source;
GRANT SELECT ON approval.duban_case TO duban_source;
