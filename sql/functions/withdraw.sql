-- Withdrawal 摘牌: the supervision office takes a level back that was given wrongly. It leaves the
-- figures, not the ledger.

-- Takes back the levels that the clocks of a case hold, with those below; with `p_clock` only that
-- clock's. Of a clock that has ended it is the highest level that it came to under its last
-- deadline, so that figures can be corrected afterwards. Reminders end; what waits to be told of
-- these levels is cancelled, in the queue too (duban.stale_reason); whoever was told of them is told
-- of this, beside whom routes of the kind level_withdrawn name (p_route_…, p_day as for
-- duban.notify). A higher level or another deadline is raised as ever. Tells of each clock what it
-- did: `done` is 'withdrawn', 'already', or why there was nothing to do: 'normal', or 'changed': its
-- deadline has just changed, and what then holds is not decided yet. An empty array: no such clock.
--
-- The event's `repeat` is the rank, so that a higher level can be withdrawn after a lower one.
CREATE OR REPLACE FUNCTION duban.withdraw(
    p_case text, p_clock text, p_author text, p_reason text,
    p_route_kind text[], p_route_role text[], p_route_channel text[], p_route_gather_us bigint[],
    p_day date)
    RETURNS json
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
DECLARE
    v_now  timestamptz := duban.now();
    v_row  duban.clock;
    v_all  json[] := '{}';
    v_done json;
BEGIN
    IF coalesce(btrim(p_author), '') = '' THEN
        RAISE EXCEPTION 'the name of who withdraws is missing';
    ELSIF coalesce(btrim(p_reason), '') = '' THEN
        RAISE EXCEPTION 'a withdrawal needs a reason';
    END IF;
    FOR v_row IN
        SELECT * FROM duban.clock c
         WHERE c.case_no = p_case COLLATE "C"
           AND (p_clock IS NULL OR c.clock = p_clock COLLATE "C")
         ORDER BY c.clock
           FOR UPDATE
    LOOP
        v_done := duban.withdraw_clock(v_now, v_row, btrim(p_author), btrim(p_reason), p_route_kind,
                                       p_route_role, p_route_channel, p_route_gather_us, p_day);
        v_all := v_all || v_done;
    END LOOP;
    RETURN array_to_json(v_all);
END
$$;

-- The same for one clock, whose row is locked.
CREATE OR REPLACE FUNCTION duban.withdraw_clock(
    p_now timestamptz, p_clock duban.clock, p_author text, p_reason text,
    p_route_kind text[], p_route_role text[], p_route_channel text[], p_route_gather_us bigint[],
    p_day date)
    RETURNS json
    LANGUAGE plpgsql
AS $$
DECLARE
    v_rank   smallint := p_clock.rank;
    v_level  text := p_clock.level;
    v_done   text := 'withdrawn';
    v_event  bigint;
    v_levels bigint := 0;
    v_ended  bigint := 0;
    v_waited bigint := 0;
    v_told   bigint := 0;
BEGIN
    IF p_clock.state IN ('stopped', 'vanished') THEN
        SELECT e.rank, e.kind INTO v_rank, v_level
          FROM duban.event e
         WHERE e.case_no = p_clock.case_no AND e.clock = p_clock.clock AND e.kind = e.level
           AND e.rank > 0 AND e.deadline_version = p_clock.raised_version
         ORDER BY e.rank DESC LIMIT 1;
    END IF;
    IF p_clock.raised_version <> p_clock.deadline_version AND p_clock.state <> 'vanished' THEN
        v_done := 'changed';
    ELSIF coalesce(v_rank, 0) = 0 THEN
        v_done := 'normal';
    ELSIF p_clock.withdrawn_version = p_clock.raised_version AND p_clock.withdrawn_rank >= v_rank THEN
        v_done := 'already';
    ELSE
        SELECT l.event, l.levels INTO v_event, v_levels
          FROM duban.withdraw_level(p_now, p_clock, v_rank, p_author, p_reason) l;
        DELETE FROM duban.reminder r
         WHERE r.case_no = p_clock.case_no AND r.clock = p_clock.clock
           AND r.deadline_version = p_clock.raised_version;
        GET DIAGNOSTICS v_ended = ROW_COUNT;
        v_waited := duban.cancel_waiting(p_clock.case_no, p_clock.clock, p_clock.raised_version,
                                         'cancelled: the level was withdrawn');
        v_told := duban.notify(
            p_now, ARRAY[v_event], ARRAY['level_withdrawn'],
            ARRAY[coalesce((SELECT r.code FROM duban.recipient r
                             WHERE r.code = p_clock.window_code COLLATE "C"),
                           p_clock.department_code)],
            p_route_kind, p_route_role, p_route_channel, p_route_gather_us, p_day);
    END IF;
    RETURN json_build_object(
        'clock', p_clock.clock, 'level', coalesce(v_level, 'normal'), 'due_at', p_clock.due_at,
        'deadline_version', p_clock.raised_version, 'done', v_done, 'levels', v_levels,
        'reminders_ended', v_ended, 'cancelled', v_waited, 'told', v_told);
END
$$;

-- Records it: the event, which of the clock's levels it takes back, and how far the clock's are
-- taken back now.
CREATE OR REPLACE FUNCTION duban.withdraw_level(
    p_now timestamptz, p_clock duban.clock, p_rank smallint, p_author text, p_reason text,
    OUT event bigint, OUT levels bigint)
    LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_event bigint;
BEGIN
    INSERT INTO duban.event
           (case_no, clock, kind, deadline_version, repeat, sequence, event_at, recorded_at, level,
            rank, due_at, window_code, department_code, item_code, told, detail, episode)
    VALUES (p_clock.case_no, p_clock.clock, 'level_withdrawn', p_clock.raised_version, p_rank,
            duban.next_sequence(p_clock.case_no), p_now, p_now, 'normal', 0, p_clock.due_at,
            p_clock.window_code, p_clock.department_code, p_clock.item_code, 'yes',
            p_author || ': ' || p_reason, p_clock.episode)
    RETURNING id INTO v_event;
    INSERT INTO duban.withdrawal (event, withdrawn_by, at, author, reason)
    SELECT e.id, v_event, p_now, p_author, p_reason
      FROM duban.event e
     WHERE e.case_no = p_clock.case_no AND e.clock = p_clock.clock AND e.kind = e.level
       AND e.rank > 0 AND (e.rank <= p_rank OR e.kind = p_clock.level)
       AND e.deadline_version BETWEEN least(p_clock.carried_from, p_clock.raised_version)
                                  AND p_clock.raised_version
        ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS levels = ROW_COUNT;
    UPDATE duban.clock c
       SET withdrawn_rank = p_rank, withdrawn_version = p_clock.raised_version
     WHERE c.case_no = p_clock.case_no AND c.clock = p_clock.clock;
    event := v_event;
END
$$;
