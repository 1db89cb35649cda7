-- Fallback: another channel is told instead of a message that has failed.

-- For each message with a channel (not ''): each of its notifications is told anew, to the same
-- recipient in the same role, on that channel: to the recipient's contacts there, else, for people
-- of the case, to what the facts will say, else to the former address, which the composer refuses
-- as unreachable if that channel can't use it. A notification is told on a channel once, so
-- repeats, and channels that fall back on each other, do no harm. The message's history and its
-- dead letter say which channel was told, and why. Returns how many notifications.
CREATE OR REPLACE FUNCTION duban.fall_back(
    p_now timestamptz, p_message bigint[], p_channel text[], p_why text[])
    RETURNS bigint
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    v_told   bigint;
    v_events bigint[];
BEGIN
    IF NOT EXISTS (SELECT FROM unnest(p_channel) c WHERE c <> '') THEN
        RETURN 0;
    END IF;
    WITH former AS MATERIALIZED (
        SELECT f.channel, n.event, n.recipient, n.role, n.address
          FROM unnest(p_message, p_channel) AS f(message, channel)
         CROSS JOIN LATERAL (SELECT x.notifications FROM duban.message x
                              WHERE x.id = f.message OFFSET 0) m
         CROSS JOIN LATERAL unnest(m.notifications) AS u(notification)
         CROSS JOIN LATERAL (SELECT x.event, x.recipient, x.role, x.address
                               FROM duban.notification x WHERE x.id = u.notification OFFSET 0) n
         WHERE f.channel <> ''
    ), told AS (
        INSERT INTO duban.notification (event, recipient, role, channel, address, created_at)
        SELECT DISTINCT o.event, o.recipient, o.role, o.channel,
               coalesce(c.address, CASE WHEN duban.is_person(o.role) THEN '' ELSE o.address END),
               p_now
          FROM former o
          LEFT JOIN LATERAL (SELECT x.address FROM duban.contact x
                              WHERE x.recipient = o.recipient
                                AND x.channel = o.channel OFFSET 0) c ON true
         ORDER BY 1, 2, 3, 4, 5
            ON CONFLICT DO NOTHING
        RETURNING id, event
    ), waiting AS (
        INSERT INTO duban.pending (release_at, notification)
        SELECT p_now, t.id FROM told t
    )
    SELECT count(*), coalesce(array_agg(t.event), '{}') INTO v_told, v_events FROM told t;

    WITH failed AS MATERIALIZED (
        SELECT f.channel, f.why, m.id, m.day, n.news
          FROM unnest(p_message, p_channel, p_why) AS f(message, channel, why)
         CROSS JOIN LATERAL (SELECT x.id, x.day, x.notifications FROM duban.message x
                              WHERE x.id = f.message OFFSET 0) m
         CROSS JOIN LATERAL (SELECT bool_or(x.event = ANY (v_events)) AS news
                               FROM unnest(m.notifications) AS u(notification)
                               JOIN duban.notification x ON x.id = u.notification OFFSET 0) n
         WHERE f.channel <> '' AND n.news IS NOT NULL
    ), noted AS (
        UPDATE duban.dead d SET fallback = f.channel FROM failed f WHERE d.id = f.id
    )
    INSERT INTO duban.attempt
           (message, message_day, day, number, at, verdict, status, detail, provider_id, took_ms,
            node)
    SELECT f.id, f.day, (p_now AT TIME ZONE 'UTC')::date, 0, p_now, 'fallback', 0,
           format('told on %s instead: %s', f.channel, f.why), '', 0, 0
      FROM failed f
     WHERE f.news;
    RETURN v_told;
END
$$;
