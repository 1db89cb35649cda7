-- One case as people look at it, what they do with it, the overview, the delivery, the news.

-- Whether a case lies in a viewer's part: null when duban doesn't know it.
CREATE OR REPLACE FUNCTION duban.web_sees(p_codes text[], p_case text)
    RETURNS boolean
    LANGUAGE sql STABLE
AS $$
    SELECT bool_or(p_codes IS NULL OR c.window_code = ANY (p_codes)
                                   OR c.department_code = ANY (p_codes))
      FROM duban.clock c WHERE c.case_no = p_case COLLATE "C"
$$;

-- The viewer, when they may do this with the case: `roles` of those who may. Else `error`:
-- unauthorized, forbidden or not_found; a case outside of their part isn't there for them, and a
-- look at it is an event of the ledger, one a day.
CREATE OR REPLACE FUNCTION duban.web_admit(
    p_who text, p_case text, p_roles text[], OUT error text, OUT user_id integer, OUT name text,
    OUT role text)
    LANGUAGE plpgsql
AS $$
DECLARE
    v_who  record;
    v_sees boolean;
    v_now  timestamptz := duban.now();
BEGIN
    SELECT w.user_id, w.name, w.role, w.codes INTO v_who FROM duban.web_who(p_who) w;
    user_id := v_who.user_id;
    name := v_who.name;
    role := v_who.role;
    IF v_who.role IS NULL THEN
        error := 'unauthorized';
        RETURN;
    ELSIF v_who.role = 'wall' THEN
        error := 'forbidden';
        RETURN;
    END IF;
    v_sees := duban.web_sees(v_who.codes, p_case);
    IF v_sees IS NOT TRUE THEN
        error := 'not_found';
        IF NOT v_sees THEN
            PERFORM duban.web_record(v_now, p_case, 'denied', v_now::date - date '2000-01-01',
                                     v_who.user_id, v_who.name);
        END IF;
    ELSIF v_who.role <> ALL (p_roles) THEN
        error := 'forbidden';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION duban.web_everybody() RETURNS text[]
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT ARRAY['supervision', 'department', 'window', 'admin'] $$;

-- An address as it may be shown: of a URL scheme and host, of a mail address its host, of a number
-- its ends.
CREATE OR REPLACE FUNCTION duban.web_mask(p_address text)
    RETURNS text
    LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE
        WHEN p_address ~ '^[A-Za-z]+://'
        THEN regexp_replace(substring(p_address FROM '^[A-Za-z]+://[^/?#]+'), '://.*@', '://')
        WHEN p_address ~ '@' THEN regexp_replace(p_address, '^(.?).*@', '\1***@')
        WHEN length(p_address) >= 11
        THEN left(p_address, 3) || '****' || right(p_address, 4)
        WHEN length(p_address) >= 5 THEN '****' || right(p_address, 2)
        WHEN p_address = '' THEN ''
        ELSE '****'
    END
$$;

-- A provider's words without the numbers and mail addresses of persons.
CREATE OR REPLACE FUNCTION duban.web_mask_words(p_text text)
    RETURNS text
    LANGUAGE sql IMMUTABLE
AS $$
    SELECT regexp_replace(regexp_replace(p_text, '([0-9]{3})[0-9]{4,}([0-9]{4})', '\1****\2', 'g'),
                          '[^[:space:]<>()"]{0,64}@', '***@', 'g')
$$;

-- The newest 50 tries of a message (number 0: it ended without one), and what was reported of it.
CREATE OR REPLACE FUNCTION duban.web_tries(p_id bigint, p_day date)
    RETURNS json
    LANGUAGE sql STABLE
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
    SELECT coalesce(json_agg(json_build_object(
               'number', a.number, 'at', a.at, 'verdict', a.verdict, 'code', a.status,
               'detail', duban.web_mask_words(a.detail), 'took_ms', a.took_ms)
               ORDER BY a.at, a.number), '[]')
      FROM (SELECT x.* FROM duban.attempt x WHERE x.message = p_id AND x.day >= p_day
             ORDER BY x.at DESC, x.number DESC LIMIT 50) a
$$;
CREATE OR REPLACE FUNCTION duban.web_receipts(p_id bigint, p_day date)
    RETURNS json
    LANGUAGE sql STABLE
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
    SELECT coalesce(json_agg(json_build_object(
               'at', r.at, 'reported_at', r.reported_at, 'status', r.status, 'code', r.code,
               'detail', duban.web_mask_words(r.detail)) ORDER BY r.at, r.status), '[]')
      FROM (SELECT x.* FROM duban.receipt x WHERE x.message = p_id AND x.day >= p_day
             ORDER BY x.at DESC LIMIT 50) r
$$;

-- What was told about a case, the newest 200.
CREATE OR REPLACE FUNCTION duban.web_messages(p_case text)
    RETURNS json
    LANGUAGE sql STABLE
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
    SELECT coalesce(json_agg(json_build_object(
               'event', n.event, 'kind', n.kind, 'recipient', n.recipient,
               'recipient_name', coalesce(r.name, n.recipient), 'role', n.role,
               'channel', n.channel, 'address', duban.web_mask(coalesce(m.address, n.address)),
               'created_at', n.created_at, 'message', n.message,
               'state', CASE WHEN n.message IS NULL THEN coalesce(n.outcome, 'pending')
                             WHEN m.id IS NULL THEN 'expired'
                             ELSE duban.message_state(m.id, m.day) END,
               'arrival', CASE WHEN m.id IS NOT NULL THEN duban.message_arrival(m.id, m.day) END,
               'attempts', coalesce((SELECT max(a.number) FROM duban.attempt a
                                      WHERE a.message = m.id AND a.day >= m.day), 0),
               'tries', CASE WHEN m.id IS NULL THEN '[]' ELSE duban.web_tries(m.id, m.day) END,
               'receipts', CASE WHEN m.id IS NULL THEN '[]'
                                ELSE duban.web_receipts(m.id, m.day) END,
               'outcome', n.outcome) ORDER BY n.id), '[]')
      FROM (SELECT t.*, e.kind
              FROM duban.event e JOIN duban.notification t ON t.event = e.id
             WHERE e.case_no = p_case COLLATE "C"
             ORDER BY t.id DESC LIMIT 200) n
      LEFT JOIN LATERAL (SELECT x.id, x.day, x.address FROM duban.message x
                          WHERE x.id = n.message LIMIT 1) m ON true
      LEFT JOIN duban.recipient r ON r.code = n.recipient
$$;

CREATE OR REPLACE FUNCTION duban.web_case(p_who text, p_case text)
    RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
AS $$
DECLARE
    v_admit record;
BEGIN
    SELECT * INTO v_admit FROM duban.web_admit(p_who, p_case, duban.web_everybody());
    IF v_admit.error IS NOT NULL THEN
        RETURN json_build_object('error', v_admit.error);
    END IF;
    RETURN json_build_object(
        'now', duban.now(),
        'case', (SELECT json_build_object(
                     'case_no', c.case_no, 'item_code', c.item_code,
                     'item_name', coalesce(i.name, c.item_code),
                     'window_code', c.window_code, 'window_name', coalesce(w.name, c.window_code),
                     'department_code', c.department_code,
                     'department_name', coalesce(d.name, c.department_code),
                     'kind', coalesce(o.kind, ''), 'stage', coalesce(o.stage, ''),
                     'status', coalesce(o.status, ''), 'class', coalesce(o.project_class, ''),
                     'parent', c.parent_case_no, 'received_at', o.received_at,
                     'accepted_at', o.accepted_at)
                   FROM duban.clock c
                   LEFT JOIN duban.open_case o ON o.case_no = c.case_no
                   LEFT JOIN duban.item i ON i.code = c.item_code COLLATE "C"
                   LEFT JOIN duban.recipient w ON w.code = c.window_code COLLATE "C"
                   LEFT JOIN duban.recipient d ON d.code = c.department_code COLLATE "C"
                  WHERE c.case_no = p_case COLLATE "C"
                  ORDER BY c.clock = 'completion' DESC, c.clock LIMIT 1),
        'clocks', (SELECT json_agg(json_build_object(
                       'name', c.clock, 'state', c.state, 'level', c.level,
                       'severity', c.severity, 'due_at', c.due_at, 'next_at', c.next_at,
                       'deadline_version', c.deadline_version, 'episode', c.episode,
                       'policy', c.policy, 'calendar_version', c.calendar_version,
                       'rule_version', c.rule_version,
                       'withdrawn', c.rank > 0 AND c.withdrawn_rank >= c.rank
                                    AND c.withdrawn_version = c.deadline_version,
                       'acknowledged', c.rank > 0 AND duban.is_acknowledged(
                           c.case_no, c.clock, c.deadline_version, c.rank))
                       ORDER BY c.state NOT IN ('running', 'suspended'), c.severity DESC, c.due_at)
                     FROM duban.clock c WHERE c.case_no = p_case COLLATE "C"),
        'events', (SELECT coalesce(json_agg(json_build_object(
                       'id', e.id, 'sequence', e.sequence, 'clock', e.clock, 'kind', e.kind,
                       'level', e.level, 'event_at', e.event_at, 'recorded_at', e.recorded_at,
                       'due_at', e.due_at, 'deadline_version', e.deadline_version,
                       'episode', e.episode, 'policy', e.policy, 'points', e.points,
                       'repeat', e.repeat, 'told', e.told, 'detail', e.detail)
                       ORDER BY e.sequence, e.id), '[]')
                     FROM (SELECT x.* FROM duban.event x
                            WHERE x.case_no = p_case COLLATE "C" AND x.kind <> 'denied'
                            ORDER BY x.sequence DESC, x.id DESC LIMIT 500) e),
        'messages', duban.web_messages(p_case),
        'parts', (SELECT coalesce(json_agg(DISTINCT c.case_no), '[]') FROM duban.clock c
                   WHERE c.parent_case_no = p_case AND c.parent_case_no <> ''
                     AND c.state IN ('running', 'suspended')),
        'silences', (SELECT coalesce(json_agg(json_build_object(
                         'id', s.id, 'scope', s.scope, 'reason', s.reason, 'author', s.author,
                         'begins_at', s.begins_at, 'ends_at', s.ends_at) ORDER BY s.id), '[]')
                       FROM (SELECT x.* FROM duban.clock c
                              CROSS JOIN LATERAL duban.silence_of(
                                  duban.now(), c.case_no, c.item_code, c.window_code,
                                  c.department_code) x
                              WHERE c.case_no = p_case COLLATE "C" LIMIT 1) s));
END
$$;

-- What duban knows of a case, for its explanation.
CREATE OR REPLACE FUNCTION duban.web_explain(p_who text, p_case text)
    RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_admit record;
BEGIN
    SELECT * INTO v_admit FROM duban.web_admit(p_who, p_case, duban.web_everybody());
    IF v_admit.error IS NOT NULL THEN
        RETURN json_build_object('error', v_admit.error);
    END IF;
    RETURN duban.explain_case(p_case, NULL, NULL);
END
$$;

-- --- acts ---

CREATE OR REPLACE FUNCTION duban.web_acknowledge(
    p_who text, p_case text, p_clock text, p_note text)
    RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_admit record;
BEGIN
    SELECT * INTO v_admit FROM duban.web_admit(p_who, p_case, duban.web_everybody());
    IF v_admit.error IS NOT NULL THEN
        RETURN json_build_object('error', v_admit.error);
    END IF;
    RETURN json_build_object('clocks', duban.acknowledge(p_case, p_clock, v_admit.name, p_note));
END
$$;

-- Takes levels back, as duban.withdraw does.
CREATE OR REPLACE FUNCTION duban.web_withdraw(
    p_who text, p_case text, p_clock text, p_reason text, p_route_kind text[], p_route_role text[],
    p_route_channel text[], p_route_gather_us bigint[], p_day date)
    RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_admit record;
BEGIN
    SELECT * INTO v_admit FROM duban.web_admit(p_who, p_case, ARRAY['supervision', 'admin']);
    IF v_admit.error IS NOT NULL THEN
        RETURN json_build_object('error', v_admit.error);
    END IF;
    RETURN json_build_object('clocks', duban.withdraw(
        p_case, p_clock, v_admit.name, p_reason, p_route_kind, p_route_role, p_route_channel,
        p_route_gather_us, p_day));
END
$$;

CREATE OR REPLACE FUNCTION duban.web_silence(
    p_who text, p_case text, p_until timestamptz, p_reason text)
    RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_admit record;
    v_now   timestamptz := duban.now();
    v_id    bigint;
BEGIN
    SELECT * INTO v_admit FROM duban.web_admit(p_who, p_case, ARRAY['supervision', 'admin']);
    IF v_admit.error IS NOT NULL THEN
        RETURN json_build_object('error', v_admit.error);
    ELSIF p_until <= v_now OR p_until > v_now + interval '400 days' THEN
        RETURN '{"error": "until"}';
    END IF;
    v_id := duban.silence_add('case', p_case, NULL, p_until, p_reason, v_admit.name);
    PERFORM duban.web_record(v_now, p_case, 'silenced', NULL, v_admit.user_id,
                             v_admit.name || ': ' || btrim(p_reason));
    RETURN json_build_object('silence', v_id);
END
$$;

-- Puts one dead letter back into the queue.
CREATE OR REPLACE FUNCTION duban.web_resend(p_who text, p_id bigint)
    RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_who    record;
    v_case   text;
    v_filter jsonb := jsonb_build_object('first', p_id, 'last', p_id);
BEGIN
    SELECT * INTO v_who FROM duban.web_who(p_who);
    IF v_who.role IS NULL THEN
        RETURN '{"error": "unauthorized"}';
    ELSIF v_who.role NOT IN ('supervision', 'admin') OR v_who.codes IS NOT NULL THEN
        RETURN '{"error": "forbidden"}';
    END IF;
    SELECT f.case_no INTO v_case FROM duban.dead_find(v_filter, true, 1) f;
    IF v_case IS NULL OR duban.dead_resend(v_filter, true, 1) = 0 THEN
        RETURN '{"error": "not_found"}';
    END IF;
    PERFORM duban.web_record(duban.now(), v_case, 'resent', NULL, v_who.user_id,
                             v_who.name || ': ' || p_id);
    RETURN json_build_object('resent', p_id);
END
$$;
