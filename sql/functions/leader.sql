-- Leadership: saves work; correctness never rests on it.

-- Tries to become leader in this session. The lock is taken in a statement of its own, since a
-- planner may evaluate it twice inside a larger one.
CREATE OR REPLACE FUNCTION duban.lead(p_node bigint)
    RETURNS boolean
    LANGUAGE plpgsql
AS $$
DECLARE
    v_mine boolean;
BEGIN
    IF EXISTS (SELECT FROM pg_locks l
                WHERE l.locktype = 'advisory' AND l.classid = 1685414240 AND l.objid = 0
                  AND l.pid = pg_backend_pid() AND l.granted) THEN
        v_mine := true;
    ELSE
        v_mine := pg_try_advisory_lock(1685414240, 0);
    END IF;
    UPDATE duban.node SET leader = v_mine, heartbeat_at = duban.now() WHERE id = p_node;
    IF v_mine THEN
        UPDATE duban.node SET leader = false WHERE id <> p_node AND leader;
        DELETE FROM duban.node n
         WHERE n.heartbeat_at < duban.now() - interval '7 days'
           AND NOT EXISTS (SELECT FROM pg_locks l -- its session lives, only its clock has jumped
                            WHERE l.locktype = 'advisory' AND l.classid = 1685414242
                              AND l.objid = n.id::bigint::oid AND l.granted
                              AND l.database = (SELECT d.oid FROM pg_database d
                                                 WHERE d.datname = current_database()));
    END IF;
    RETURN v_mine;
END
$$;
