-- Accounts of the board, by hand: for dubanctl, as the owner.

-- `p_hash`: '' for an account without a password.
CREATE OR REPLACE FUNCTION duban.web_user_add(
    p_name text, p_role text, p_place text, p_hash text)
    RETURNS json
    LANGUAGE plpgsql
AS $$
DECLARE
    v_now timestamptz := duban.now();
BEGIN
    IF p_name !~ '^[^[:space:][:cntrl:]]{1,64}$' THEN
        RAISE EXCEPTION '''%'' is no name: at most 64 characters, without spaces', p_name;
    ELSIF p_role NOT IN ('supervision', 'department', 'window', 'wall', 'admin') THEN
        RAISE EXCEPTION
            '''%'' is no role; expected supervision, department, window, wall or admin', p_role;
    ELSIF p_role IN ('department', 'window') AND p_place = '' THEN
        RAISE EXCEPTION 'a % needs a place of the directory', p_role;
    ELSIF p_place <> '' AND NOT EXISTS (SELECT FROM duban.recipient r
                                         WHERE r.code = p_place COLLATE "C") THEN
        RAISE EXCEPTION 'the directory has no entry ''%''', p_place;
    END IF;
    INSERT INTO duban.web_user (name, role, place, hash, created_at, password_at)
    VALUES (p_name, p_role, p_place, p_hash, v_now, CASE WHEN p_hash <> '' THEN v_now END)
        ON CONFLICT (name) DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is a user ''%'' already', p_name;
    END IF;
    PERFORM duban.web_record(v_now, '', 'user_added', NULL, 0,
                             p_name || ' ' || p_role || ' ' || p_place);
    RETURN json_build_object('user', p_name, 'role', p_role, 'place', p_place);
END
$$;

CREATE OR REPLACE FUNCTION duban.web_user_id(p_name text)
    RETURNS integer
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_id integer;
BEGIN
    SELECT u.id INTO v_id FROM duban.web_user u WHERE u.name = p_name COLLATE "C";
    IF v_id IS NULL THEN
        RAISE EXCEPTION 'there is no user ''%''', p_name;
    END IF;
    RETURN v_id;
END
$$;

CREATE OR REPLACE FUNCTION duban.web_user_list()
    RETURNS json
    LANGUAGE sql STABLE
AS $$
    SELECT coalesce(json_agg(json_build_object(
               'user', u.name, 'role', u.role, 'place', u.place, 'password', u.hash <> '',
               'password_at', u.password_at, 'disabled_at', u.disabled_at,
               'sessions', (SELECT count(*) FROM duban.web_session s
                             WHERE s.user_id = u.id AND s.ends_at > duban.now()
                               AND s.seen_at + s.idle > duban.now()),
               'tokens', (SELECT coalesce(json_agg(json_build_object(
                                     'id', t.id, 'label', t.label, 'created_at', t.created_at,
                                     'ends_at', t.ends_at) ORDER BY t.id), '[]')
                            FROM duban.web_token t
                           WHERE t.user_id = u.id AND t.revoked_at IS NULL)) ORDER BY u.name), '[]')
      FROM duban.web_user u
$$;

-- Disables an account, with its sessions, or enables it again.
CREATE OR REPLACE FUNCTION duban.web_user_disable(p_name text, p_disabled boolean)
    RETURNS json
    LANGUAGE plpgsql
AS $$
DECLARE
    v_now timestamptz := duban.now();
    v_id  integer := duban.web_user_id(p_name);
BEGIN
    UPDATE duban.web_user SET disabled_at = CASE WHEN p_disabled THEN coalesce(disabled_at, v_now) END
     WHERE id = v_id;
    DELETE FROM duban.web_session WHERE user_id = v_id AND p_disabled;
    PERFORM duban.web_record(v_now, '',
                             CASE WHEN p_disabled THEN 'user_disabled' ELSE 'user_enabled' END,
                             NULL, 0, p_name);
    RETURN json_build_object('user', p_name, 'disabled', p_disabled);
END
$$;

-- Another password: who is logged in has to log in again. The tries are forgotten.
CREATE OR REPLACE FUNCTION duban.web_user_password(p_name text, p_hash text)
    RETURNS json
    LANGUAGE plpgsql
AS $$
DECLARE
    v_now timestamptz := duban.now();
    v_id  integer := duban.web_user_id(p_name);
BEGIN
    UPDATE duban.web_user SET hash = p_hash, password_at = v_now WHERE id = v_id;
    DELETE FROM duban.web_session WHERE user_id = v_id;
    DELETE FROM duban.web_throttle WHERE key = 'user:' || left(p_name, 100);
    PERFORM duban.web_record(v_now, '', 'user_password', NULL, 0, p_name);
    RETURN json_build_object('user', p_name);
END
$$;

-- A token for programs, of which only the digest is kept. `p_days`: how long it is good, 0 for ever.
CREATE OR REPLACE FUNCTION duban.web_token_add(
    p_name text, p_key text, p_label text, p_days bigint)
    RETURNS json
    LANGUAGE plpgsql
AS $$
DECLARE
    v_now  timestamptz := duban.now();
    v_id   integer := duban.web_user_id(p_name);
    v_made duban.web_token;
BEGIN
    INSERT INTO duban.web_token (user_id, key, label, created_at, ends_at)
    VALUES (v_id, p_key, p_label, v_now,
            CASE WHEN p_days > 0 THEN v_now + p_days * interval '1 day' END)
    RETURNING * INTO v_made;
    PERFORM duban.web_record(v_now, '', 'token_added', NULL, 0, p_name || ' ' || v_made.id);
    RETURN json_build_object('user', p_name, 'id', v_made.id, 'ends_at', v_made.ends_at);
END
$$;

CREATE OR REPLACE FUNCTION duban.web_token_revoke(p_name text, p_id bigint)
    RETURNS json
    LANGUAGE plpgsql
AS $$
DECLARE
    v_now timestamptz := duban.now();
    v_id  integer := duban.web_user_id(p_name);
BEGIN
    UPDATE duban.web_token SET revoked_at = v_now
     WHERE user_id = v_id AND id = p_id AND revoked_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the user ''%'' has no token %', p_name, p_id;
    END IF;
    PERFORM duban.web_record(v_now, '', 'token_revoked', NULL, 0, p_name || ' ' || p_id);
    RETURN json_build_object('user', p_name, 'revoked', p_id);
END
$$;
