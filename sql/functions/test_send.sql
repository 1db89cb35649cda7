-- Tests of a channel: a message to somebody of the directory, by the way that all messages go.

-- Makes the event and its notifications: for each contact that the recipient has on the channel, or
-- for `p_address`. Its text says who sent it and when, in the time zone given. Returns the event's
-- number; 0 when the recipient has no contact there.
CREATE OR REPLACE FUNCTION duban.test_send(
    p_channel text, p_recipient text, p_address text, p_author text, p_zone text)
    RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    v_now   timestamptz := duban.now();
    v_role  text := (SELECT r.kind FROM duban.recipient r WHERE r.code = p_recipient COLLATE "C");
    v_event bigint;
BEGIN
    IF v_role IS NULL THEN
        RAISE EXCEPTION 'the directory has no ''%''', p_recipient;
    ELSIF p_address IS NULL AND NOT EXISTS (
              SELECT FROM duban.contact c
               WHERE c.recipient = p_recipient COLLATE "C" AND c.channel = p_channel COLLATE "C") THEN
        RETURN 0;
    END IF;
    INSERT INTO duban.event
           (case_no, clock, kind, deadline_version, sequence, event_at, recorded_at, level, rank,
            window_code, department_code, item_code, told, detail)
    VALUES ('', 'test-' || gen_random_uuid(), 'test', 1, 0, v_now, v_now, 'normal', 0, '', '', '',
            'yes',
            format('%s %s', p_author, to_char(v_now AT TIME ZONE p_zone, 'YYYY-MM-DD HH24:MI')))
    RETURNING id INTO v_event;
    WITH stored AS (
        INSERT INTO duban.notification (event, recipient, role, channel, address, created_at)
        SELECT v_event, p_recipient, v_role, p_channel, p_address, v_now
         WHERE p_address IS NOT NULL
         UNION ALL
        SELECT v_event, c.recipient, v_role, c.channel, c.address, v_now
          FROM duban.contact c
         WHERE p_address IS NULL AND c.recipient = p_recipient COLLATE "C"
           AND c.channel = p_channel COLLATE "C"
        RETURNING id
    )
    INSERT INTO duban.pending (release_at, notification)
    SELECT v_now, s.id FROM stored s;
    RETURN v_event;
END
$$;

-- How far the messages of a test are: of each notification its outcome, or why it waits; its
-- message's state, tries and receipts, and how its endpoint is doing. `alive`, `leads`: how many
-- daemons.
CREATE OR REPLACE FUNCTION duban.test_send_progress(p_event bigint)
    RETURNS json
    LANGUAGE sql STABLE
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
    SELECT json_build_object(
        'event', p_event,
        'alive', (SELECT count(*) FROM json_array_elements(duban.status_nodes()) n
                   WHERE (n->>'alive')::boolean),
        'leads', (SELECT count(*) FROM json_array_elements(duban.status_nodes()) n
                   WHERE (n->>'leader')::boolean),
        'notifications', (
            SELECT coalesce(json_agg(l ORDER BY l.notification), '[]')
              FROM (SELECT n.id AS notification, n.address, n.outcome, p.release_at, p.hold_reason,
                           m.id AS message, m.public_id,
                           CASE WHEN EXISTS (SELECT FROM duban.parked k
                                              WHERE k.endpoint = m.endpoint AND k.id = m.id)
                                THEN 'parked'
                                WHEN m.id IS NOT NULL THEN duban.message_state(m.id, m.day)
                           END AS state,
                           (SELECT r.due_at FROM duban.ready r
                             WHERE r.endpoint = m.endpoint AND r.id = m.id LIMIT 1) AS due_at,
                           (SELECT to_json(t)
                              FROM (SELECT s.state, s.until, s.reason FROM duban.endpoint_state s
                                     WHERE s.endpoint = m.endpoint AND s.state <> 'well') t)
                               AS endpoint,
                           (SELECT to_json(t)
                              FROM (SELECT d.verdict, d.reason FROM duban.dead d
                                     WHERE d.id = m.id) t) AS dead,
                           (SELECT coalesce(json_agg(t), '[]')
                              FROM (SELECT a.number, a.at, a.verdict, a.status, a.detail,
                                           a.provider_id, a.took_ms
                                      FROM duban.attempt a
                                     WHERE a.message = m.id AND a.day >= m.day
                                     ORDER BY a.at, a.number) t) AS attempts,
                           (SELECT coalesce(json_agg(t), '[]')
                              FROM (SELECT c.at, c.status, c.code, c.detail
                                      FROM duban.receipt c
                                     WHERE c.message = m.id AND c.day >= m.day
                                     ORDER BY c.at) t) AS receipts
                      FROM duban.notification n
                      LEFT JOIN LATERAL (SELECT q.release_at, q.hold_reason FROM duban.pending q
                                          WHERE n.outcome IS NULL AND q.notification = n.id
                                          LIMIT 1) p ON true
                      LEFT JOIN duban.message m ON m.id = n.message
                     WHERE n.event = p_event) l))
$$;
