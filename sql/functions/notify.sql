-- Who is told of an event.

-- Who is told of the events given: routes × duty × contacts, and of what takes a level back those
-- who were told of that level (duban.warned); on `p_day` (null: unknown) deputies stand in for who
-- is absent. Everybody is told once on a channel, however many they stand in for. What reaches
-- nobody becomes a notification with that outcome, so that it is seen and counted. On a channel
-- that gathers (p_route_gather_us), what is told first waits a little for others of its group.
CREATE OR REPLACE FUNCTION duban.notify(
    p_now timestamptz, p_event bigint[], p_kind text[], p_place text[],
    p_route_kind text[], p_route_role text[], p_route_channel text[], p_route_gather_us bigint[],
    p_day date)
    RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    made bigint;
BEGIN
    WITH wanted AS (
        SELECT e.event, e.place, r.role, r.channel
          FROM unnest(p_event, p_kind, p_place) AS e(event, kind, place)
          JOIN unnest(p_route_kind, p_route_role, p_route_channel) AS r(kind, role, channel)
               USING (kind)
    ), gathers AS (
        SELECT DISTINCT r.channel, r.gather_us
          FROM unnest(p_route_channel, p_route_gather_us) AS r(channel, gather_us)
         WHERE r.gather_us > 0
    ), held AS (
        SELECT w.event, w.place, w.role, w.channel, d.recipient AS holder
          FROM wanted w
          LEFT JOIN duban.duty d ON d.code = w.place COLLATE "C" AND d.role = w.role COLLATE "C"
         WHERE w.role NOT IN ('lead', 'part')
         UNION ALL
        SELECT w.event, j.place, w.role, w.channel, d.recipient
          FROM wanted w
         CROSS JOIN LATERAL duban.joint_places(w.event, w.role) j
          LEFT JOIN duban.duty d ON d.code = j.place COLLATE "C" AND d.role = j.duty COLLATE "C"
         WHERE w.role IN ('lead', 'part')
    ), answering AS (
        SELECT h.*,
               CASE WHEN duban.is_person(h.role) THEN h.role
                    WHEN r.absent @> p_day THEN duban.stand_in(r.code, h.channel, p_day)
                    ELSE r.code
               END COLLATE "C" AS recipient
          FROM held h
          LEFT JOIN duban.recipient r ON r.code = h.holder
    ), once AS ( -- in a recipient's own role rather than as a deputy
        SELECT DISTINCT ON (a.event, a.channel, a.recipient,
                            CASE WHEN a.recipient IS NULL THEN a.role END) a.*
          FROM answering a
         ORDER BY a.event, a.channel, a.recipient, CASE WHEN a.recipient IS NULL THEN a.role END,
                  a.recipient <> a.holder, a.role
    ), routed AS (
        SELECT o.event, o.role, o.channel, o.recipient, o.place,
               CASE WHEN duban.is_person(o.role) THEN '' ELSE c.address END AS address
          FROM once o
          LEFT JOIN duban.contact c ON c.recipient = o.recipient AND c.channel = o.channel COLLATE "C"
    ), warned AS MATERIALIZED (
        SELECT * FROM duban.warned(p_event, p_kind)
    ), resolved AS (
        SELECT r.*, EXISTS (SELECT FROM warned w
                             WHERE w.event = r.event AND w.channel = r.channel
                               AND w.recipient = r.recipient AND w.address = r.address) AS warned
          FROM routed r
         UNION ALL
        SELECT w.event, w.role, w.channel, w.recipient, '', w.address, true
          FROM warned w
         WHERE NOT EXISTS (SELECT FROM routed r
                            WHERE r.event = w.event AND r.channel = w.channel
                              AND r.recipient = w.recipient AND r.address IS NOT NULL)
    ), stored AS (
        INSERT INTO duban.notification
               (event, recipient, role, channel, address, created_at, warned, outcome)
        SELECT r.event, coalesce(r.recipient, ''), r.role, r.channel, coalesce(r.address, ''), p_now,
               r.warned,
               CASE WHEN r.recipient IS NULL
                    THEN format('unreachable: nobody is %s for ''%s''', r.role, r.place)
                    WHEN r.address IS NULL
                    THEN format('unreachable: %s has no contact on %s', r.recipient, r.channel)
               END
          FROM resolved r
         ORDER BY r.event
            ON CONFLICT DO NOTHING
        RETURNING id, outcome, recipient, role, channel, address
    ), waiting AS (
        INSERT INTO duban.pending (release_at, notification, hold_reason, group_key)
        SELECT CASE WHEN g.channel IS NULL THEN p_now
                    ELSE p_now + g.gather_us * interval '1 microsecond' END,
               s.id, CASE WHEN g.channel IS NULL THEN '' ELSE 'held: gathered' END,
               CASE WHEN g.channel IS NOT NULL AND s.address <> ''
                    THEN hashtextextended(concat_ws('|', s.channel, s.recipient, s.role, s.address), 0)
               END
          FROM stored s
          LEFT JOIN gathers g ON g.channel = s.channel
         WHERE s.outcome IS NULL
        RETURNING 1
    )
    SELECT count(*) INTO made FROM waiting;
    RETURN made;
END
$$;

-- Whether a role is played by a person whom the case names, whose address the facts have.
CREATE OR REPLACE FUNCTION duban.is_person(p_role text)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT p_role IN ('applicant', 'handler', 'agent')
$$;

-- Whom the events of p_event that take a level back (cleared, level_withdrawn) concern: whoever was
-- told of that clock's levels, by warnings or reminders, since the last such event, or since the
-- case ended under an earlier deadline. Only who was reached: not by what was never put into words,
-- was cancelled in the queue, waits parked for its endpoint, or is dead (what may have arrived
-- counts as arrived). Each once on a channel and address, in the newest of its roles. Cost: the
-- events of these clocks.
CREATE OR REPLACE FUNCTION duban.warned(p_event bigint[], p_kind text[])
    RETURNS TABLE (event bigint, recipient text, role text, channel text, address text)
    LANGUAGE plpgsql STABLE ROWS 10
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    v_back bigint[] := ARRAY(SELECT e.event
                               FROM unnest(p_event, p_kind) AS e(event, kind)
                              WHERE e.kind IN ('cleared', 'level_withdrawn'));
BEGIN
    IF cardinality(v_back) = 0 THEN -- as nearly always
        RETURN;
    END IF;
    RETURN QUERY
    SELECT DISTINCT ON (b.id, n.recipient, n.channel, n.address)
           b.id, n.recipient, n.role, n.channel, n.address
      FROM (SELECT e.id, e.case_no, e.clock,
                   (SELECT coalesce(max(x.id), 0) FROM duban.event x
                     WHERE x.case_no = e.case_no AND x.clock = e.clock AND x.id < e.id
                       AND (x.kind IN ('cleared', 'level_withdrawn')
                            OR (x.kind IN ('completed', 'returned', 'withdrawn', 'met', 'vanished')
                                AND x.deadline_version < e.deadline_version))) AS since
              FROM duban.event e
             WHERE e.id = ANY (v_back)) b
     CROSS JOIN LATERAL (
           SELECT x.id FROM duban.event x
            WHERE x.case_no = b.case_no AND x.clock = b.clock AND x.id > b.since AND x.id < b.id
              AND x.told = 'yes' AND x.rank > 0 AND x.kind IN (x.level, 'reminder') OFFSET 0) w
     CROSS JOIN LATERAL (
           SELECT x.* FROM duban.notification x
            WHERE x.event = w.id AND x.outcome = 'composed' OFFSET 0) n
     WHERE NOT EXISTS (SELECT FROM duban.dead d
                        WHERE d.id = n.message AND d.verdict <> 'unknown' OFFSET 0)
       AND NOT EXISTS (SELECT FROM duban.attempt a
                        WHERE a.message = n.message AND a.number = 0
                          AND a.day >= (n.created_at AT TIME ZONE 'UTC')::date
                          AND a.verdict IN ('cancelled', 'dropped') OFFSET 0)
       AND NOT EXISTS (SELECT FROM duban.message m
                         JOIN duban.parked k ON k.endpoint = m.endpoint AND k.id = m.id
                        WHERE m.id = n.message
                          AND m.day >= (n.created_at AT TIME ZONE 'UTC')::date OFFSET 0)
     ORDER BY b.id, n.recipient, n.channel, n.address, w.id DESC;
END
$$;
