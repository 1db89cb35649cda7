-- A function that the release gives one more parameter: a default stands for it where former programs
-- call it.
ALTER FUNCTION duban.reap(bigint) RENAME TO reap_all;
CREATE FUNCTION duban.reap(p_node bigint, p_counted boolean DEFAULT true)
    RETURNS TABLE (now timestamptz, repeated bigint, parked bigint)
    LANGUAGE plpgsql
AS $$
BEGIN
    IF p_counted THEN
        INSERT INTO duban.takeover VALUES (p_node);
    END IF;
    RETURN QUERY SELECT r.now, r.repeated, r.parked FROM duban.reap_all(p_node) r;
END
$$;
GRANT SELECT, INSERT ON duban.takeover TO duban_daemon;
