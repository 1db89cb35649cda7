-- Removes duban's functions before they are made anew in the same transaction: CREATE OR REPLACE
-- can't change what a function returns, and one that is no longer shipped shall go.
-- duban.now() stays: the schema made it, and tests replace it.
DO $$
DECLARE
    routine regprocedure;
    own     record;
BEGIN
    FOR own IN -- they are made anew with their functions
        SELECT t.tgname, t.tgrelid::regclass AS place FROM pg_trigger t
          JOIN pg_proc p ON p.oid = t.tgfoid AND p.pronamespace = 'duban'::regnamespace
         WHERE NOT t.tgisinternal
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', own.tgname, own.place);
    END LOOP;
    FOR routine IN
        SELECT p.oid::regprocedure FROM pg_proc p
         WHERE p.pronamespace = 'duban'::regnamespace
           AND NOT (p.proname = 'now' AND p.pronargs = 0)
    LOOP
        EXECUTE format('DROP ROUTINE %s', routine);
    END LOOP;
END
$$;
