-- Partitions of message, attempt and receipt: one a day (UTC), made ahead, dropped after the
-- retention.

-- Makes the partitions of one of these tables from the day of `at` − 1 to + `ahead` days, and drops
-- those older than `keep` days which no queue row needs any more. Runs as the owner, since the
-- daemon may not create tables; takes nothing but a known name, numbers and an instant. Returns the
-- last day made.
--
-- One table a transaction: making and dropping lock the whole table, and whoever holds one of them
-- while it waits for another would be in a deadlock with two that were locked together.
CREATE OR REPLACE FUNCTION duban.maintain_partitions_of(
    p_parent text, at timestamptz, ahead integer, keep integer)
    RETURNS date
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    today  date := (at AT TIME ZONE 'UTC')::date;
    oldest date := today - keep;
    a_day  date;
    child  record;
BEGIN
    IF p_parent NOT IN ('message', 'attempt', 'receipt') THEN
        RAISE EXCEPTION '% has no partitions of duban', p_parent;
    END IF;
    PERFORM pg_advisory_xact_lock(1685414241, 1);
    FOR a_day IN SELECT generate_series(today - 1, today + ahead, interval '1 day')::date LOOP
        IF to_regclass(format('duban.%I', p_parent || to_char(a_day, '_YYYYMMDD'))) IS NULL THEN
            EXECUTE format('CREATE TABLE duban.%I (LIKE duban.%I INCLUDING ALL)',
                           p_parent || to_char(a_day, '_YYYYMMDD'), p_parent);
            EXECUTE format('ALTER TABLE duban.%I ATTACH PARTITION duban.%I FOR VALUES FROM (%L) TO (%L)',
                           p_parent, p_parent || to_char(a_day, '_YYYYMMDD'), a_day, a_day + 1);
        END IF;
    END LOOP;
    -- By name: a partition's name tells its day, and names sort as days do. Nothing is parsed that a
    -- planner could come to parse for other relations too.
    FOR child IN
        SELECT c.relname, (right(c.relname, 8))::date AS day
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = ('duban.' || p_parent)::regclass
           AND c.relname < p_parent || to_char(oldest, '_YYYYMMDD')
    LOOP
        CONTINUE WHEN p_parent = 'message'
             AND (EXISTS (SELECT FROM duban.ready r WHERE r.day = child.day)
                  OR EXISTS (SELECT FROM duban.parked p WHERE p.day = child.day)
                  OR EXISTS (SELECT FROM duban.inflight f WHERE f.day = child.day)
                  OR EXISTS (SELECT FROM duban.awaiting a WHERE a.day = child.day)
                  OR EXISTS (SELECT FROM duban.dead d WHERE d.day = child.day));
        EXECUTE format('DROP TABLE duban.%I', child.relname);
    END LOOP;
    RETURN today + ahead;
END
$$;

-- The same for all three in one transaction, for when no daemon runs.
CREATE OR REPLACE FUNCTION duban.maintain_partitions(at timestamptz, ahead integer, keep integer)
    RETURNS date
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT max(duban.maintain_partitions_of(t.name, at, ahead, keep))
      FROM unnest(ARRAY['message', 'attempt', 'receipt']) AS t(name)
$$;
