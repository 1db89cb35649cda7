-- Escalator: clocks whose next_at has come → levels, events, notifications.

-- The due clocks, the earliest first. The last row has no case: it tells the time and when the
-- next clock after these is due, if it is so within ten minutes (no poll waits longer). `p_floor`
-- (null: none) and those ten minutes spare the scan what lies before and after them, has been dealt
-- with, and vacuum may not yet remove.
CREATE OR REPLACE FUNCTION duban.escalator_due(p_limit bigint, p_floor timestamptz)
    RETURNS TABLE (now timestamptz, next_at timestamptz, case_no text, clock text, rank smallint,
                   deadline_version integer, raised_version integer, facts_hash bigint, level text)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_now   timestamptz := duban.now();
    v_floor timestamptz := coalesce(p_floor, '-infinity');
BEGIN
    RETURN QUERY
        SELECT v_now, c.next_at, c.case_no, c.clock, c.rank, c.deadline_version, c.raised_version,
               c.facts_hash, c.level
          FROM duban.clock c
         WHERE c.next_at >= v_floor AND c.next_at <= v_now
         ORDER BY c.next_at, c.case_no, c.clock
         LIMIT p_limit;
    RETURN QUERY
        SELECT v_now, (SELECT c.next_at FROM duban.clock c
                        WHERE c.next_at > v_now AND c.next_at < v_now + interval '10 minutes'
                        ORDER BY c.next_at LIMIT 1),
               NULL::text, NULL::text, NULL::smallint, NULL::integer, NULL::integer, NULL::bigint,
               NULL::text;
END
$$;

-- The number of a case's next event.
CREATE OR REPLACE FUNCTION duban.next_sequence(p_case text) RETURNS integer
    LANGUAGE sql STABLE
AS $$
    SELECT coalesce(max(sequence), 0) + 1 FROM duban.event WHERE case_no = p_case COLLATE "C"
$$;

-- Whether a level was told under a deadline version from `p_from` on, or is known otherwise: passed on
-- the way to a higher one, or from before first contact.
CREATE OR REPLACE FUNCTION duban.was_told(p_case text, p_clock text, p_level text, p_from integer)
    RETURNS boolean
    LANGUAGE sql STABLE
AS $$
    SELECT EXISTS (SELECT FROM duban.event e
                    WHERE e.case_no = p_case COLLATE "C" AND e.clock = p_clock COLLATE "C"
                      AND e.kind = p_level COLLATE "C" AND e.kind = e.level
                      AND e.deadline_version >= p_from AND e.told <> 'no: the clock is suspended')
$$;

-- Writes what the escalator decided, in one transaction: the clocks that are still as they were
-- when it read them (hash, rank and version), their events, their notifications. A clock that has
-- changed meanwhile is left due and comes again. Events point at their clock by its place in the
-- arrays, from 1. A level with routes of its own has them under 'POLICY/LEVEL'. `p_day` is the local
-- day, for deputies. Of events of a kind in `p_remind_kind` reminders will follow.
--
-- The `detail` of `cleared` is the level that was taken back, its `repeat` (p_event_taken) that level's
-- rank among its clock's as they are now; the `detail` of a level the part that holds the case up,
-- when it is a joint one: "part: NUMBER".
CREATE OR REPLACE FUNCTION duban.escalator_write(
    p_now timestamptz,
    p_case text[], p_clock text[], p_hash bigint[], p_old_rank bigint[], p_version bigint[],
    p_rank bigint[], p_level text[], p_severity bigint[], p_next timestamptz[],
    p_event_row bigint[], p_event_kind text[], p_event_at timestamptz[], p_event_rank bigint[],
    p_event_level text[], p_event_told text[], p_event_points bigint[], p_event_taken bigint[],
    p_route_kind text[], p_route_role text[], p_route_channel text[], p_route_gather_us bigint[],
    p_day date, p_remind_kind text[])
    RETURNS TABLE (clocks_written bigint, events_written bigint, notifications_written bigint)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_event bigint[];
    v_kind  text[];
    v_place text[];
    v_taken text[];   -- the level before, of each clock; null unless one is cleared
    v_begun bigint[]; -- rows whose level has changed since rules did: what was told of it is over
BEGIN
    IF 'cleared' = ANY (p_event_kind) THEN
        SELECT array_agg(c.level ORDER BY f.row) INTO v_taken
          FROM unnest(p_case, p_clock) WITH ORDINALITY AS f(case_no, clock, row)
          LEFT JOIN duban.clock c
            ON c.case_no = f.case_no COLLATE "C" AND c.clock = f.clock COLLATE "C";
    END IF;
    WITH written AS (
        UPDATE duban.clock c
           SET rank = f.rank, level = f.level, severity = f.severity, next_at = f.next_at,
               raised_version = f.version
          FROM unnest(p_case, p_clock, p_hash, p_old_rank, p_version, p_rank, p_level, p_severity,
                      p_next) WITH ORDINALITY
               AS f(case_no, clock, hash, old_rank, version, rank, level, severity, next_at, row)
         WHERE c.case_no = f.case_no COLLATE "C" AND c.clock = f.clock COLLATE "C"
           AND c.facts_hash = f.hash AND c.rank = f.old_rank AND c.deadline_version = f.version
        RETURNING f.row, c.case_no, c.clock, c.deadline_version, c.due_at, c.window_code,
                  c.department_code, c.item_code, c.policy, c.episode, c.carried_from
    ), numbered AS (
        SELECT w.*, e.kind, e.at, e.rank, e.level, e.points, e.taken AS repeat,
               CASE WHEN e.told = 'yes' AND w.carried_from < w.deadline_version
                         AND duban.was_told(w.case_no, w.clock, e.kind, w.carried_from)
                    THEN 'no: told before the rules changed' ELSE e.told END AS told,
               CASE WHEN e.kind = 'cleared' THEN v_taken[w.row]
                    WHEN e.kind = e.level
                         AND EXISTS (SELECT FROM duban.clock k -- hardly any case has parts
                                      WHERE k.parent_case_no = w.case_no AND k.parent_case_no <> ''
                                        AND k.state IN ('running', 'suspended') OFFSET 0)
                    THEN 'part: ' || nullif(duban.worst_part(w.case_no), '')
               END AS detail,
               row_number() OVER (PARTITION BY w.case_no ORDER BY e.row, e.position) AS place_in_case
          FROM unnest(p_event_row, p_event_kind, p_event_at, p_event_rank, p_event_level,
                      p_event_told, p_event_points, p_event_taken) WITH ORDINALITY
               AS e(row, kind, at, rank, level, told, points, taken, position)
          JOIN written w USING (row)
         WHERE NOT EXISTS ( -- else its number would be left out
               SELECT FROM duban.event x
                WHERE x.case_no = w.case_no AND x.clock = w.clock AND x.kind = e.kind COLLATE "C"
                  AND x.deadline_version = w.deadline_version AND x.repeat = e.taken OFFSET 0)
    ), recorded AS (
        INSERT INTO duban.event
               (case_no, clock, kind, deadline_version, repeat, sequence, event_at, recorded_at,
                level, rank, due_at, window_code, department_code, item_code, told, detail, points,
                policy, episode)
        SELECT n.case_no, n.clock, n.kind, n.deadline_version, n.repeat,
               (SELECT coalesce(max(x.sequence), 0) -- duban.next_sequence, without the cost of calls
                  FROM duban.event x WHERE x.case_no = n.case_no) + n.place_in_case,
               n.at, p_now, n.level, n.rank,
               n.due_at, n.window_code, n.department_code, n.item_code, n.told,
               coalesce(n.detail, ''), n.points, n.policy, n.episode
          FROM numbered n
         ORDER BY n.case_no, n.place_in_case
            ON CONFLICT (case_no, clock, kind, deadline_version, repeat) DO NOTHING
        RETURNING id, kind, window_code, department_code, told, policy || '/' || kind AS own_route
    )
    SELECT (SELECT count(*) FROM written),
           (SELECT array_agg(DISTINCT n.row) FROM numbered n WHERE n.carried_from < n.deadline_version),
           count(*),
           array_agg(r.id ORDER BY r.id) FILTER (WHERE r.told = 'yes'),
           array_agg(CASE WHEN r.own_route = ANY (p_route_kind) THEN r.own_route ELSE r.kind END
                     ORDER BY r.id) FILTER (WHERE r.told = 'yes'),
           array_agg(coalesce(p.code, r.department_code) ORDER BY r.id) FILTER (WHERE r.told = 'yes')
      INTO clocks_written, v_begun, events_written, v_event, v_kind, v_place
      FROM recorded r
      LEFT JOIN duban.recipient p ON p.code = r.window_code COLLATE "C";

    IF v_begun IS NOT NULL THEN
        UPDATE duban.clock c SET carried_from = c.deadline_version
          FROM unnest(v_begun) AS b(row)
         WHERE c.case_no = p_case[b.row] COLLATE "C" AND c.clock = p_clock[b.row] COLLATE "C";
    END IF;
    notifications_written := 0;
    IF v_event IS NOT NULL THEN
        notifications_written := duban.notify(p_now, v_event, v_kind, v_place, p_route_kind,
                                              p_route_role, p_route_channel,
                                              p_route_gather_us, p_day);
        PERFORM duban.reminder_begin(p_now, v_event, p_remind_kind);
    END IF;
    RETURN NEXT;
END
$$;

-- An event of no case (baseline, a calendar's end), told to the holders of the routed roles over
-- the whole directory, or to their deputies on `p_day`, the local day. Its key is (kind, subject,
-- version); a repeat changes nothing.
CREATE OR REPLACE FUNCTION duban.event_without_case(
    p_kind text, p_subject text, p_version bigint, p_detail text, p_due timestamptz,
    p_route_role text[], p_route_channel text[], p_day date)
    RETURNS boolean
    LANGUAGE plpgsql
AS $$
DECLARE
    v_now   timestamptz := duban.now();
    v_event bigint;
BEGIN
    INSERT INTO duban.event
           (case_no, clock, kind, deadline_version, sequence, event_at, recorded_at, level, rank,
            due_at, window_code, department_code, item_code, told, detail)
    VALUES ('', p_subject, p_kind, p_version, 0, v_now, v_now, 'normal', 0, p_due, '', '', '', 'yes',
            p_detail)
        ON CONFLICT DO NOTHING
    RETURNING id INTO v_event;
    IF v_event IS NULL THEN
        RETURN false;
    END IF;
    WITH route AS (
        SELECT DISTINCT r.role, r.channel
          FROM unnest(p_route_role, p_route_channel) AS r(role, channel)
    ), holder AS (
        SELECT DISTINCT r.role, r.channel, d.recipient
          FROM route r JOIN duban.duty d ON d.role = r.role COLLATE "C"
    ), answering AS (
        SELECT h.role, h.channel, h.recipient AS holder,
               CASE WHEN r.absent @> p_day THEN duban.stand_in(r.code, h.channel, p_day)
                    ELSE r.code
               END COLLATE "C" AS recipient
          FROM holder h JOIN duban.recipient r ON r.code = h.recipient
    ), reached AS (
        SELECT a.role, a.channel, a.holder, t.recipient, t.address
          FROM answering a
          JOIN duban.contact t ON t.recipient = a.recipient AND t.channel = a.channel COLLATE "C"
    ), wanted AS ( -- each once: in its own role rather than as a deputy
        (SELECT DISTINCT ON (c.channel, c.recipient, c.address)
                c.role, c.channel, c.recipient, c.address
           FROM reached c
          ORDER BY c.channel, c.recipient, c.address, c.recipient <> c.holder, c.role)
        UNION ALL
        SELECT r.role, r.channel, NULL, NULL
          FROM route r
         WHERE NOT EXISTS (SELECT FROM reached c WHERE c.role = r.role AND c.channel = r.channel)
    ), stored AS (
        INSERT INTO duban.notification
               (event, recipient, role, channel, address, created_at, outcome)
        SELECT v_event, coalesce(w.recipient, ''), w.role, w.channel, coalesce(w.address, ''), v_now,
               CASE WHEN w.recipient IS NULL
                    THEN format('unreachable: nobody is %s on %s', w.role, w.channel) END
          FROM wanted w
        RETURNING id, outcome
    )
    INSERT INTO duban.pending (release_at, notification)
    SELECT v_now, s.id FROM stored s WHERE s.outcome IS NULL;
    RETURN true;
END
$$;
