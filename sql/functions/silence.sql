-- Silences 免打扰: what they cover is held, stays visible, and is told once at the end if it is
-- still true.

-- The active silence that covers a case, by itself or by its item, window or department: the one
-- that ends last; no row without one. Four looks into the index, when the caller is planned
-- by index (enable_seqscan = off), as all that call it for many cases are.
CREATE OR REPLACE FUNCTION duban.silence_of(
    p_now timestamptz, p_case text, p_item text, p_window text, p_department text)
    RETURNS SETOF duban.silence -- at most one; a set is made part of the query that asks
    LANGUAGE sql STABLE
AS $$
    SELECT s.*
      FROM (VALUES ('case', p_case), ('item', p_item), ('window', p_window),
                   ('department', p_department)) AS v(scope, code)
      JOIN duban.silence s
        ON s.scope = v.scope COLLATE "C" AND s.code = v.code COLLATE "C" AND s.ends_at > p_now
     WHERE s.begins_at <= p_now AND s.ended_at IS NULL
     ORDER BY s.ends_at DESC, s.id
     LIMIT 1
$$;

-- Begins a silence, at once when `p_from` is null. Returns its number.
CREATE OR REPLACE FUNCTION duban.silence_add(
    p_scope text, p_code text, p_from timestamptz, p_until timestamptz, p_reason text,
    p_author text)
    RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    v_now  timestamptz := duban.now();
    v_from timestamptz := coalesce(p_from, v_now);
    v_id   bigint;
BEGIN
    IF p_scope IS NULL OR p_scope NOT IN ('case', 'item', 'window', 'department') THEN
        RAISE EXCEPTION '''%'' is no scope; expected case, item, window or department', p_scope;
    ELSIF coalesce(btrim(p_code), '') = '' THEN
        RAISE EXCEPTION 'the code of the % is missing', p_scope;
    ELSIF coalesce(btrim(p_reason), '') = '' THEN
        RAISE EXCEPTION 'a silence needs a reason';
    ELSIF coalesce(btrim(p_author), '') = '' THEN
        RAISE EXCEPTION 'a silence needs the name of who wants it';
    ELSIF p_until IS NULL OR p_until <= v_now THEN
        RAISE EXCEPTION 'the end of the silence has passed already';
    ELSIF p_until <= v_from THEN
        RAISE EXCEPTION 'the silence would end before it begins';
    END IF;
    INSERT INTO duban.silence (scope, code, reason, author, created_at, begins_at, ends_at)
    VALUES (p_scope, p_code, btrim(p_reason), btrim(p_author), v_now, v_from, p_until)
    RETURNING id INTO v_id;
    RETURN v_id;
END
$$;

-- Whether duban has heard of what a silence is for: a code that nobody knows silences nothing. Of
-- an item that can't be told (null): no index finds its cases.
CREATE OR REPLACE FUNCTION duban.silence_is_known(p_scope text, p_code text)
    RETURNS boolean
    LANGUAGE sql STABLE
AS $$
    SELECT CASE p_scope
        WHEN 'case' THEN EXISTS (SELECT FROM duban.clock c WHERE c.case_no = p_code COLLATE "C")
        WHEN 'item' THEN NULL
        ELSE EXISTS (SELECT FROM duban.recipient r
                      WHERE r.code = p_code COLLATE "C" AND r.kind = p_scope)
    END
$$;

-- Silences that are active or to come; with `p_all` the newest `p_most` of all. `state`: planned,
-- active, over, or ended (by hand); `held`: how many notifications wait because of it.
CREATE OR REPLACE FUNCTION duban.silence_list(p_all boolean, p_most bigint)
    RETURNS json
    LANGUAGE sql STABLE
AS $$
    SELECT coalesce(json_agg(l ORDER BY l.id DESC), '[]')
      FROM (SELECT s.id, s.scope, s.code, s.reason, s.author, s.created_at, s.begins_at, s.ends_at,
                   s.ended_at, s.ended_by,
                   CASE WHEN s.ended_at IS NOT NULL THEN 'ended'
                        WHEN s.ends_at <= t.now THEN 'over'
                        WHEN s.begins_at > t.now THEN 'planned'
                        ELSE 'active' END AS state,
                   (SELECT count(*) FROM duban.pending p WHERE p.silence = s.id) AS held
              FROM duban.silence s CROSS JOIN (SELECT duban.now() AS now) t
             WHERE p_all OR (s.ended_at IS NULL AND s.ends_at > t.now)
             ORDER BY s.id DESC
             LIMIT p_most) l
$$;

-- Ends a silence before its time. What waits because of it is looked at again at once; returns how
-- many notifications that are.
CREATE OR REPLACE FUNCTION duban.silence_end(p_id bigint, p_author text)
    RETURNS bigint
    LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
    v_now      timestamptz := duban.now();
    v_silence  duban.silence;
    v_released bigint;
BEGIN
    IF coalesce(btrim(p_author), '') = '' THEN
        RAISE EXCEPTION 'the name of who ends the silence is missing';
    END IF;
    SELECT * INTO v_silence FROM duban.silence s WHERE s.id = p_id FOR UPDATE;
    IF v_silence.id IS NULL THEN
        RAISE EXCEPTION 'there is no silence %', p_id;
    ELSIF v_silence.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'silence % was ended already by %', p_id, v_silence.ended_by;
    ELSIF v_silence.ends_at <= v_now THEN
        RAISE EXCEPTION 'silence % is over already', p_id;
    END IF;
    UPDATE duban.silence SET ended_at = v_now, ended_by = btrim(p_author) WHERE id = p_id;
    WITH freed AS (
        UPDATE duban.pending p SET release_at = v_now, hold_reason = '', silence = NULL
         WHERE p.silence = p_id
        RETURNING 1
    )
    SELECT count(*) INTO v_released FROM freed;
    RETURN v_released;
END
$$;
