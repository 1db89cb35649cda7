-- Reminders 催办: levels that nobody has acknowledged are told again, day after day.

-- Begins the reminders of the told events given, if they are of a kind that is repeated. They are
-- looked at right away, and then wait for their first opening.
CREATE OR REPLACE FUNCTION duban.reminder_begin(
    p_now timestamptz, p_event bigint[], p_kind text[])
    RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
BEGIN
    IF cardinality(p_kind) = 0 THEN
        RETURN;
    END IF;
    INSERT INTO duban.reminder (case_no, clock, kind, deadline_version, event, next_at)
    SELECT e.case_no, e.clock, e.kind, e.deadline_version, e.id, p_now
      FROM duban.event e
     WHERE e.id = ANY (p_event) AND e.kind = ANY (p_kind)
     ORDER BY 1, 2, 3, 4
        ON CONFLICT DO NOTHING;
END
$$;

-- Whether a level has been acknowledged under a deadline, or a higher one has.
CREATE OR REPLACE FUNCTION duban.is_acknowledged(
    p_case text, p_clock text, p_version integer, p_rank smallint)
    RETURNS boolean
    LANGUAGE sql STABLE
AS $$
    SELECT EXISTS (SELECT FROM duban.event e
                    WHERE e.case_no = p_case COLLATE "C" AND e.clock = p_clock COLLATE "C"
                      AND e.kind = 'acknowledged' AND e.deadline_version = p_version
                      AND e.repeat >= p_rank)
$$;

-- The reminders to look at, the earliest first. `gone`: the clock isn't at that level of that
-- deadline any more, or somebody has acknowledged it or withdrawn the level. `may_tell`: the clock
-- runs, and no silence covers the case. The last row has no case: it tells the time and when the
-- next one after these is due, within ten minutes. The floor is as in duban.escalator_due.
CREATE OR REPLACE FUNCTION duban.reminder_due(p_limit bigint, p_floor timestamptz)
    RETURNS TABLE (now timestamptz, next_at timestamptz, case_no text, clock text, kind text,
                   deadline_version integer, sent integer, told_at timestamptz, gone boolean,
                   may_tell boolean)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_now   timestamptz := duban.now();
    v_floor timestamptz := coalesce(p_floor, '-infinity');
BEGIN
    IF EXISTS (SELECT FROM duban.reminder q
                WHERE q.next_at >= v_floor AND q.next_at <= v_now) THEN
        RETURN QUERY
            SELECT v_now, r.next_at, r.case_no, r.clock, r.kind, r.deadline_version, r.sent,
                   e.recorded_at,
                   c.state IS NULL OR c.state NOT IN ('running', 'suspended')
                   OR c.deadline_version <> r.deadline_version OR c.level <> e.level
                   OR (c.withdrawn_version = r.deadline_version AND c.withdrawn_rank >= e.rank)
                   OR duban.is_acknowledged(r.case_no, r.clock, r.deadline_version, e.rank),
                   c.state = 'running' AND s.id IS NULL
              FROM (SELECT q.* FROM duban.reminder q
                     WHERE q.next_at >= v_floor AND q.next_at <= v_now
                     ORDER BY q.next_at
                     LIMIT p_limit) r
              JOIN duban.event e ON e.id = r.event
              LEFT JOIN duban.clock c ON c.case_no = r.case_no AND c.clock = r.clock
              LEFT JOIN LATERAL duban.silence_of(v_now, c.case_no, c.item_code, c.window_code,
                                                 c.department_code) s ON true
             ORDER BY r.next_at, r.case_no, r.clock;
    END IF;
    RETURN QUERY
        SELECT v_now, (SELECT r.next_at FROM duban.reminder r
                        WHERE r.next_at > v_now AND r.next_at < v_now + interval '10 minutes'
                        ORDER BY r.next_at LIMIT 1),
               NULL::text, NULL::text, NULL::text, NULL::integer, NULL::integer,
               NULL::timestamptz, NULL::boolean, NULL::boolean;
END
$$;

-- Writes what was decided about reminders, in one transaction: each waits until `p_next`, or ends
-- when that is null; where `p_tell` isn't '' a reminder is sent to the routes of that key. Only
-- those are touched of which still as many were sent as when they were read, and nobody is told
-- unless the clock still runs at that level, neither acknowledged nor withdrawn: else the reminder
-- is left due and comes again. An event's `repeat` counts the reminders under its deadline: those of
-- a level go on where those of the lower ones have ended.
CREATE OR REPLACE FUNCTION duban.reminder_write(
    p_now timestamptz,
    p_case text[], p_clock text[], p_kind text[], p_version bigint[], p_sent bigint[],
    p_next timestamptz[], p_tell text[],
    p_route_key text[], p_route_role text[], p_route_channel text[], p_route_gather_us bigint[],
    p_day date)
    RETURNS TABLE (reminders_written bigint, events_written bigint, notifications_written bigint)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_event bigint[];
    v_case  text[];
    v_clock text[];
    v_key   text[];
    v_place text[];
BEGIN
    WITH decided AS MATERIALIZED (
        SELECT r.case_no, r.clock, r.kind, r.deadline_version, r.sent, d.next_at, d.tell, d.place,
               coalesce(c.rank, e.rank) AS rank, e.level, c.due_at, c.window_code,
               c.department_code, c.item_code
          FROM unnest(p_case, p_clock, p_kind, p_version, p_sent, p_next, p_tell) WITH ORDINALITY
               AS d(case_no, clock, kind, version, sent, next_at, tell, place)
          JOIN duban.reminder r
            ON r.case_no = d.case_no COLLATE "C" AND r.clock = d.clock COLLATE "C"
           AND r.kind = d.kind COLLATE "C" AND r.deadline_version = d.version AND r.sent = d.sent
          JOIN duban.event e ON e.id = r.event
          LEFT JOIN duban.clock c ON c.case_no = r.case_no AND c.clock = r.clock
         WHERE d.tell = ''
            OR (c.state = 'running' AND c.deadline_version = r.deadline_version
                AND c.level = e.level
                AND NOT (c.withdrawn_version = r.deadline_version AND c.withdrawn_rank >= e.rank)
                AND NOT duban.is_acknowledged(r.case_no, r.clock, r.deadline_version, e.rank))
           FOR UPDATE OF r
    ), moved AS (
        UPDATE duban.reminder r
           SET next_at = d.next_at, sent = r.sent + (d.tell <> '')::integer
          FROM decided d
         WHERE r.case_no = d.case_no AND r.clock = d.clock AND r.kind = d.kind
           AND r.deadline_version = d.deadline_version AND d.next_at IS NOT NULL
    ), ended AS (
        DELETE FROM duban.reminder r USING decided d
         WHERE r.case_no = d.case_no AND r.clock = d.clock AND r.kind = d.kind
           AND r.deadline_version = d.deadline_version AND d.next_at IS NULL
    ), numbered AS (
        SELECT d.*, row_number() OVER (PARTITION BY d.case_no ORDER BY d.place) AS place_in_case,
               d.sent + 1 + coalesce(
                   (SELECT max(x.repeat) FROM duban.event x
                     WHERE x.case_no = d.case_no AND x.clock = d.clock AND x.kind = 'reminder'
                       AND x.deadline_version = d.deadline_version AND x.rank < d.rank),
                   0) AS repeat
          FROM decided d
         WHERE d.tell <> ''
    ), recorded AS (
        INSERT INTO duban.event
               (case_no, clock, kind, deadline_version, repeat, sequence, event_at, recorded_at,
                level, rank, due_at, window_code, department_code, item_code, told, detail)
        SELECT n.case_no, n.clock, 'reminder', n.deadline_version, n.repeat,
               duban.next_sequence(n.case_no) + n.place_in_case - 1, p_now, p_now, n.level, n.rank,
               n.due_at, n.window_code, n.department_code, n.item_code, 'yes',
               coalesce('part: ' || nullif(duban.worst_part(n.case_no), ''), '')
          FROM numbered n
         ORDER BY n.case_no, n.place_in_case
            ON CONFLICT (case_no, clock, kind, deadline_version, repeat) DO NOTHING
        RETURNING id, case_no, clock, window_code, department_code
    )
    SELECT (SELECT count(*) FROM decided), count(*), array_agg(r.id ORDER BY r.id),
           array_agg(r.case_no ORDER BY r.id), array_agg(r.clock ORDER BY r.id),
           array_agg(coalesce(p.code, r.department_code) ORDER BY r.id)
      INTO reminders_written, events_written, v_event, v_case, v_clock, v_place
      FROM recorded r
      LEFT JOIN duban.recipient p ON p.code = r.window_code COLLATE "C";

    notifications_written := 0;
    IF v_event IS NOT NULL THEN
        -- Of a clock one level at most is told.
        SELECT array_agg(d.tell ORDER BY e.event) INTO v_key
          FROM unnest(v_event, v_case, v_clock) AS e(event, case_no, clock)
          JOIN unnest(p_case, p_clock, p_tell) AS d(case_no, clock, tell)
            ON d.case_no = e.case_no AND d.clock = e.clock AND d.tell <> '';
        notifications_written := duban.notify(p_now, v_event, v_key, v_place, p_route_key,
                                              p_route_role, p_route_channel, p_route_gather_us,
                                              p_day);
    END IF;
    RETURN NEXT;
END
$$;
