-- The self-test: a case of duban's own (lib/source.c makes its row) goes through all stages to a
-- desk of the directory. Cost: a few looks into indexes.

-- Where a run is: '' when its message has arrived, else the stage that it waits for, with what is
-- known of why. `arrived_at` with ''.
CREATE OR REPLACE FUNCTION duban.selftest_progress(
    p_case text, p_channel text, OUT stage text, OUT detail text, OUT arrived_at timestamptz)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET jit = off
    SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
    v_event   bigint;
    v_day     date;
    v_notice  record;
    v_attempt record;
BEGIN
    detail := '';
    IF NOT EXISTS (SELECT FROM duban.clock c WHERE c.case_no = p_case COLLATE "C") THEN
        stage := 'not taken in';
        detail := coalesce((SELECT b.reason FROM duban.bad_row b
                             WHERE b.case_no = p_case COLLATE "C"), '');
        RETURN;
    END IF;
    SELECT e.id, (e.recorded_at AT TIME ZONE 'UTC')::date INTO v_event, v_day
      FROM duban.event e
     WHERE e.case_no = p_case COLLATE "C" AND e.kind = 'selftest' LIMIT 1;
    IF v_event IS NULL THEN
        stage := 'not raised';
        RETURN;
    END IF;
    SELECT n.id, n.outcome, n.message, p.hold_reason INTO v_notice
      FROM duban.notification n
      LEFT JOIN LATERAL (SELECT q.hold_reason FROM duban.pending q
                          WHERE n.outcome IS NULL AND q.notification = n.id LIMIT 1) p ON true
     WHERE n.event = v_event AND n.channel = p_channel COLLATE "C"
     ORDER BY n.message NULLS LAST, n.id LIMIT 1;
    IF v_notice.message IS NULL THEN
        stage := 'not composed';
        detail := coalesce(v_notice.outcome, v_notice.hold_reason, '');
        RETURN;
    END IF;
    SELECT a.verdict, a.detail, a.at INTO v_attempt
      FROM duban.notification n
      JOIN duban.attempt a ON a.message = n.message AND a.day >= v_day
     WHERE n.event = v_event AND n.channel = p_channel COLLATE "C"
     ORDER BY a.verdict IN ('delivered', 'accepted') DESC, a.at DESC LIMIT 1;
    IF v_attempt.verdict IN ('delivered', 'accepted') THEN
        stage := '';
        arrived_at := v_attempt.at;
        RETURN;
    END IF;
    stage := CASE WHEN v_attempt.verdict IN ('permanent', 'rejected') THEN 'refused'
                  ELSE 'not sent' END;
    detail := coalesce(v_attempt.verdict || ': ' || v_attempt.detail,
                       (SELECT s.reason FROM duban.message m
                          JOIN duban.endpoint_state s ON s.endpoint = m.endpoint
                         WHERE m.id = v_notice.message AND m.day >= v_day AND s.state <> 'well'),
                       '');
END
$$;

-- Ends the clocks of all runs but one, so that nothing of them is sent any more. Their hashes stay:
-- who still holds their facts finds nothing new in them.
CREATE OR REPLACE FUNCTION duban.selftest_end_clocks(p_but text)
    RETURNS void
    LANGUAGE sql
    SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
    UPDATE duban.clock SET state = 'stopped', next_at = NULL
     WHERE case_no >= 'duban-selftest-' AND case_no < 'duban-selftest.'
       AND state IN ('running', 'suspended') AND case_no <> p_but COLLATE "C"
$$;

-- One look: ends the run under way when its message has arrived or `p_within_us` is over, begins
-- the next one when `p_interval_us` has passed since the last began. Returns the run under way
-- (case_no null: none) and whether it is taken in; when to look again; and with `has_ended` what
-- became of the one that has just ended.
CREATE OR REPLACE FUNCTION duban.selftest_look(
    p_window text, p_channel text, p_interval_us bigint, p_within_us bigint)
    RETURNS TABLE (now timestamptz, case_no text, taken_in boolean, next_at timestamptz,
                   has_ended boolean, ended_case text, stage text, detail text, took_ms bigint)
    LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_run duban.selftest;
    v_at  record;
BEGIN
    now := duban.now();
    has_ended := false;
    SELECT * INTO v_run FROM duban.selftest s ORDER BY s.begun_at DESC LIMIT 1;
    IF v_run.begun_at IS NOT NULL AND v_run.ended_at IS NULL THEN
        SELECT * INTO v_at FROM duban.selftest_progress(v_run.case_no, v_run.channel);
        IF v_at.stage <> '' AND now < v_run.begun_at + p_within_us * interval '1 microsecond' THEN
            case_no := v_run.case_no;
            taken_in := v_at.stage <> 'not taken in';
            next_at := now;
            RETURN NEXT;
            RETURN;
        END IF;
        UPDATE duban.selftest s
           SET ended_at = now, stage = v_at.stage, detail = left(v_at.detail, 300),
               took_ms = extract(epoch FROM v_at.arrived_at - s.begun_at) * 1000
         WHERE s.begun_at = v_run.begun_at
        RETURNING s.* INTO v_run;
        PERFORM duban.selftest_end_clocks('');
        -- It would help nobody to send it again.
        DELETE FROM duban.dead d
         WHERE d.id = ANY (ARRAY(SELECT n.message
                                   FROM duban.event e JOIN duban.notification n ON n.event = e.id
                                  WHERE e.case_no = v_run.case_no AND n.message IS NOT NULL));
        has_ended := true;
        ended_case := v_run.case_no;
        stage := v_run.stage;
        detail := v_run.detail;
        took_ms := v_run.took_ms;
    END IF;
    next_at := coalesce(v_run.begun_at + p_interval_us * interval '1 microsecond', now);
    IF next_at <= now THEN
        case_no := format('duban-selftest-%s-%s', floor(extract(epoch FROM now)), p_window);
        taken_in := false;
        PERFORM duban.selftest_end_clocks(case_no);
        INSERT INTO duban.selftest (begun_at, case_no, channel) VALUES (now, case_no, p_channel);
        DELETE FROM duban.selftest s WHERE s.begun_at < now - interval '90 days';
        next_at := now;
    END IF;
    RETURN NEXT;
END
$$;
