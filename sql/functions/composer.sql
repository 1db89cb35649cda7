-- Composer: notifications whose release has come → messages in the queue.

-- The notifications to compose, with their event, why it is stale (or null), the hash of the facts
-- that the clock stands on, and the names a text needs. Each gets a message id in advance (an unused
-- one is simply skipped). The last row has no notification: it tells the time and the next release.
CREATE OR REPLACE FUNCTION duban.composer_take(p_limit bigint, p_floor timestamptz)
    RETURNS TABLE (now timestamptz, release_at timestamptz, notification bigint, message bigint,
                   public_id text, role text, channel text, address text, recipient text,
                   recipient_name text, kind text, case_no text, clock text,
                   deadline_version integer, sequence integer, event_at timestamptz, level text,
                   rank smallint, due_at timestamptz, detail text, window_name text,
                   department_name text, stale text, facts_hash bigint, repeat integer)
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
    RETURN QUERY
        SELECT v_now, t.release_at, t.notification, t.message, v_key || '-' || t.message,
               n.role, n.channel, n.address, n.recipient, coalesce(r.name, ''),
               e.kind, e.case_no, e.clock, e.deadline_version, e.sequence, e.event_at, e.level,
               e.rank, e.due_at, e.detail, coalesce(w.name, ''), coalesce(d.name, ''),
               duban.stale_reason(e.kind, e.deadline_version, e.rank, c.state, c.deadline_version,
                                  c.rank),
               c.facts_hash, e.repeat
          FROM (SELECT p.release_at, p.notification, nextval('duban.message_id') AS message
                  FROM (SELECT q.release_at, q.notification
                          FROM duban.pending q
                         WHERE q.release_at >= v_floor AND q.release_at <= v_now
                         ORDER BY q.release_at, q.notification
                         LIMIT p_limit) p) t
          JOIN duban.notification n ON n.id = t.notification
          JOIN duban.event e ON e.id = n.event
          LEFT JOIN duban.recipient r ON r.code = n.recipient
          LEFT JOIN duban.recipient w ON w.code = e.window_code COLLATE "C"
          LEFT JOIN duban.recipient d ON d.code = e.department_code COLLATE "C"
          LEFT JOIN duban.clock c ON c.case_no = e.case_no AND c.clock = e.clock
         ORDER BY t.release_at, t.notification;
    RETURN QUERY
        SELECT v_now, (SELECT p.release_at FROM duban.pending p WHERE p.release_at > v_now
                        ORDER BY p.release_at LIMIT 1),
               NULL::bigint, NULL::bigint, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text,
               NULL::text, NULL::text, NULL::text, NULL::text, NULL::integer, NULL::integer,
               NULL::timestamptz, NULL::text, NULL::smallint, NULL::timestamptz, NULL::text,
               NULL::text, NULL::text, NULL::text, NULL::bigint, NULL::integer;
END
$$;

-- Writes what the composer decided for each notification: `p_outcome` is 'composed' (then the
-- message goes into the queue), 'held: …' (then it waits on for `p_hold_us`) or the reason why
-- nothing is sent. Only notifications that still wait are touched, so a repeat is harmless. What a
-- step needs is handed on by the one before: the planner takes a step's rows for a single one, and
-- would join two steps by comparing each row of one with each of the other.
CREATE OR REPLACE FUNCTION duban.composer_write(
    p_now timestamptz, p_hold_us bigint, p_release timestamptz[], p_notification bigint[],
    p_outcome text[], p_message bigint[], p_public_id text[], p_address text[], p_endpoint text[], p_body text[],
    p_repeatable boolean[])
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
      FROM unnest(p_notification, p_outcome, p_endpoint) AS d(notification, outcome, endpoint)
      JOIN duban.notification n ON n.id = d.notification
     WHERE d.outcome = 'composed'
       AND NOT EXISTS (SELECT FROM duban.endpoint x
                        WHERE x.channel = n.channel AND x.address = d.endpoint)
        ON CONFLICT DO NOTHING;

    WITH decided AS (
        SELECT *
          FROM unnest(p_release, p_notification, p_outcome, p_message, p_public_id, p_address,
                      p_endpoint, p_body, p_repeatable)
               AS d(release_at, notification, outcome, message, public_id, address, endpoint, body,
                    repeatable)
    ), gone AS (
        DELETE FROM duban.pending p USING decided d
         WHERE p.release_at = d.release_at AND p.notification = d.notification
        RETURNING d.*
    ), held AS (
        INSERT INTO duban.pending (release_at, notification, hold_reason)
        SELECT p_now + p_hold_us * interval '1 microsecond', g.notification, g.outcome
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
    ), stored AS (
        INSERT INTO duban.message
               (id, day, public_id, channel, endpoint, address, body, kind, case_no, clock,
                deadline_version, rank, recipient, role, repeatable, created_at)
        SELECT n.message, v_day, n.public_id, n.channel, x.id, n.address, n.body, e.kind, e.case_no,
               e.clock, e.deadline_version, e.rank, n.recipient, n.role, n.repeatable, p_now
          FROM noted n
          JOIN duban.event e ON e.id = n.event
          JOIN duban.endpoint x ON x.channel = n.channel AND x.address = n.endpoint
         WHERE n.outcome = 'composed'
        RETURNING id, day, endpoint, case_no, recipient, address
    ), queued AS (
        INSERT INTO duban.ready (endpoint, due_at, id, day, order_key, attempt, first_at)
        SELECT s.endpoint, p_now, s.id, s.day,
               CASE WHEN s.case_no = '' THEN s.id
                    ELSE hashtextextended(concat_ws('|', s.case_no, s.endpoint, s.recipient, s.address), 0)
               END,
               1, p_now
          FROM stored s
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM queued), count(*) FILTER (WHERE outcome <> 'composed'),
           (SELECT count(*) FROM held)
      INTO composed, cancelled, held
      FROM noted;
    RETURN NEXT;
END
$$;
