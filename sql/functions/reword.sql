-- Messages that tell a date which a change of rules has moved since: what they tell is worded anew.

-- Whether anything that a digest tells, and that still holds, was worded before rules moved its date.
CREATE OR REPLACE FUNCTION duban.digest_outdated(p_notifications bigint[], p_worded_at timestamptz)
    RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM unnest(p_notifications) AS u(notification)
          JOIN duban.notification n ON n.id = u.notification
          JOIN duban.event e ON e.id = n.event
          JOIN duban.clock c ON c.case_no = e.case_no AND c.clock = e.clock
         WHERE p_worded_at < c.carried_at
           AND e.deadline_version BETWEEN c.carried_from AND c.deadline_version);
END
$$;

-- Hands what a message tells back to the composer; the message itself is the caller's. What was
-- gathered is gathered again, and the message no longer counts against limits. Returns what the
-- attempt that ends it says.
CREATE OR REPLACE FUNCTION duban.reword(p_now timestamptz, p_id bigint, p_day date)
    RETURNS text
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
    WITH former AS MATERIALIZED (
        SELECT m.id, m.created_at, m.notifications,
               m.order_key = hashtextextended(concat_ws('|', '', m.endpoint, m.recipient, m.address),
                                              0) AS gathered
          FROM duban.message m
         WHERE m.id = p_id AND m.day = p_day
    ), back AS (
        UPDATE duban.notification n
           SET outcome = NULL, message = NULL
          FROM former f
         CROSS JOIN LATERAL unnest(f.notifications) AS u(notification)
         WHERE n.id = u.notification AND n.message = f.id
        RETURNING n.id, CASE WHEN f.gathered AND n.address <> ''
                             THEN hashtextextended(concat_ws('|', n.channel, n.recipient, n.role,
                                                             n.address), 0) END AS group_key
    ), uncounted AS (
        DELETE FROM duban.usage u USING former f
         WHERE u.at = f.created_at AND u.message = f.id
    )
    INSERT INTO duban.pending (release_at, notification, group_key)
    SELECT p_now, b.id, b.group_key FROM back b;
    RETURN 'cancelled: worded anew';
END
$$;
