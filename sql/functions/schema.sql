-- Which programs the schema goes with. Every program that works on it begins its sessions here: what
-- is called from here on must be there in all releases, with these very columns.

-- The schema's version, and the last contract step: programs that don't know it are served no more.
CREATE OR REPLACE FUNCTION duban.schema_version()
    RETURNS TABLE (version bigint, served bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(max(m.version), 0)::bigint,
           coalesce(max(m.version) FILTER (WHERE m.contract), 0)::bigint
      FROM duban.migration m
$$;

-- The same, for a session of a program that knows the schemas up to `p_known`. As long as the session
-- lasts no contract step is made that such a program doesn't know; one that is under way is waited
-- for. `p_pid`: the process that libpq was told of; behind a pooler it is another one, and a lock
-- would outlive its session.
CREATE OR REPLACE FUNCTION duban.session_begin(p_known bigint, p_pid bigint)
    RETURNS TABLE (version bigint, served bigint)
    LANGUAGE plpgsql
AS $$
BEGIN
    IF pg_backend_pid() = p_pid THEN
        PERFORM pg_advisory_lock_shared(1685414245, p_known::integer);
    END IF;
    RETURN QUERY SELECT v.version, v.served FROM duban.schema_version() v;
END
$$;

-- Keeps programs that don't know the version `p_version` from beginning a session until the end of
-- this transaction. Where some have one already: returns who they are, and keeps out nobody for long,
-- since that transaction can't go on.
CREATE OR REPLACE FUNCTION duban.shut_out_former(p_version bigint)
    RETURNS text
    LANGUAGE plpgsql
AS $$
DECLARE
    v_alone boolean;
BEGIN
    SELECT bool_and(pg_try_advisory_xact_lock(1685414245, k::integer)) INTO v_alone
      FROM generate_series(1, p_version - 1) AS k;
    IF v_alone THEN
        RETURN NULL;
    END IF;
    RETURN coalesce((SELECT string_agg(f.who, ', ' ORDER BY f.who)
                       FROM duban.former_programs(p_version) f),
                    'a daemon that comes or goes just now');
END
$$;

-- The programs that have a session and don't know the version `p_version`: daemons by their name and
-- release, others by what their session is called and where it comes from.
CREATE OR REPLACE FUNCTION duban.former_programs(p_version bigint)
    RETURNS TABLE (who text, known bigint)
    LANGUAGE sql STABLE
AS $$
    WITH held AS (
        SELECT l.pid, l.classid, l.objid::bigint AS number
          FROM pg_locks l
         WHERE l.locktype = 'advisory' AND l.classid IN (1685414242, 1685414245) AND l.granted
           AND l.mode = 'ShareLock'
           AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
    ), former AS (
        SELECT h.number AS known, n.name, n.program, a.application_name, a.client_addr
          FROM held h
          JOIN pg_stat_activity a ON a.pid = h.pid
          LEFT JOIN held j ON j.pid = h.pid AND j.classid = 1685414242
          LEFT JOIN duban.node n ON n.id = j.number
         WHERE h.classid = 1685414245 AND h.number < p_version
    )
    SELECT DISTINCT coalesce('duband ' || f.program || ' ' || f.name,
                             f.application_name || coalesce(' ' || host(f.client_addr), '')), f.known
      FROM former f
     WHERE f.name IS NOT NULL OR f.application_name NOT LIKE 'duband %' -- one of its three is enough
$$;
