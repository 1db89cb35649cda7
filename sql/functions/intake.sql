-- Intake: facts → clocks.
--
-- Here and in the files beside it, functions that touch large tables say how they are planned: for
-- the arrays they are given, and by index, however little the planner knows of tables that have
-- just filled up. A plan from the time when the queue was empty would read all of it at each call.

-- Writes one page of the source: clocks as replayed from the facts at `p_now`, rows that can't be
-- worked with, and the watermark. Where something is to be said (a level, a completion, a new
-- deadline) next_at becomes the present and the escalator says it; in a baseline the level reached is
-- recorded instead, and nobody is told. Returns how many clocks were new or changed, and how many
-- rows are set aside that weren't before. The watermark moves only from where the caller believes
-- it to be: a page whose predecessor failed doesn't skip it.
--
-- When only the rules of a clock have changed and the level that it had is the one that now holds, it
-- is carried over: nothing is said, reminders and what was told go on counting. So a change of rules
-- goes by the escalator only where a level really changes; there too nothing is told that was told
-- under the former rules. A row without a rule_version is older than these; if its deadline is the
-- same it counts as told. Rules that stop a clock or let it go on do so as facts would.
--
-- A clock that its case no longer has is dropped (duban.intake_drop). Should it come back before the
-- escalator has said so, it was never away: nobody has heard that its level is cleared.
--
-- The arrays of clocks run in parallel; a clock that stopped before it was ever seen is only
-- taken when it stopped after `p_tell_after` (a completion worth telling).
CREATE OR REPLACE FUNCTION duban.intake_write(
    p_now timestamptz, p_baseline boolean, p_tell_after timestamptz,
    p_case text[], p_clock text[], p_state text[], p_rank bigint[], p_level text[],
    p_severity bigint[], p_due timestamptz[], p_next timestamptz[], p_stopped timestamptz[],
    p_reached timestamptz[], p_calendar text[], p_policy text[], p_rule text[], p_hash bigint[],
    p_basis bigint[], p_limit bigint[], p_item text[], p_window text[], p_department text[],
    p_parent text[],
    p_bad_case text[], p_bad_reason text[], p_good_case text[],
    p_old_mark timestamptz, p_old_mark_case text, p_new_mark timestamptz, p_new_mark_case text)
    RETURNS TABLE (clocks_written bigint, newly_bad bigint)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := duban.now(); -- later than p_now when many pages were read
BEGIN
    WITH fresh AS MATERIALIZED (
        SELECT DISTINCT ON (f.case_no COLLATE "C", f.clock COLLATE "C") f.*
          FROM unnest(p_case, p_clock, p_state, p_rank, p_level, p_severity, p_due, p_next, p_stopped,
                      p_reached, p_calendar, p_policy, p_rule, p_hash, p_basis, p_limit, p_item,
                      p_window, p_department, p_parent) WITH ORDINALITY
               AS f(case_no, clock, state, rank, level, severity, due_at, next_at, stopped_at,
                    reached_at, calendar, policy, rule, hash, basis, limit_hash, item, window_code,
                    department, parent, place)
         ORDER BY f.case_no COLLATE "C", f.clock COLLATE "C", f.place DESC
    ), news AS MATERIALIZED (
        -- `is_carried`: only the rules have changed, and its level still holds. A level that has
        -- another rank begins a new deadline version, so that each has ranks of one kind.
        SELECT f.*, c.case_no IS NOT NULL AS is_known, c.facts_hash AS old_hash,
               c.state AS old_state, c.rank AS old_rank, c.raised_version AS old_raised, r.by_rules,
               r.by_rules AND c.level = f.level AS is_carried,
               (duban.is_new_deadline(c.state, c.due_at, f.state, f.due_at)
                OR (r.by_rules AND (c.level <> f.level OR c.rank <> f.rank)))::integer AS step
          FROM fresh f
          LEFT JOIN duban.clock c ON c.case_no = f.case_no COLLATE "C"
                                 AND c.clock = f.clock COLLATE "C"
         CROSS JOIN LATERAL (
               SELECT CASE
                          WHEN c.state = 'dropped' AND f.state = 'running' -- being dropped was a step
                          THEN c.rank > 0 AND c.raised_version = c.deadline_version - 1
                               AND c.basis_hash = f.basis
                          WHEN c.state <> f.state OR c.state NOT IN ('running', 'suspended')
                               OR c.raised_version <> c.deadline_version
                          THEN false
                          WHEN c.rule_version = ''
                          THEN c.due_at = f.due_at OR c.state = 'suspended'
                          ELSE c.rule_version <> f.rule AND c.basis_hash = f.basis
                          END AS by_rules) r
         WHERE CASE WHEN c.case_no IS NULL
                    THEN NOT (f.state = 'stopped' AND (p_baseline OR f.stopped_at < p_tell_after))
                    ELSE c.facts_hash <> f.hash OR c.state = 'vanished' END
    ), added AS (
        INSERT INTO duban.clock
               (case_no, clock, state, level, rank, severity, due_at, next_at, calendar_version,
                policy, rule_version, facts_hash, basis_hash, limit_hash, item_code, window_code,
                department_code, parent_case_no)
        SELECT n.case_no, n.clock, n.state,
               CASE WHEN p_baseline THEN n.level ELSE 'normal' END,
               CASE WHEN p_baseline THEN n.rank ELSE 0 END,
               CASE WHEN p_baseline THEN n.severity ELSE 0 END,
               n.due_at,
               CASE WHEN NOT p_baseline AND (n.rank > 0 OR n.state = 'stopped') THEN v_now
                    WHEN n.next_at < v_now THEN v_now
                    ELSE n.next_at END,
               n.calendar, n.policy, n.rule, n.hash, n.basis, n.limit_hash, n.item, n.window_code,
               n.department, n.parent
          FROM news n
         WHERE NOT n.is_known
            ON CONFLICT (case_no, clock) DO NOTHING
        RETURNING case_no, clock
    ), changed AS (
        UPDATE duban.clock c
           SET state = n.state,
               level = CASE WHEN n.is_carried THEN n.level ELSE c.level END,
               rank = CASE WHEN n.is_carried THEN n.rank ELSE c.rank END,
               severity = CASE WHEN n.is_carried THEN n.severity ELSE c.severity END,
               due_at = CASE WHEN n.state = 'suspended' THEN c.due_at ELSE n.due_at END,
               next_at = CASE WHEN n.is_carried AND n.next_at IS NULL THEN NULL
                              WHEN n.is_carried THEN greatest(n.next_at, v_now)
                              ELSE v_now END,
               deadline_version = c.deadline_version + n.step,
               raised_version = CASE WHEN n.by_rules THEN c.deadline_version + n.step
                                     ELSE c.raised_version END,
               carried_from = CASE WHEN n.by_rules OR n.step = 0 THEN c.carried_from
                                   ELSE c.deadline_version + n.step END,
               carried_at = CASE WHEN n.by_rules AND n.step = 1 THEN v_now
                                 ELSE c.carried_at END,
               withdrawn_version = CASE WHEN n.is_carried
                                             AND c.withdrawn_version = c.raised_version
                                        THEN c.deadline_version + n.step
                                        ELSE c.withdrawn_version END,
               withdrawn_rank = CASE WHEN n.is_carried AND c.withdrawn_rank >= c.rank
                                     THEN greatest(c.withdrawn_rank, n.rank)
                                     WHEN n.is_carried
                                     THEN least(c.withdrawn_rank, greatest(n.rank - 1, 0))
                                     ELSE c.withdrawn_rank END,
               episode = c.episode + (c.state = 'stopped' AND n.state <> 'stopped')::integer,
               calendar_version = n.calendar, policy = n.policy, rule_version = n.rule,
               facts_hash = n.hash, basis_hash = n.basis, limit_hash = n.limit_hash,
               item_code = n.item, window_code = n.window_code, department_code = n.department,
               parent_case_no = n.parent
          FROM news n
         WHERE n.is_known AND c.case_no = n.case_no COLLATE "C" AND c.clock = n.clock COLLATE "C"
           AND c.facts_hash = n.old_hash AND c.state = n.old_state AND c.rank = n.old_rank
        RETURNING c.case_no, c.clock, c.state, c.level, c.rank, c.due_at, c.deadline_version,
                  c.episode, c.policy, c.window_code, c.department_code, c.item_code, n.reached_at,
                  n.old_raised, n.by_rules AND n.step = 1 AS is_moved, n.is_carried AND n.step = 1 AS is_told,
                  n.old_state = 'stopped' AND n.state <> 'stopped' AS is_reopened
    ), reminded AS ( -- they go on under the new deadline, as long as the level stays
        UPDATE duban.reminder r
           SET deadline_version = m.deadline_version
          FROM (SELECT x.place, w.deadline_version
                  FROM changed w
                 CROSS JOIN LATERAL (
                       SELECT q.ctid AS place FROM duban.reminder q
                        WHERE q.case_no = w.case_no AND q.clock = w.clock
                          AND q.deadline_version = w.old_raised OFFSET 0) x
                 WHERE w.is_moved) m
         WHERE r.ctid = m.place
    ), noted AS (
        SELECT f.case_no, f.clock, f.level AS kind, 1 AS deadline_version, f.reached_at AS event_at,
               f.level, f.rank, f.due_at, f.window_code, f.department, f.item, f.policy,
               1 AS episode, 'no: reached before first contact' AS told
          FROM news f JOIN added a ON a.case_no = f.case_no COLLATE "C"
                                  AND a.clock = f.clock COLLATE "C"
         WHERE p_baseline AND f.rank > 0
         UNION ALL
        SELECT w.case_no, w.clock, w.level, w.deadline_version, w.reached_at, w.level, w.rank,
               w.due_at, w.window_code, w.department_code, w.item_code, w.policy, w.episode,
               'no: told before the rules changed'
          FROM changed w
         WHERE w.is_told AND w.rank > 0
         UNION ALL
        SELECT w.case_no, w.clock, 'reopened', w.deadline_version, p_now, w.level, w.rank,
               w.due_at, w.window_code, w.department_code, w.item_code, w.policy, w.episode,
               'no: recorded only'
          FROM changed w
         WHERE w.is_reopened
    ), recorded AS (
        INSERT INTO duban.event
               (case_no, clock, kind, deadline_version, sequence, event_at, recorded_at, level, rank,
                due_at, window_code, department_code, item_code, policy, episode, told)
        SELECT o.case_no, o.clock, o.kind, o.deadline_version,
               (SELECT coalesce(max(x.sequence), 0) -- duban.next_sequence, without the cost of calls
                  FROM duban.event x WHERE x.case_no = o.case_no COLLATE "C")
                   + row_number() OVER (PARTITION BY o.case_no COLLATE "C" ORDER BY o.clock),
               o.event_at, p_now, o.level, o.rank, o.due_at, o.window_code, o.department, o.item,
               o.policy, o.episode, o.told
          FROM noted o
            ON CONFLICT DO NOTHING
    )
    SELECT (SELECT count(*) FROM added) + (SELECT count(*) FROM changed) INTO clocks_written;
    IF NOT p_baseline THEN
        clocks_written := clocks_written
            + duban.intake_drop(p_now, v_now, p_case, p_clock, p_good_case);
    END IF;

    newly_bad := 0;
    IF cardinality(p_bad_case) > 0 THEN
        WITH noted AS (
            INSERT INTO duban.bad_row AS b (case_no, reason, first_seen, last_seen)
            SELECT DISTINCT ON (left(r.case_no, 100) COLLATE "C")
                   left(r.case_no, 100), r.reason, p_now, p_now
              FROM unnest(p_bad_case, p_bad_reason) AS r(case_no, reason)
             ORDER BY left(r.case_no, 100) COLLATE "C"
                ON CONFLICT (case_no) DO UPDATE
               SET reason = excluded.reason, last_seen = excluded.last_seen
             WHERE b.reason <> excluded.reason
                OR b.last_seen < excluded.last_seen - interval '1 hour'
            RETURNING xmax = 0 AS is_new
        )
        SELECT count(*) FILTER (WHERE n.is_new) INTO newly_bad FROM noted n;
        -- Its clocks can't be trusted until it is mended; the facts' hash can't match any more.
        UPDATE duban.clock c
           SET next_at = NULL, facts_hash = 0
         WHERE c.case_no = ANY (p_bad_case) AND (c.facts_hash <> 0 OR c.next_at IS NOT NULL);
    END IF;
    IF EXISTS (SELECT FROM duban.bad_row LIMIT 1) THEN
        DELETE FROM duban.bad_row WHERE case_no = ANY (p_good_case);
    END IF;
    IF p_new_mark IS NOT NULL THEN
        UPDATE duban.intake i
           SET updated_at = p_new_mark, case_no = p_new_mark_case
         WHERE (i.updated_at, i.case_no)
               IS NOT DISTINCT FROM (p_old_mark, p_old_mark_case COLLATE "C")
           AND (i.updated_at, i.case_no)
               IS DISTINCT FROM (p_new_mark, p_new_mark_case COLLATE "C");
    END IF;
    RETURN NEXT;
END
$$;

-- Of cases whose clocks are all given, those that aren't: the facts or the rules have taken them away,
-- or the configuration no longer knows them. Each ends with an event; where it had a level the
-- escalator tells that it is cleared. Its hash is 0: should it come back, it is news.
CREATE OR REPLACE FUNCTION duban.intake_drop(
    p_now timestamptz, p_next timestamptz, p_case text[], p_clock text[], p_good_case text[])
    RETURNS bigint
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
DECLARE
    v_case  text[];
    v_clock text[];
BEGIN
    SELECT array_agg(g.case_no), array_agg(g.clock) INTO v_case, v_clock
      FROM (SELECT c.case_no, c.clock
              FROM duban.clock c
             WHERE c.case_no = ANY (p_good_case) AND c.state IN ('running', 'suspended')
            EXCEPT
            SELECT f.case_no COLLATE "C", f.clock COLLATE "C"
              FROM unnest(p_case, p_clock) AS f(case_no, clock)) g;
    IF v_case IS NULL THEN
        RETURN 0;
    END IF;
    WITH dropped AS (
        UPDATE duban.clock c
           SET state = 'dropped', next_at = CASE WHEN c.rank > 0 THEN p_next END, facts_hash = 0,
               deadline_version = c.deadline_version + 1
          FROM unnest(v_case, v_clock) AS g(case_no, clock)
         WHERE c.case_no = g.case_no COLLATE "C" AND c.clock = g.clock COLLATE "C"
        RETURNING c.*
    )
    INSERT INTO duban.event
           (case_no, clock, kind, deadline_version, sequence, event_at, recorded_at, level, rank,
            due_at, window_code, department_code, item_code, policy, episode, told)
    SELECT d.case_no, d.clock, 'dropped', d.deadline_version,
           duban.next_sequence(d.case_no)
               + row_number() OVER (PARTITION BY d.case_no ORDER BY d.clock) - 1,
           p_now, p_now, d.level, d.rank, d.due_at, d.window_code, d.department_code, d.item_code,
           d.policy, d.episode, 'no: recorded only'
      FROM dropped d
        ON CONFLICT DO NOTHING;
    RETURN cardinality(v_case);
END
$$;

-- Whether a clock now has another deadline than before: it was moved, the clock goes on after a
-- suspension (what was held back meanwhile is to be told anew), or the case was reopened. A
-- suspension as such is none.
CREATE OR REPLACE FUNCTION duban.is_new_deadline(
    old_state text, old_due timestamptz, new_state text, new_due timestamptz) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE new_state
        WHEN 'running' THEN old_state <> 'running' OR old_due <> new_due
        WHEN 'suspended' THEN old_state IN ('stopped', 'vanished', 'dropped')
        ELSE false
    END
$$;

-- Where intake stands; the first call records the first contact. When the baseline is complete it
-- is closed by intake_baseline_done.
CREATE OR REPLACE FUNCTION duban.intake_begin()
    RETURNS TABLE (now timestamptz, updated_at timestamptz, case_no text,
                   first_contact_at timestamptz, initial_done boolean)
    LANGUAGE plpgsql
AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO duban.intake (first_contact_at) VALUES (duban.now()) ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT duban.now(), i.updated_at, i.case_no, i.first_contact_at, i.initial_done
                   FROM duban.intake i;
END
$$;

-- Ends the first contact: from here on levels are raised and told. Records one event with the
-- counts of what was found, which becomes the one digest of guarantee 7. The watermark begins at
-- the instant before the first page was read. `p_day`: the local day, for deputies.
CREATE OR REPLACE FUNCTION duban.intake_baseline_done(
    p_mark timestamptz, p_route_role text[], p_route_channel text[], p_day date)
    RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    counts text;
BEGIN
    UPDATE duban.intake SET initial_done = true, updated_at = p_mark, case_no = ''
     WHERE NOT initial_done;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT string_agg(level || '=' || clocks, ' ' ORDER BY rank) INTO counts
      FROM (SELECT level, rank, count(*) AS clocks FROM duban.clock GROUP BY level, rank) c;
    PERFORM duban.event_without_case('baseline', '', 1, coalesce(counts, ''), NULL,
                                     p_route_role, p_route_channel, p_day);
END
$$;

-- Clocks and set-aside rows after a case number, for the slow reconcile: what the watermark
-- missed, what vanished, what may have been mended.
CREATE OR REPLACE FUNCTION duban.reconcile_page(p_after text, p_limit bigint)
    RETURNS TABLE (case_no text)
    LANGUAGE sql STABLE
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
    SELECT p.case_no
      FROM ((SELECT DISTINCT c.case_no FROM duban.clock c
              WHERE c.case_no > p_after COLLATE "C" AND c.state IN ('running', 'suspended')
              ORDER BY c.case_no LIMIT p_limit)
            UNION
            (SELECT b.case_no FROM duban.bad_row b
              WHERE b.case_no > p_after COLLATE "C" ORDER BY b.case_no LIMIT p_limit)) p
     ORDER BY p.case_no LIMIT p_limit
$$;

-- Cases that the source no longer has: their clocks end, with an event in the ledger.
CREATE OR REPLACE FUNCTION duban.intake_vanished(p_now timestamptz, p_case text[])
    RETURNS bigint
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
DECLARE
    gone bigint;
BEGIN
    DELETE FROM duban.bad_row WHERE case_no = ANY (p_case);
    UPDATE duban.open_case o SET status = 'vanished', ended_at = p_now
     WHERE o.case_no = ANY (p_case) AND o.ended_at IS NULL;
    WITH ended AS (
        UPDATE duban.clock c
           SET state = 'vanished', next_at = NULL
         WHERE c.case_no = ANY (p_case)
           AND (c.state IN ('running', 'suspended')
                OR (c.state = 'dropped' AND c.next_at IS NOT NULL))
        RETURNING c.*
    ), recorded AS (
        INSERT INTO duban.event
               (case_no, clock, kind, deadline_version, sequence, event_at, recorded_at, level, rank,
                due_at, window_code, department_code, item_code, policy, episode, told)
        SELECT e.case_no, e.clock, 'vanished', e.deadline_version,
               duban.next_sequence(e.case_no)
                   + row_number() OVER (PARTITION BY e.case_no ORDER BY e.clock) - 1,
               p_now, p_now, e.level, e.rank, e.due_at, e.window_code, e.department_code, e.item_code,
               e.policy, e.episode, 'no: not routed'
          FROM ended e
            ON CONFLICT DO NOTHING
    )
    SELECT count(*) INTO gone FROM ended;
    RETURN gone;
END
$$;
