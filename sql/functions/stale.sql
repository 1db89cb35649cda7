-- Whether what waits to be told still has its reason.

-- Why a message is not to be sent any more, or null. A warning needs its clock running, at the very
-- deadline (or one from p_clock_carried on: what was told then still counts) and level, not
-- withdrawn; a completion needs its clock stopped. That a level is taken back is told whatever the
-- deadline is by now, unless the level holds again. `p_rank` is that of duban.told_rank.
CREATE OR REPLACE FUNCTION duban.stale_reason(
    p_kind text, p_version integer, p_rank smallint,
    p_state text, p_clock_version integer, p_clock_carried integer, p_clock_rank smallint,
    p_withdrawn_version integer, p_withdrawn_rank smallint)
    RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN p_state IS NULL THEN NULL
        WHEN p_kind IN ('completed', 'returned', 'withdrawn') THEN
            CASE WHEN p_state <> 'stopped' OR p_clock_version <> p_version
                 THEN 'cancelled: the case was reopened'
            END
        WHEN p_kind IN ('met', 'vanished') THEN NULL
        WHEN p_kind = 'level_withdrawn' THEN
            CASE WHEN p_state = 'running' AND p_clock_version > p_version AND p_clock_rank >= p_rank
                 THEN 'cancelled: the level holds again'
            END
        WHEN p_state = 'stopped' THEN 'cancelled: the case has ended'
        WHEN p_state = 'vanished' THEN 'cancelled: the case has left the source'
        WHEN p_state = 'dropped' THEN -- when it is said, and the rank with it
            CASE WHEN p_kind <> 'cleared' AND p_clock_rank = 0
                 THEN 'cancelled: the case no longer has this clock' END
        WHEN p_kind = 'reopened' THEN NULL
        WHEN p_kind = 'cleared' THEN
            CASE WHEN p_rank > 0 AND p_clock_rank >= p_rank
                 THEN 'cancelled: the level holds again'
            END
        WHEN p_version BETWEEN p_clock_carried AND p_withdrawn_version AND p_withdrawn_rank >= p_rank
            THEN 'cancelled: the level was withdrawn'
        WHEN p_state = 'suspended' THEN 'cancelled: the clock is suspended'
        WHEN p_version NOT BETWEEN p_clock_carried AND p_clock_version
            THEN 'cancelled: the deadline has changed'
        WHEN p_clock_rank > p_rank AND p_kind <> 'tacit_approval'
            THEN 'cancelled: superseded by a higher level'
        WHEN p_clock_rank < p_rank THEN 'cancelled: the level no longer holds'
    END
$$;

-- The rank that a level has among its clock's today: where only rules have changed since it was told
-- it may be another than then.
CREATE OR REPLACE FUNCTION duban.carried_rank(
    p_level text, p_version integer, p_rank smallint,
    p_clock_level text, p_clock_version integer, p_clock_rank smallint)
    RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN p_version < p_clock_version AND p_level = p_clock_level THEN p_clock_rank
                ELSE p_rank END
$$;

-- The rank that an event speaks of: of what takes a level back that level's, which is its `repeat`.
CREATE OR REPLACE FUNCTION duban.told_rank(
    p_kind text, p_level text, p_version integer, p_rank smallint, p_repeat integer,
    p_clock_level text, p_clock_version integer, p_clock_rank smallint)
    RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN p_kind IN ('cleared', 'level_withdrawn') THEN p_repeat::smallint
                ELSE duban.carried_rank(p_level, p_version, p_rank, p_clock_level, p_clock_version,
                                        p_clock_rank) END
$$;

-- The same for a message: of a digest, all that it tells must have gone.
CREATE OR REPLACE FUNCTION duban.digest_stale(p_notifications bigint[])
    RETURNS text
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
    RETURN (SELECT CASE WHEN bool_and(j.stale IS NOT NULL)
                        THEN 'cancelled: nothing that it tells holds any more' END
              FROM unnest(p_notifications) AS u(notification)
             CROSS JOIN LATERAL (
                   SELECT duban.stale_reason(e.kind, e.deadline_version,
                                             duban.told_rank(e.kind, e.level, e.deadline_version,
                                                             e.rank, e.repeat, c.level,
                                                             c.deadline_version, c.rank),
                                             c.state, c.deadline_version, c.carried_from, c.rank,
                                             c.withdrawn_version, c.withdrawn_rank) AS stale
                     FROM duban.notification n
                     JOIN duban.event e ON e.id = n.event
                     LEFT JOIN duban.clock c ON c.case_no = e.case_no AND c.clock = e.clock
                    WHERE n.id = u.notification OFFSET 0) j);
END
$$;

CREATE OR REPLACE FUNCTION duban.message_stale(p_id bigint, p_day date)
    RETURNS text
    LANGUAGE sql STABLE
AS $$
    SELECT CASE WHEN m.kind = 'digest' THEN duban.digest_stale(m.notifications)
                ELSE duban.stale_reason(m.kind, m.deadline_version,
                                        duban.carried_rank(m.kind, m.deadline_version, m.rank,
                                                           c.level, c.deadline_version, c.rank),
                                        c.state, c.deadline_version, c.carried_from, c.rank,
                                        c.withdrawn_version, c.withdrawn_rank) END
      FROM duban.message m
      LEFT JOIN duban.clock c ON c.case_no = m.case_no AND c.clock = m.clock
     WHERE m.id = p_id AND m.day = p_day
$$;
