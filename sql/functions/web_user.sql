-- Who is looking: sessions, tokens, and names that a proxy vouches for. Everything here that
-- duban-web may call runs with its owner's rights, and decides by the user's row.

-- The user behind `p_who`: 's:KEY' of a session, 't:KEY' of a token, 'h:NAME' from a proxy's single
-- sign-on, 'p:' for anybody before a public wall. No row: nobody. `codes`: the windows, departments
-- and centres that they see; null: all.
CREATE OR REPLACE FUNCTION duban.web_who(p_who text)
    RETURNS TABLE (user_id integer, name text, role text, place text, codes text[])
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := duban.now();
    v_key text := substr(p_who, 3);
    v_id  integer;
    v_row duban.web_user;
BEGIN
    CASE left(p_who, 2)
        WHEN 'p:' THEN
            RETURN QUERY SELECT 0, '', 'wall', '', NULL::text[];
            RETURN;
        WHEN 's:' THEN
            SELECT s.user_id INTO v_id FROM duban.web_session s
             WHERE s.key = v_key COLLATE "C" AND s.ends_at > v_now AND s.seen_at + s.idle > v_now;
            UPDATE duban.web_session s SET seen_at = v_now
             WHERE v_id IS NOT NULL AND s.key = v_key COLLATE "C"
               AND s.seen_at < v_now - interval '1 minute';
        WHEN 't:' THEN
            SELECT t.user_id INTO v_id FROM duban.web_token t
             WHERE t.key = v_key COLLATE "C" AND t.revoked_at IS NULL
               AND (t.ends_at IS NULL OR t.ends_at > v_now);
        WHEN 'h:' THEN
            SELECT u.id INTO v_id FROM duban.web_user u WHERE u.name = v_key COLLATE "C";
        ELSE RETURN;
    END CASE;
    SELECT u.* INTO v_row FROM duban.web_user u WHERE u.id = v_id AND u.disabled_at IS NULL;
    IF v_row.id IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT v_row.id, v_row.name, v_row.role, v_row.place::text,
                        CASE WHEN v_row.place <> '' THEN duban.web_codes(v_row.place) END;
END
$$;

-- The entries at which cases lie, from a place of the directory downwards; none when the directory
-- doesn't know it (any more).
CREATE OR REPLACE FUNCTION duban.web_codes(p_place text)
    RETURNS text[]
    LANGUAGE sql STABLE
AS $$
    WITH RECURSIVE below AS (
        SELECT r.code, r.kind FROM duban.recipient r WHERE r.code = p_place COLLATE "C"
         UNION
        SELECT r.code, r.kind FROM below b JOIN duban.recipient r ON r.parent = b.code
    )
    SELECT coalesce(array_agg(b.code ORDER BY b.code), '{}')
      FROM below b WHERE b.kind IN ('window', 'department', 'centre')
$$;

-- Records in the ledger what a user did: with a case's clock as it stands, or of no case ('').
-- `p_version`: the user's number, 0 without one. With `p_repeat` a repeat changes nothing and gives
-- null.
CREATE OR REPLACE FUNCTION duban.web_record(
    p_now timestamptz, p_case text, p_kind text, p_repeat bigint, p_version bigint, p_detail text)
    RETURNS bigint
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
AS $$
DECLARE
    v_clock  duban.clock;
    v_repeat bigint := p_repeat;
    v_event  bigint;
BEGIN
    SELECT c.* INTO v_clock FROM duban.clock c
     WHERE c.case_no = p_case COLLATE "C" ORDER BY c.severity DESC, c.due_at LIMIT 1;
    LOOP
        IF p_repeat IS NULL THEN -- each time anew
            SELECT coalesce(max(e.repeat), -1) + 1 INTO v_repeat FROM duban.event e
             WHERE e.case_no = p_case COLLATE "C" AND e.clock = '' AND e.kind = p_kind COLLATE "C"
               AND e.deadline_version = p_version;
        END IF;
        INSERT INTO duban.event
               (case_no, clock, kind, deadline_version, repeat, sequence, event_at, recorded_at,
                level, rank, due_at, window_code, department_code, item_code, told, detail)
        VALUES (p_case, '', p_kind, p_version, v_repeat,
                CASE WHEN p_case = '' THEN 0 ELSE duban.next_sequence(p_case) END, p_now, p_now,
                coalesce(v_clock.level, 'normal'), coalesce(v_clock.rank, 0), v_clock.due_at,
                coalesce(v_clock.window_code, ''), coalesce(v_clock.department_code, ''),
                coalesce(v_clock.item_code, ''), 'no: recorded only', p_detail)
            ON CONFLICT DO NOTHING
        RETURNING id INTO v_event;
        EXIT WHEN v_event IS NOT NULL OR p_repeat IS NOT NULL; -- else somebody took the number
    END LOOP;
    RETURN v_event;
END
$$;

-- A look at the people of a case, for a reason: an event before they are shown, which duban-web
-- does from the approval system's view. For those who have to call somebody.
CREATE OR REPLACE FUNCTION duban.web_reveal(p_who text, p_case text, p_reason text)
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
    PERFORM duban.web_record(duban.now(), p_case, 'revealed', NULL, v_admit.user_id,
                             v_admit.name || ': ' || btrim(p_reason));
    RETURN json_build_object('case_no', p_case);
END
$$;

-- Begins a try to log in: the hash to check the password against ('' when there is none to match),
-- or how long nobody may try (`wait_s` > 0): after 5 tries for an account, or 30 of an address,
-- within a quarter of an hour. The try counts whatever comes of it.
CREATE OR REPLACE FUNCTION duban.web_login_begin(p_name text, p_address text)
    RETURNS TABLE (hash text, wait_s bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_now  timestamptz := duban.now();
    v_span interval := interval '15 minutes';
BEGIN
    DELETE FROM duban.web_throttle t
     WHERE t.key = ANY (ARRAY(SELECT o.key FROM duban.web_throttle o WHERE o.since < v_now - v_span
                               ORDER BY o.since LIMIT 100 FOR UPDATE SKIP LOCKED));
    RETURN QUERY
    WITH tried AS (
        INSERT INTO duban.web_throttle AS t (key, tries, since)
        SELECT k.key, 1, v_now
          FROM (VALUES ('address:' || left(p_address, 100)), ('user:' || left(p_name, 100))) k(key)
         ORDER BY k.key
            ON CONFLICT (key) DO UPDATE
           SET tries = CASE WHEN t.since < v_now - v_span THEN 1
                            ELSE least(t.tries + 1, 1000) END,
               since = CASE WHEN t.since < v_now - v_span THEN v_now ELSE t.since END
        RETURNING t.key, t.tries, t.since
    ), waits AS (
        SELECT coalesce(max(ceil(extract(epoch FROM t.since + v_span - v_now))), 0)::bigint AS wait_s
          FROM tried t
         WHERE t.tries > CASE WHEN t.key LIKE 'user:%' THEN 5 ELSE 30 END
    )
    SELECT coalesce((SELECT u.hash FROM duban.web_user u
                      WHERE u.name = p_name COLLATE "C" AND u.disabled_at IS NULL
                        AND w.wait_s = 0), ''), w.wait_s
      FROM waits w;
END
$$;

-- The password was right: the session that begins. `p_old`: the key of one that it replaces, or ''.
-- False when the user was disabled, or has another password, meanwhile.
CREATE OR REPLACE FUNCTION duban.web_login(
    p_name text, p_hash text, p_address text, p_key text, p_old text, p_idle_us bigint,
    p_most_us bigint)
    RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now  timestamptz := duban.now();
    v_user integer;
BEGIN
    SELECT u.id INTO v_user FROM duban.web_user u
     WHERE u.name = p_name COLLATE "C" AND u.disabled_at IS NULL AND u.hash = p_hash
       AND u.hash <> ''
       FOR SHARE;
    IF v_user IS NULL THEN
        RETURN false;
    END IF;
    DELETE FROM duban.web_throttle t WHERE t.key = 'user:' || left(p_name, 100);
    DELETE FROM duban.web_session s WHERE s.key = p_old COLLATE "C";
    DELETE FROM duban.web_session s
     WHERE s.key = ANY (ARRAY(SELECT o.key FROM duban.web_session o WHERE o.ends_at < v_now
                               ORDER BY o.ends_at LIMIT 100 FOR UPDATE SKIP LOCKED));
    INSERT INTO duban.web_session (key, user_id, created_at, seen_at, idle, ends_at, address)
    VALUES (p_key, v_user, v_now, v_now, p_idle_us * interval '1 microsecond',
            v_now + p_most_us * interval '1 microsecond', p_address);
    PERFORM duban.web_record(v_now, '', 'login', NULL, v_user, p_name || ' ' || p_address);
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION duban.web_logout(p_who text)
    RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM duban.web_session s
     WHERE left(p_who, 2) = 's:' AND s.key = substr(p_who, 3) COLLATE "C"
$$;

-- Who the user is, for the pages. `role` '' when nobody is logged in.
CREATE OR REPLACE FUNCTION duban.web_me(p_who text)
    RETURNS json
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(
        (SELECT json_build_object(
                    'user', w.name, 'role', w.role, 'place', w.place,
                    'place_name', coalesce((SELECT r.name FROM duban.recipient r
                                             WHERE r.code = w.place COLLATE "C"), ''),
                    'now', duban.now(),
                    'places', (SELECT coalesce(json_agg(json_build_object(
                                          'code', r.code, 'name', r.name, 'kind', r.kind,
                                          'parent', r.parent) ORDER BY r.kind, r.code), '[]')
                                 FROM duban.recipient r
                                WHERE w.role <> 'wall' AND r.kind IN ('window', 'department')
                                  AND (w.codes IS NULL OR r.code = ANY (w.codes))))
           FROM duban.web_who(p_who) w),
        '{"error": "unauthorized"}')
$$;

-- Which of these viewers may go on looking, and at what.
CREATE OR REPLACE FUNCTION duban.web_viewers(p_who text[])
    RETURNS TABLE (who text, role text, is_all boolean, codes text)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.who, w.role, w.codes IS NULL, coalesce(array_to_string(w.codes, E'\n'), '')
      FROM (SELECT DISTINCT u.who FROM unnest(p_who) AS u(who)) p
     CROSS JOIN LATERAL duban.web_who(p.who) w
$$;
