-- Acknowledgement 签收: somebody takes a case on, and isn't reminded of it any more.

-- Acknowledges the levels that the clocks of a case have reached; with `p_clock` only that clock's.
-- It counts for this level and those below under the clock's deadline as it is now, once: a higher
-- level or another deadline is to be acknowledged anew. Its reminders end; those that aren't
-- messages yet are cancelled. Tells of each clock what it did: `done` is 'acknowledged', 'already',
-- or why there was nothing to do: 'normal', 'stopped', 'vanished', 'dropped', 'withdrawn'. An empty
-- array: no such clock.
--
-- The event's `repeat` is the rank, so that each level can be acknowledged.
CREATE OR REPLACE FUNCTION duban.acknowledge(
    p_case text, p_clock text, p_author text, p_note text)
    RETURNS json
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
DECLARE
    v_now       timestamptz := duban.now();
    v_note      text := coalesce(': ' || nullif(btrim(p_note), ''), '');
    v_row       duban.clock;
    v_told      json[] := '{}';
    v_done      text;
    v_stopped   bigint;
    v_cancelled bigint;
BEGIN
    IF coalesce(btrim(p_author), '') = '' THEN
        RAISE EXCEPTION 'the name of who acknowledges is missing';
    END IF;
    FOR v_row IN
        SELECT * FROM duban.clock c
         WHERE c.case_no = p_case COLLATE "C"
           AND (p_clock IS NULL OR c.clock = p_clock COLLATE "C")
         ORDER BY c.clock
           FOR UPDATE
    LOOP
        v_stopped := 0;
        v_cancelled := 0;
        IF v_row.state IN ('stopped', 'vanished', 'dropped') THEN
            v_done := v_row.state;
        ELSIF v_row.rank = 0 THEN
            v_done := 'normal';
        ELSIF v_row.withdrawn_version = v_row.raised_version
              AND v_row.withdrawn_rank >= v_row.rank THEN
            v_done := 'withdrawn';
        ELSE
            INSERT INTO duban.event
                   (case_no, clock, kind, deadline_version, repeat, sequence, event_at, recorded_at,
                    level, rank, due_at, window_code, department_code, item_code, told, detail)
            VALUES (v_row.case_no, v_row.clock, 'acknowledged', v_row.deadline_version, v_row.rank,
                    duban.next_sequence(v_row.case_no), v_now, v_now, v_row.level, v_row.rank,
                    v_row.due_at, v_row.window_code, v_row.department_code, v_row.item_code,
                    'no: an acknowledgement', btrim(p_author) || v_note)
                ON CONFLICT (case_no, clock, kind, deadline_version, repeat) DO NOTHING;
            v_done := CASE WHEN FOUND THEN 'acknowledged' ELSE 'already' END;
            DELETE FROM duban.reminder r
             WHERE r.case_no = v_row.case_no AND r.clock = v_row.clock
               AND r.deadline_version = v_row.deadline_version;
            GET DIAGNOSTICS v_stopped = ROW_COUNT;
            v_cancelled := duban.cancel_waiting(v_row.case_no, v_row.clock, NULL,
                                                'cancelled: acknowledged');
        END IF;
        v_told := v_told || json_build_object(
            'clock', v_row.clock, 'level', v_row.level, 'due_at', v_row.due_at,
            'deadline_version', v_row.deadline_version, 'done', v_done,
            'reminders_ended', v_stopped, 'cancelled', v_cancelled);
    END LOOP;
    RETURN array_to_json(v_told);
END
$$;

-- Cancels what a clock's reminders still have waiting; with `p_version` its levels' notifications of
-- that deadline too, so far as these were withdrawn. Returns how many notifications that are. The
-- queue of those that wait has no index for them: it is only read when there are some.
CREATE OR REPLACE FUNCTION duban.cancel_waiting(
    p_case text, p_clock text, p_version integer, p_outcome text)
    RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    v_open  bigint[];
    v_count bigint := 0;
BEGIN
    SELECT array_agg(n.id) INTO v_open
      FROM duban.event e JOIN duban.notification n ON n.event = e.id
     WHERE e.case_no = p_case COLLATE "C" AND e.clock = p_clock COLLATE "C" AND n.outcome IS NULL
       AND (e.kind = 'reminder'
            OR (e.deadline_version <= p_version
                AND EXISTS (SELECT FROM duban.withdrawal w WHERE w.event = e.id)));
    IF v_open IS NOT NULL THEN
        WITH gone AS (
            DELETE FROM duban.pending p WHERE p.notification = ANY (v_open)
            RETURNING p.notification
        )
        UPDATE duban.notification n SET outcome = p_outcome
          FROM gone g WHERE n.id = g.notification;
        GET DIAGNOSTICS v_count = ROW_COUNT;
    END IF;
    RETURN v_count;
END
$$;
