-- Messages as people ask for them: what became of one, and which there are.

-- Where a message is: inflight, dead, parked, done, cancelled or dropped as its last word says, else
-- ready. The queue has no index by id, so `ready` is what hasn't ended and is nowhere else. A
-- receipt that says `failed` takes back what the gateway had said of the same try; a later
-- `delivered` counts more.
CREATE OR REPLACE FUNCTION duban.message_state(p_id bigint, p_day date)
    RETURNS text
    LANGUAGE sql STABLE
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
    SELECT CASE
        WHEN EXISTS (SELECT FROM duban.inflight f WHERE f.id = p_id) THEN 'inflight'
        WHEN EXISTS (SELECT FROM duban.dead d WHERE d.id = p_id) THEN 'dead'
        WHEN EXISTS (SELECT FROM duban.message m
                       JOIN duban.parked k ON k.endpoint = m.endpoint AND k.id = m.id
                      WHERE m.id = p_id AND m.day = p_day) THEN 'parked'
        ELSE coalesce((SELECT CASE WHEN a.number = 0 THEN a.verdict
                                   WHEN a.verdict = 'failed' THEN 'ready' -- was sent again
                                   ELSE 'done' END
                         FROM duban.attempt a
                        WHERE a.message = p_id AND a.day >= p_day
                          AND ((a.number = 0 AND a.verdict <> 'fallback')
                               OR a.verdict IN ('delivered', 'accepted', 'failed'))
                        ORDER BY a.number = 0 DESC, a.number DESC, a.verdict = 'delivered' DESC,
                                 a.verdict = 'failed' DESC
                        LIMIT 1), 'ready')
    END
$$;

-- The best of a message's receipts: delivered, else failed, else buffered or accepted, whichever is
-- the newest; null without any. Those from before its last accepted try are of an earlier one.
CREATE OR REPLACE FUNCTION duban.message_receipt(p_id bigint, p_day date)
    RETURNS text
    LANGUAGE sql STABLE
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
    SELECT r.status
      FROM duban.receipt r
     WHERE r.message = p_id AND r.day >= p_day
       AND r.at >= coalesce((SELECT max(a.at) FROM duban.attempt a
                              WHERE a.message = p_id AND a.day >= p_day AND a.number > 0
                                AND a.verdict = 'accepted'), '-infinity')
     ORDER BY r.status = 'delivered' DESC, r.status = 'failed' DESC, r.at DESC
     LIMIT 1
$$;

-- What is known of a message's arrival, for people: its best receipt; `no_receipt` when none came
-- in time and none later was final; `awaited` while one is expected and none has come; else null.
CREATE OR REPLACE FUNCTION duban.message_arrival(p_id bigint, p_day date)
    RETURNS text
    LANGUAGE sql STABLE
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
    SELECT CASE
        WHEN r.status IN ('delivered', 'failed') THEN r.status
        WHEN (SELECT a.verdict = 'no_receipt' FROM duban.attempt a
               WHERE a.message = p_id AND a.day >= p_day AND a.number > 0
                 AND a.verdict IN ('accepted', 'no_receipt')
               ORDER BY a.number DESC, a.verdict = 'no_receipt' DESC LIMIT 1) THEN 'no_receipt'
        WHEN r.status IS NOT NULL THEN r.status
        WHEN EXISTS (SELECT FROM duban.awaiting w WHERE w.message = p_id) THEN 'awaited'
    END
      FROM (SELECT duban.message_receipt(p_id, p_day) AS status) r
$$;

-- The notifications of an event, with why they wait if they do.
CREATE OR REPLACE FUNCTION duban.message_notifications(p_event bigint)
    RETURNS json
    LANGUAGE sql STABLE
AS $$
    SELECT coalesce(json_agg(t ORDER BY t.id), '[]')
      FROM (SELECT n.id, n.recipient, n.role, n.channel, n.created_at, n.outcome, n.message,
                   p.release_at, p.hold_reason
              FROM duban.notification n
              LEFT JOIN LATERAL (SELECT q.release_at, q.hold_reason FROM duban.pending q
                                  WHERE n.outcome IS NULL AND q.notification = n.id LIMIT 1) p
                     ON true
             WHERE n.event = p_event) t
$$;

-- What a digest carries, the first hundred; empty for a message of one event.
CREATE OR REPLACE FUNCTION duban.message_carries(p_notifications bigint[])
    RETURNS json
    LANGUAGE sql STABLE
AS $$
    SELECT json_build_object(
        'count', CASE WHEN cardinality(p_notifications) > 1 THEN cardinality(p_notifications)
                      ELSE 0 END,
        'events', (SELECT coalesce(json_agg(t), '[]')
                     FROM (SELECT e.id, e.case_no, e.clock, e.kind, e.event_at, e.due_at
                             FROM unnest(p_notifications[1:100]) AS c(id)
                             JOIN duban.notification n ON n.id = c.id
                             JOIN duban.event e ON e.id = n.event
                            WHERE cardinality(p_notifications) > 1
                            ORDER BY e.rank DESC, e.due_at, e.id) t))
$$;

-- All about one message; null when there is none. With its address and its text: not for
-- duban_read.
CREATE OR REPLACE FUNCTION duban.message_show(p_id bigint)
    RETURNS json
    LANGUAGE sql STABLE
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
    SELECT json_build_object(
        'id', m.id, 'public_id', m.public_id, 'created_at', m.created_at, 'channel', m.channel,
        'kind', m.kind, 'case_no', m.case_no, 'clock', m.clock, 'recipient', m.recipient,
        'role', m.role, 'repeatable', m.repeatable, 'address', m.address, 'body', m.body,
        'state', duban.message_state(m.id, m.day), 'receipt', duban.message_arrival(m.id, m.day),
        'due_at', (SELECT r.due_at FROM duban.ready r
                    WHERE r.endpoint = m.endpoint AND r.id = m.id LIMIT 1),
        'dead', (SELECT json_build_object('dead_at', d.dead_at, 'attempts', d.attempts,
                                          'verdict', d.verdict, 'reason', d.reason,
                                          'fallback', d.fallback)
                   FROM duban.dead d WHERE d.id = m.id),
        'attempts', (SELECT coalesce(json_agg(t), '[]')
                       FROM (SELECT a.number, a.at, a.verdict, a.status, a.detail, a.provider_id,
                                    a.took_ms, a.node
                               FROM duban.attempt a
                              WHERE a.message = m.id AND a.day >= m.day
                              ORDER BY a.at, a.number) t),
        'receipts', (SELECT coalesce(json_agg(t), '[]')
                       FROM (SELECT r.at, r.reported_at, r.status, r.code, r.detail, r.provider_id
                               FROM duban.receipt r
                              WHERE r.message = m.id AND r.day >= m.day
                              ORDER BY r.at, r.reported_at) t),
        'event', (SELECT json_build_object(
                             'id', e.id, 'sequence', e.sequence, 'event_at', e.event_at,
                             'recorded_at', e.recorded_at, 'level', e.level, 'due_at', e.due_at,
                             'detail', e.detail,
                             'notifications', duban.message_notifications(e.id))
                    FROM duban.notification n JOIN duban.event e ON e.id = n.event
                   WHERE n.id = m.notifications[1] AND cardinality(m.notifications) = 1),
        'carries', duban.message_carries(m.notifications))
      FROM duban.message m
     WHERE m.id = p_id
$$;

-- The newest `p_most` messages that fit a filter as that of dead_find, with recipient and state
-- too; since and until are of created_at; without since nothing older than p_days (0: any). Of one
-- case: by way of its events; else by the days (partitions) of the time asked for. `others`: there
-- are more. `waiting`, of one case only: the notifications that aren't messages yet.
CREATE OR REPLACE FUNCTION duban.message_list(p_filter jsonb, p_most bigint, p_days bigint)
    RETURNS json
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET jit = off
    SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
    v_since timestamptz := coalesce(
        (p_filter->>'since')::timestamptz,
        CASE WHEN p_days > 0 THEN duban.now() - p_days * interval '1 day' END, '-infinity');
    v_until timestamptz := coalesce((p_filter->>'until')::timestamptz, 'infinity');
    v_first date := (v_since AT TIME ZONE 'UTC')::date;
    v_last  date := (v_until AT TIME ZONE 'UTC')::date;
    v_case  text := p_filter->>'case';
    v_ids   bigint[];
    v_wait  json := '[]';
    v_found json;
BEGIN
    IF v_case IS NOT NULL THEN
        SELECT coalesce(array_agg(DISTINCT n.message) FILTER (WHERE n.message IS NOT NULL), '{}'),
               coalesce(json_agg(json_build_object(
                   'notification', n.id, 'kind', e.kind, 'recipient', n.recipient,
                   'channel', n.channel, 'release_at', p.release_at,
                   'hold_reason', p.hold_reason) ORDER BY n.id)
                   FILTER (WHERE p.release_at IS NOT NULL
                             AND n.channel = coalesce(p_filter->>'channel', n.channel)
                             AND n.recipient = coalesce(p_filter->>'recipient', n.recipient)
                             AND e.kind = coalesce(p_filter->>'kind', e.kind)), '[]')
          INTO v_ids, v_wait
          FROM duban.event e
          JOIN duban.notification n ON n.event = e.id
          LEFT JOIN LATERAL (SELECT q.release_at, q.hold_reason FROM duban.pending q
                              WHERE n.outcome IS NULL AND q.notification = n.id LIMIT 1) p ON true
         WHERE e.case_no = v_case;
    END IF;
    SELECT coalesce(json_agg(f ORDER BY f.id DESC), '[]') INTO v_found
      FROM (SELECT m.id, m.public_id, m.created_at, m.channel, m.kind, m.case_no, m.recipient,
                   s.state, duban.message_arrival(m.id, m.day) AS receipt
              FROM duban.message m
             CROSS JOIN LATERAL (SELECT duban.message_state(m.id, m.day) AS state OFFSET 0) s
             WHERE (v_ids IS NULL OR m.id = ANY (v_ids))
               AND m.day >= v_first AND m.day <= v_last
               AND m.created_at >= v_since AND m.created_at < v_until
               AND m.channel = coalesce(p_filter->>'channel', m.channel)
               AND m.kind = coalesce(p_filter->>'kind', m.kind)
               AND m.recipient = coalesce(p_filter->>'recipient', m.recipient)
               AND s.state = coalesce(p_filter->>'state', s.state)
             ORDER BY m.id DESC
             LIMIT p_most + 1) f;
    RETURN json_build_object(
        'messages', (SELECT coalesce(json_agg(t.message ORDER BY t.place), '[]')
                       FROM json_array_elements(v_found) WITH ORDINALITY AS t(message, place)
                      WHERE t.place <= p_most),
        'others', json_array_length(v_found) > p_most,
        'waiting', v_wait);
END
$$;
