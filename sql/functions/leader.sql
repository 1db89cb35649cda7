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

-- Whether whoever has this session doesn't answer any more: for longer than `p_lease_us` it has asked
-- nothing, which a daemon that works does every few seconds, or hasn't taken what it asked for. By
-- the server's own clock. Of another role's session nothing is known: no.
CREATE OR REPLACE FUNCTION duban.session_hangs(p_pid integer, p_lease_us bigint)
    RETURNS boolean
    LANGUAGE sql
AS $$
    SELECT EXISTS (SELECT FROM pg_stat_activity a
                    WHERE a.pid = p_pid
                      AND (a.state = 'idle' OR a.wait_event = 'ClientWrite')
                      AND a.state_change
                          < clock_timestamp() - p_lease_us * interval '1 microsecond')
$$;

-- The name of another daemon that works by the last leader's configuration, when `p_config` isn't
-- that; null when there is none. One that was heard of just now may be on its way to another server;
-- of this machine's own former daemon nobody waits for that.
CREATE OR REPLACE FUNCTION duban.node_with_right_config(
    p_node bigint, p_config text, p_lease_us bigint)
    RETURNS text
    LANGUAGE sql
AS $$
    SELECT n.name
      FROM duban.node l JOIN duban.node n ON n.config_version = l.config_version
     WHERE l.leader AND l.config_version <> p_config AND n.id <> p_node
       AND ((n.heartbeat_at > duban.now() - interval '15 seconds'
             AND split_part(n.name, '/', 1) <> (SELECT split_part(m.name, '/', 1)
                                                  FROM duban.node m WHERE m.id = p_node))
            OR EXISTS (SELECT FROM pg_locks k
                        WHERE k.locktype = 'advisory' AND k.classid = 1685414242
                          AND k.objid = n.id::bigint::oid AND k.granted
                          AND k.database = (SELECT d.oid FROM pg_database d
                                             WHERE d.datname = current_database())
                          AND NOT duban.session_hangs(k.pid, p_lease_us)))
     ORDER BY n.id
     LIMIT 1
$$;

-- How long a leader may hang: so much less than the lease that another one leads when it is over. They
-- look every two seconds, and the lock is had at the look after that at which the session was ended.
CREATE OR REPLACE FUNCTION duban.patience_us(p_lease_us bigint)
    RETURNS bigint
    LANGUAGE sql IMMUTABLE
AS $$
    SELECT greatest(p_lease_us - 6000000, p_lease_us * 4 / 5)
$$;

-- Tries to become leader, as `lead`. `refused`: while the daemon of this name works by the last
-- leader's configuration, one with another neither leads nor sends. A leader that hangs for nearly as
-- long as the lease loses its session, and thereby the lock; whoever tries next gets it.
CREATE OR REPLACE FUNCTION duban.lead_by(p_node bigint, p_config text, p_lease_us bigint)
    RETURNS TABLE (now timestamptz, leads boolean, refused text, secret text)
    LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_pid integer;
BEGIN
    SELECT l.pid INTO v_pid
      FROM pg_locks l
     WHERE l.locktype = 'advisory' AND l.classid = 1685414240 AND l.objid = 0 AND l.granted
       AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
    UPDATE duban.node SET config_version = p_config
     WHERE id = p_node AND config_version <> p_config;
    now := duban.now();
    leads := false;
    secret := (SELECT i.secret FROM duban.install i);
    IF v_pid IS DISTINCT FROM pg_backend_pid() THEN
        refused := duban.node_with_right_config(p_node, p_config, p_lease_us);
        IF v_pid IS NOT NULL AND refused IS NULL
           AND duban.session_hangs(v_pid, duban.patience_us(p_lease_us)) THEN
            PERFORM pg_terminate_backend(v_pid);
        END IF;
    END IF;
    IF refused IS NULL THEN
        leads := duban.lead(p_node);
    ELSE
        UPDATE duban.node SET heartbeat_at = now WHERE id = p_node;
    END IF;
    RETURN NEXT;
END
$$;
