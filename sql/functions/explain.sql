-- Explanations: all that is known of one case, for `dubanctl explain`.
--
-- In plpgsql, since each part is planned when it is asked for, and since what a role may not see is
-- left out rather than refused: duban_read gets everything but addresses.

-- The case's messages by their numbers, each with where it is, what is known of its arrival, its last
-- tries and receipts. `p_since`: none of them is older.
CREATE OR REPLACE FUNCTION duban.explain_messages(p_ids bigint[], p_since timestamptz)
    RETURNS json
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
BEGIN
    RETURN (
        SELECT coalesce(json_agg(json_build_object(
                   'id', m.id, 'public_id', m.public_id, 'created_at', m.created_at,
                   'channel', m.channel, 'kind', m.kind, 'count', cardinality(m.notifications),
                   'state', duban.message_state(m.id, m.day),
                   'arrival', duban.message_arrival(m.id, m.day),
                   'dead', (SELECT json_build_object('at', d.dead_at, 'verdict', d.verdict,
                                                     'reason', d.reason, 'fallback', d.fallback)
                              FROM duban.dead d WHERE d.id = m.id),
                   'tries', (SELECT count(*) FROM duban.attempt a
                              WHERE a.message = m.id AND a.day >= m.day AND a.number > 0),
                   'attempts', (SELECT coalesce(json_agg(t ORDER BY t.at, t.number), '[]')
                                  FROM (SELECT a.number, a.at, a.verdict, a.status, a.detail
                                          FROM duban.attempt a
                                         WHERE a.message = m.id AND a.day >= m.day
                                         ORDER BY a.at DESC, a.number DESC LIMIT 5) t),
                   'receipts', (SELECT coalesce(json_agg(t ORDER BY t.at), '[]')
                                  FROM (SELECT r.at, r.reported_at, r.status, r.code, r.detail
                                          FROM duban.receipt r
                                         WHERE r.message = m.id AND r.day >= m.day
                                         ORDER BY r.at DESC LIMIT 5) t))
                   ORDER BY m.id), '[]')
          FROM duban.message m
         WHERE m.id = ANY (p_ids) AND m.day >= (p_since AT TIME ZONE 'UTC')::date);
END
$$;

-- Who was told of these events on which channel, and what became of it. The queue of what waits has
-- no index for this: it is only read when something waits, and from when that was begun.
CREATE OR REPLACE FUNCTION duban.explain_notifications(p_events bigint[], p_most bigint)
    RETURNS json
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
DECLARE
    v_ids      bigint[];
    v_open     bigint[];
    v_since    timestamptz;
    v_messages bigint[];
    v_oldest   timestamptz;
    v_waiting  jsonb := '{}';
    v_places   jsonb := '{}';
BEGIN
    SELECT array_agg(f.id ORDER BY f.id),
           array_agg(f.id) FILTER (WHERE f.outcome IS NULL),
           min(f.created_at) FILTER (WHERE f.outcome IS NULL),
           array_agg(DISTINCT f.message) FILTER (WHERE f.message IS NOT NULL), min(f.created_at)
      INTO v_ids, v_open, v_since, v_messages, v_oldest
      FROM (SELECT n.id, n.outcome, n.message, n.created_at
              FROM duban.notification n
             WHERE n.event = ANY (p_events)
             ORDER BY n.id DESC LIMIT p_most) f;
    IF v_open IS NOT NULL THEN
        SELECT coalesce(jsonb_object_agg(p.notification, jsonb_build_object(
                   'release_at', p.release_at, 'hold_reason', p.hold_reason)), '{}')
          INTO v_waiting
          FROM duban.pending p
         WHERE p.release_at >= v_since AND p.notification = ANY (v_open);
    END IF;
    IF has_column_privilege('duban.notification', 'address', 'SELECT')
       AND has_column_privilege('duban.message', 'address', 'SELECT') THEN
        SELECT coalesce(jsonb_object_agg(n.id, coalesce(nullif(n.address, ''), m.address, '')), '{}')
          INTO v_places
          FROM duban.notification n
          LEFT JOIN duban.message m ON m.id = n.message AND n.address = ''
                                   AND m.day >= (v_oldest AT TIME ZONE 'UTC')::date
         WHERE n.id = ANY (v_ids);
    END IF;
    RETURN json_build_object(
        'notifications', (
            SELECT coalesce(json_agg(json_build_object(
                       'id', n.id, 'event', n.event, 'recipient', n.recipient, 'name', r.name,
                       'role', n.role, 'channel', n.channel, 'address', v_places->>n.id::text,
                       'created_at', n.created_at, 'outcome', n.outcome, 'message', n.message,
                       'release_at', v_waiting->n.id::text->>'release_at',
                       'hold_reason', v_waiting->n.id::text->>'hold_reason') ORDER BY n.id), '[]')
              FROM duban.notification n
              LEFT JOIN duban.recipient r ON r.code = n.recipient
             WHERE n.id = ANY (v_ids)),
        'messages', CASE WHEN v_messages IS NULL THEN '[]'
                         ELSE duban.explain_messages(v_messages, v_oldest) END);
END
$$;

-- The case's newest events up to an instant, in their order, with what was taken back of them.
CREATE OR REPLACE FUNCTION duban.explain_events(p_case text, p_at timestamptz, p_most bigint)
    RETURNS json
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
BEGIN
    RETURN (
        SELECT coalesce(json_agg(f ORDER BY f.sequence, f.id), '[]')
          FROM (SELECT e.id, e.clock, e.kind, e.repeat, e.deadline_version, e.sequence, e.event_at,
                       e.recorded_at, e.level, e.rank, e.due_at, e.told, e.detail, e.policy,
                       e.episode, e.points,
                       CASE WHEN w.event IS NOT NULL
                            THEN json_build_object('at', w.at, 'author', w.author,
                                                   'reason', w.reason) END AS taken_back
                  FROM duban.event e
                  LEFT JOIN duban.withdrawal w ON w.event = e.id AND w.at <= p_at
                 WHERE e.case_no = p_case COLLATE "C" AND e.recorded_at <= p_at
                 ORDER BY e.sequence DESC, e.id DESC
                 LIMIT p_most) f);
END
$$;

-- How a joint case hangs together: the clocks of the case that this one is a part of, and those of
-- its own parts that are still open.
CREATE OR REPLACE FUNCTION duban.explain_joint(p_case text, p_parent text, p_most bigint)
    RETURNS json
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
BEGIN
    RETURN json_build_object(
        'parent', (SELECT coalesce(json_agg(f ORDER BY f.severity DESC, f.clock), '[]')
                     FROM (SELECT c.case_no, c.clock, c.state, c.level, c.severity, c.due_at,
                                  c.policy, d.name AS department
                             FROM duban.clock c
                             LEFT JOIN duban.recipient d ON d.code = c.department_code COLLATE "C"
                            WHERE p_parent <> '' AND c.case_no = p_parent COLLATE "C") f),
        'parts', (SELECT coalesce(json_agg(f ORDER BY f.severity DESC, f.due_at, f.case_no, f.clock),
                                  '[]')
                    FROM (SELECT c.case_no, c.clock, c.state, c.level, c.severity, c.due_at,
                                 c.policy, d.name AS department
                            FROM duban.clock c
                            LEFT JOIN duban.recipient d ON d.code = c.department_code COLLATE "C"
                           WHERE p_case <> '' AND c.parent_case_no = p_case COLLATE "C"
                             AND c.parent_case_no <> '' AND c.state IN ('running', 'suspended')
                           ORDER BY c.case_no, c.clock LIMIT p_most) f));
END
$$;

-- All that is known of a case as of `p_at` (null: now): its clocks, its events (at most 500, and 1,000
-- notifications), what of them waits, reminders, silences, the joint case it belongs to, and whether
-- its row is set aside. `p_facts` tells the item, window, department and parent of the case's facts,
-- which may be newer than what is stored, or of a case that isn't known here; null without facts.
-- Where messages are is always as of now, and so is what stands in the table of clocks. Every part is
-- found by an index.
CREATE OR REPLACE FUNCTION duban.explain_case(p_case text, p_facts jsonb, p_at timestamptz)
    RETURNS json
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
DECLARE
    c_events        CONSTANT bigint := 500;
    c_notifications CONSTANT bigint := 1000;
    c_parts         CONSTANT bigint := 200;
    v_now      timestamptz := duban.now();
    v_at       timestamptz := coalesce(p_at, v_now);
    v_events   json := duban.explain_events(p_case, v_at, c_events);
    v_clocks   json;
    v_one      duban.clock;
    v_item     text;
    v_window   text;
    v_office   text;
    v_parent   text;
BEGIN
    SELECT coalesce(json_agg(json_build_object(
               'clock', c.clock, 'state', c.state, 'level', c.level, 'severity', c.severity,
               'due_at', c.due_at, 'next_at', c.next_at, 'deadline_version', c.deadline_version,
               'episode', c.episode, 'rank', c.rank, 'withdrawn_rank', c.withdrawn_rank,
               'withdrawn_version', c.withdrawn_version, 'calendar_version', c.calendar_version,
               'policy', c.policy, 'rule_version', c.rule_version) ORDER BY c.clock), '[]')
      INTO v_clocks
      FROM duban.clock c WHERE c.case_no = p_case COLLATE "C";
    SELECT * INTO v_one
      FROM duban.clock c WHERE c.case_no = p_case COLLATE "C" ORDER BY c.clock LIMIT 1;
    v_item := coalesce(p_facts->>'item', v_one.item_code);
    v_window := coalesce(p_facts->>'window', v_one.window_code);
    v_office := coalesce(p_facts->>'department', v_one.department_code);
    v_parent := coalesce(p_facts->>'parent', v_one.parent_case_no, '');
    RETURN json_build_object(
        'now', v_now,
        'intake', (SELECT json_build_object('updated_at', i.updated_at,
                                            'first_contact_at', i.first_contact_at)
                     FROM duban.intake i),
        'item_code', v_item, 'window_code', v_window, 'department_code', v_office,
        'parent_case_no', v_parent,
        'names', (SELECT coalesce(json_object_agg(r.code, r.name), '{}')
                    FROM duban.recipient r WHERE r.code IN (v_window COLLATE "C", v_office COLLATE "C")),
        'clocks', v_clocks,
        'events', v_events,
        'events_most', c_events,
        'told', duban.explain_notifications(
                    ARRAY(SELECT (e->>'id')::bigint FROM json_array_elements(v_events) e),
                    c_notifications),
        'reminders', (SELECT coalesce(json_agg(json_build_object(
                                 'clock', r.clock, 'kind', r.kind, 'sent', r.sent,
                                 'next_at', r.next_at,
                                 'deadline_version', r.deadline_version) ORDER BY r.clock, r.kind),
                                 '[]')
                        FROM duban.reminder r WHERE r.case_no = p_case COLLATE "C"),
        'silences', duban.explain_silences(p_case, v_item, v_window, v_office, v_at),
        'joint', duban.explain_joint(p_case, v_parent, c_parts),
        'bad_row', (SELECT json_build_object('reason', b.reason, 'first_seen', b.first_seen,
                                             'last_seen', b.last_seen)
                      FROM duban.bad_row b WHERE b.case_no = p_case COLLATE "C"));
END
$$;

-- The silences that cover a case at an instant.
CREATE OR REPLACE FUNCTION duban.explain_silences(
    p_case text, p_item text, p_window text, p_department text, p_at timestamptz)
    RETURNS json
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
BEGIN
    RETURN (
        SELECT coalesce(json_agg(json_build_object(
                   'id', s.id, 'scope', s.scope, 'code', s.code, 'reason', s.reason,
                   'author', s.author, 'begins_at', s.begins_at, 'ends_at', s.ends_at)
                   ORDER BY s.id), '[]')
          FROM (VALUES ('case', p_case), ('item', p_item), ('window', p_window),
                       ('department', p_department)) AS v(scope, code)
          JOIN duban.silence s
            ON s.scope = v.scope COLLATE "C" AND s.code = v.code COLLATE "C" AND s.ends_at > p_at
         WHERE s.begins_at <= p_at AND (s.ended_at IS NULL OR s.ended_at > p_at));
END
$$;
