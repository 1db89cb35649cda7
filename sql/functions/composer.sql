-- Composer: notifications whose release has come → messages in the queue.

-- The notifications to compose, with their event, why it is stale (or null), the hash of the facts
-- that the clock stands on, the silence that covers it, and the names a text needs: with `taken`
-- the level that the event takes back, with `part` the part that holds the joint case up. Each gets
-- a message id in advance (an unused one is simply skipped). The last row has no notification: it
-- tells the time and the next release.
--
-- Who of a recipient's contacts is on duty depends on the day (p_day, and whether work is done on
-- it), but for who was warned and now hears that it is over. With a notification that is due come
-- all others of its group that are due or still gathered (at most p_group_most), so that a burst
-- becomes one message however long it is.
CREATE OR REPLACE FUNCTION duban.composer_take(
    p_limit bigint, p_floor timestamptz, p_group_most bigint, p_day date, p_working boolean)
    RETURNS TABLE (now timestamptz, release_at timestamptz, notification bigint, message bigint,
                   public_id text, role text, channel text, address text, recipient text,
                   recipient_name text, kind text, case_no text, clock text,
                   deadline_version integer, sequence integer, event_at timestamptz, level text,
                   rank smallint, due_at timestamptz, detail text, window_name text,
                   department_name text, stale text, facts_hash bigint, repeat integer,
                   silence bigint, silenced_until timestamptz, taken text, part text,
                   part_department text)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_now   timestamptz := duban.now();
    v_floor timestamptz := coalesce(p_floor, '-infinity');
    v_key   text := (SELECT key FROM duban.install);
BEGIN
    -- Mostly nothing is due, and a plan of this takes long to make.
    IF EXISTS (SELECT FROM duban.pending q
                WHERE q.release_at >= v_floor AND q.release_at <= v_now) THEN
        RETURN QUERY
            WITH due AS MATERIALIZED (
                SELECT q.release_at, q.notification, q.group_key
                  FROM duban.pending q
                 WHERE q.release_at >= v_floor AND q.release_at <= v_now
                 ORDER BY q.release_at, q.notification
                 LIMIT p_limit
            ), taken AS (
                SELECT d.release_at, d.notification FROM due d
                 UNION
                SELECT m.release_at, m.notification
                  FROM (SELECT DISTINCT d.group_key FROM due d WHERE d.group_key IS NOT NULL) g
                 CROSS JOIN LATERAL (
                       SELECT q.release_at, q.notification
                         FROM duban.pending q
                        WHERE q.group_key = g.group_key
                          AND (q.release_at <= v_now OR q.hold_reason = 'held: gathered')
                        ORDER BY q.notification
                        LIMIT p_group_most) m
                 LIMIT 2 * p_limit + p_group_most
            )
            SELECT v_now, q.release_at, q.notification, q.message, v_key || '-' || q.message,
                   n.role, n.channel, n.address, n.recipient, coalesce(r.name, ''),
                   e.kind, e.case_no, e.clock, e.deadline_version, e.sequence, e.event_at, e.level,
                   e.rank, e.due_at, e.detail, coalesce(w.name, ''), coalesce(d.name, ''),
                   coalesce(duban.stale_reason(e.kind, e.deadline_version,
                                               duban.told_rank(e.kind, e.level, e.deadline_version,
                                                               e.rank, e.repeat, c.level,
                                                               c.deadline_version, c.rank),
                                               c.state, c.deadline_version, c.carried_from, c.rank,
                                               c.withdrawn_version, c.withdrawn_rank),
                            CASE WHEN NOT n.warned
                                      AND NOT duban.on_duty(t.on_days, t.weekdays, t.dates, t.absent,
                                                            p_day, p_working)
                                 THEN duban.off_duty(n.recipient, n.channel, n.address, p_day,
                                                     p_working) END),
                   c.facts_hash, e.repeat, s.id, s.ends_at,
                   CASE e.kind WHEN 'cleared' THEN e.detail
                               WHEN 'level_withdrawn' THEN
                                   (SELECT x.kind FROM duban.event x
                                     WHERE x.case_no = e.case_no AND x.clock = e.clock
                                       AND x.deadline_version = e.deadline_version
                                       AND x.rank = e.repeat AND x.kind = x.level LIMIT 1)
                   END,
                   CASE WHEN e.detail LIKE 'part: %' AND e.kind IN (e.level, 'reminder')
                        THEN substr(e.detail, 7) END,
                   CASE WHEN e.detail LIKE 'part: %' AND e.kind IN (e.level, 'reminder')
                        THEN (SELECT o.name FROM duban.clock k
                                JOIN duban.recipient o ON o.code = k.department_code COLLATE "C"
                               WHERE k.case_no = substr(e.detail, 7) COLLATE "C"
                                 AND k.clock = 'completion') END
              FROM (SELECT u.release_at, u.notification, nextval('duban.message_id') AS message
                      FROM (SELECT t.* FROM taken t ORDER BY t.release_at, t.notification) u) q
              JOIN duban.notification n ON n.id = q.notification
              JOIN duban.event e ON e.id = n.event
              LEFT JOIN duban.recipient r ON r.code = n.recipient
              LEFT JOIN duban.contact t ON t.recipient = n.recipient AND t.channel = n.channel
                                       AND t.address = n.address
              LEFT JOIN duban.recipient w ON w.code = e.window_code COLLATE "C"
              LEFT JOIN duban.recipient d ON d.code = e.department_code COLLATE "C"
              LEFT JOIN duban.clock c ON c.case_no = e.case_no AND c.clock = e.clock
              LEFT JOIN LATERAL duban.silence_of(v_now, e.case_no, e.item_code, e.window_code,
                                                 e.department_code) s ON true
             ORDER BY q.release_at, q.notification;
    END IF;
    RETURN QUERY
        SELECT v_now, (SELECT p.release_at FROM duban.pending p WHERE p.release_at > v_now
                        ORDER BY p.release_at LIMIT 1),
               NULL::bigint, NULL::bigint, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text,
               NULL::text, NULL::text, NULL::text, NULL::text, NULL::integer, NULL::integer,
               NULL::timestamptz, NULL::text, NULL::smallint, NULL::timestamptz, NULL::text,
               NULL::text, NULL::text, NULL::text, NULL::bigint, NULL::integer, NULL::bigint,
               NULL::timestamptz, NULL::text, NULL::text, NULL::text;
END
$$;

-- How much of each limit is used up: of p_key[i], at most p_most[i] messages within the last
-- p_span_us[i]. In the order of the arrays: how many of these are used, and when the oldest of them
-- was. Forgets what is older than p_keep_us, some rows a call.
CREATE OR REPLACE FUNCTION duban.composer_usage(
    p_now timestamptz, p_key bigint[], p_most bigint[], p_span_us bigint[], p_keep_us bigint)
    RETURNS TABLE (used bigint, oldest_at timestamptz)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
    DELETE FROM duban.usage u
     USING (SELECT o.key, o.at, o.message FROM duban.usage o
             WHERE o.at < p_now - p_keep_us * interval '1 microsecond'
             ORDER BY o.at LIMIT 1000) old
     WHERE u.key = old.key AND u.at = old.at AND u.message = old.message;
    RETURN QUERY
    SELECT w.used, w.oldest_at
      FROM unnest(p_key, p_most, p_span_us) WITH ORDINALITY AS l(key, most, span_us, place)
     CROSS JOIN LATERAL (
           SELECT count(*) AS used, min(t.at) AS oldest_at
             FROM (SELECT u.at FROM duban.usage u
                    WHERE u.key = l.key AND u.at > p_now - l.span_us * interval '1 microsecond'
                    ORDER BY u.at DESC
                    LIMIT l.most) t) w
     ORDER BY l.place;
END
$$;

-- Writes what the composer decided for each notification: `p_outcome` is 'composed' (then its
-- message goes into the queue), 'held: …' (then it waits on until p_hold_until, for p_silence
-- unless that is 0) or the reason why nothing is sent. Only notifications that still wait are touched,
-- so a repeat is harmless.
--
-- A message is described at one of its notifications, its first; p_body is null at the others. A
-- digest has a p_kind of its own and belongs to no case; p_carries lists its notifications (''
-- stands for the one). Messages of one recipient (p_by_recipient) or of one case and recipient stand
-- in one order. p_usage_key counts p_usage_message against limits.
--
-- What a step needs is handed on by the one before: the planner takes a step's rows for a single
-- one, and would join two steps by comparing each row of one with each of the other.
CREATE OR REPLACE FUNCTION duban.composer_write(
    p_now timestamptz, p_release timestamptz[], p_notification bigint[], p_outcome text[],
    p_hold_until timestamptz[], p_silence bigint[], p_message bigint[], p_public_id text[],
    p_address text[], p_endpoint text[], p_body text[], p_repeatable boolean[], p_kind text[],
    p_carries text[], p_by_recipient boolean[], p_usage_message bigint[], p_usage_key bigint[])
    RETURNS TABLE (composed bigint, cancelled bigint, held bigint)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_day date := (p_now AT TIME ZONE 'UTC')::date;
BEGIN
    INSERT INTO duban.endpoint (channel, address)
    SELECT DISTINCT n.channel, d.endpoint
      FROM unnest(p_notification, p_body, p_endpoint) AS d(notification, body, endpoint)
      JOIN duban.notification n ON n.id = d.notification
     WHERE d.body IS NOT NULL
       AND NOT EXISTS (SELECT FROM duban.endpoint x
                        WHERE x.channel = n.channel AND x.address = d.endpoint)
        ON CONFLICT DO NOTHING;

    WITH decided AS (
        SELECT *
          FROM unnest(p_release, p_notification, p_outcome, p_hold_until, p_silence, p_message,
                      p_public_id, p_address, p_endpoint, p_body, p_repeatable, p_kind, p_carries,
                      p_by_recipient)
               AS d(release_at, notification, outcome, hold_until, for_silence, message, public_id,
                    address, endpoint, body, repeatable, own_kind, carries, by_recipient)
    ), gone AS (
        DELETE FROM duban.pending p USING decided d
         WHERE p.release_at = d.release_at AND p.notification = d.notification
        RETURNING d.*, p.group_key
    ), held AS (
        INSERT INTO duban.pending (release_at, notification, hold_reason, silence, group_key)
        SELECT g.hold_until, g.notification, g.outcome, nullif(g.for_silence, 0), g.group_key
          FROM gone g
         WHERE g.outcome LIKE 'held: %'
        RETURNING 1
    ), noted AS (
        UPDATE duban.notification n
           SET outcome = g.outcome,
               message = CASE WHEN g.outcome = 'composed' THEN g.message END
          FROM gone g
         WHERE n.id = g.notification AND g.outcome NOT LIKE 'held: %'
        RETURNING g.*, n.event, n.recipient, n.role, n.channel
    ), described AS MATERIALIZED (
        SELECT n.message, n.public_id, n.channel, x.id AS endpoint, n.address, n.body,
               CASE n.own_kind WHEN '' THEN e.kind ELSE n.own_kind END AS kind,
               CASE n.own_kind WHEN '' THEN e.case_no ELSE '' END AS case_no,
               CASE n.own_kind WHEN '' THEN e.clock ELSE '' END AS clock,
               CASE n.own_kind WHEN '' THEN e.deadline_version ELSE 0 END AS deadline_version,
               CASE WHEN e.kind IN ('cleared', 'level_withdrawn') THEN e.repeat::smallint
                    ELSE e.rank END AS rank, n.recipient, n.role, n.repeatable,
               CASE n.carries WHEN '' THEN ARRAY[n.notification] ELSE n.carries::bigint[] END
                   AS notifications,
               CASE WHEN n.by_recipient OR e.case_no <> ''
                    THEN hashtextextended(concat_ws('|', CASE WHEN n.by_recipient THEN ''
                                                              ELSE e.case_no END,
                                                    x.id, n.recipient, n.address), 0)
                    ELSE n.message
               END AS order_key,
               EXISTS (SELECT FROM duban.endpoint_state t
                        WHERE t.endpoint = x.id AND t.state <> 'well') AS in_trouble
          FROM noted n
          JOIN duban.event e ON e.id = n.event
          JOIN duban.endpoint x ON x.channel = n.channel AND x.address = n.endpoint
         WHERE n.body IS NOT NULL
    ), stored AS (
        INSERT INTO duban.message
               (id, day, public_id, channel, endpoint, address, body, kind, case_no, clock,
                deadline_version, rank, recipient, role, repeatable, notifications, order_key,
                created_at)
        SELECT d.message, v_day, d.public_id, d.channel, d.endpoint, d.address, d.body, d.kind,
               d.case_no, d.clock, d.deadline_version, d.rank, d.recipient, d.role, d.repeatable,
               d.notifications, d.order_key, p_now
          FROM described d
    ), queued AS (
        INSERT INTO duban.ready (endpoint, due_at, id, day, order_key, attempt, first_at)
        SELECT d.endpoint, p_now, d.message, v_day, d.order_key, 1, p_now
          FROM described d WHERE NOT d.in_trouble
    ), parked AS (
        INSERT INTO duban.parked (endpoint, due_at, id, day, order_key, attempt, first_at)
        SELECT d.endpoint, p_now, d.message, v_day, d.order_key, 1, p_now
          FROM described d WHERE d.in_trouble
    ), used AS (
        INSERT INTO duban.usage (key, at, message)
        SELECT u.key, p_now, u.message
          FROM unnest(p_usage_message, p_usage_key) AS u(message, key)
            ON CONFLICT DO NOTHING
    )
    SELECT (SELECT count(*) FROM described), count(*) FILTER (WHERE outcome <> 'composed'),
           (SELECT count(*) FROM held)
      INTO composed, cancelled, held
      FROM noted;
    RETURN NEXT;
END
$$;
