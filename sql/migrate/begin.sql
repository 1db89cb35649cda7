-- The beginning of every migration, within its transaction: one at a time, the roles, the schema,
-- and the table of what was applied.

SET LOCAL statement_timeout = 0;
SELECT pg_advisory_xact_lock(1685414243, 0);
-- Daemons are at work. Whoever waits for a whole table makes all wait that come after: rather let go
-- and try again.
SET LOCAL lock_timeout = '2s';

-- Roles belong to the whole server: another database's migration may have made them already, and
-- whoever owns the database need not be allowed to.
DO $$
DECLARE
    a_role  text;
    missing text[] := '{}';
BEGIN
    FOREACH a_role IN ARRAY ARRAY['duban_daemon', 'duban_read', 'duban_web'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = a_role);
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', a_role);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN missing := missing || a_role;
        END;
    END LOOP;
    IF missing <> '{}' THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format(
            '%s may not create roles; run as a superuser: %s', current_user,
            (SELECT string_agg(format('CREATE ROLE %I;', m), ' ') FROM unnest(missing) AS m));
    END IF;
END
$$;

-- IF NOT EXISTS would ask for the right to create even when nothing is to be created.
DO $$
BEGIN
    IF to_regnamespace('duban') IS NULL THEN
        CREATE SCHEMA duban;
    END IF;
END
$$;

-- Everything belongs to the schema's owner, whoever migrates: a function that runs with its
-- owner's rights shall never be a superuser's by accident.
DO $$
BEGIN
    EXECUTE format('SET LOCAL ROLE %I',
                   (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'duban'));
END
$$;

CREATE TABLE IF NOT EXISTS duban.migration (
    version    integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,              -- SHA-256 of the file
    applied_at timestamptz NOT NULL,
    contract   boolean NOT NULL            -- programs that don't know this version are served no more
);
