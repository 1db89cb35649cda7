-- Rules that change: which are in force, who approved others, and the pass that computes all clocks
-- anew.

-- At first contact: the rules that its clocks are computed by.
CREATE OR REPLACE FUNCTION duban.rules_first(p_version text)
    RETURNS void
    LANGUAGE sql
AS $$
    UPDATE duban.intake SET rules_version = p_version, rules_since = duban.now()
     WHERE NOT initial_done AND rules_version = ''
$$;

-- Whether rules may come into force where that needs an approval: it must be younger than the rules
-- in force. These themselves need none, nor those that are on their way.
CREATE OR REPLACE FUNCTION duban.rules_are_approved(p_version text)
    RETURNS boolean
    LANGUAGE sql STABLE
AS $$
    SELECT NOT EXISTS (
        SELECT FROM duban.intake i
         WHERE i.rules_version NOT IN ('', p_version) AND i.recompute_version <> p_version
           AND NOT EXISTS (
               SELECT FROM duban.rules_approval a
                WHERE a.version = p_version
                  AND a.approved_at >= coalesce(i.rules_since, '-infinity')))
$$;

-- Somebody has seen what rules would do, and wants them.
CREATE OR REPLACE FUNCTION duban.rules_approve(p_version text, p_author text, p_summary jsonb)
    RETURNS timestamptz
    LANGUAGE plpgsql
AS $$
DECLARE
    v_now timestamptz := duban.now();
BEGIN
    IF coalesce(btrim(p_author), '') = '' THEN
        RAISE EXCEPTION 'the name of who approves is missing';
    END IF;
    INSERT INTO duban.rules_approval (version, approved_at, author, summary)
    VALUES (p_version, v_now, btrim(p_author), p_summary)
        ON CONFLICT (version, approved_at) DO UPDATE
       SET author = excluded.author, summary = excluded.summary;
    RETURN v_now;
END
$$;

-- Begins a pass by rules that aren't those in force, or goes on with it where it was: `needed`, and
-- the case `after` which to read on. With `p_need_approval` one that isn't approved doesn't begin.
-- `former`: the rules before. Nothing is needed before first contact is over.
CREATE OR REPLACE FUNCTION duban.recompute_begin(p_version text, p_need_approval boolean)
    RETURNS TABLE (now timestamptz, needed boolean, approved boolean, fresh boolean, former text,
                   after text, cases bigint, clocks bigint)
    LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_at duban.intake;
BEGIN
    now := duban.now();
    approved := true;
    fresh := false;
    SELECT * INTO v_at FROM duban.intake i FOR UPDATE;
    needed := coalesce(v_at.initial_done
                       AND (v_at.rules_version <> p_version OR v_at.recompute_version <> ''), false);
    IF needed AND v_at.recompute_version <> p_version THEN
        approved := NOT p_need_approval OR duban.rules_are_approved(p_version);
        fresh := approved;
        IF approved THEN
            UPDATE duban.intake i
               SET recompute_version = p_version, recompute_after = '', recompute_cases = 0,
                   recompute_clocks = 0, recompute_begun_at = now
            RETURNING i.* INTO v_at;
        END IF;
    END IF;
    former := coalesce(v_at.rules_version, '');
    after := coalesce(v_at.recompute_after, '');
    cases := coalesce(v_at.recompute_cases, 0);
    clocks := coalesce(v_at.recompute_clocks, 0);
    RETURN NEXT;
END
$$;

-- A chunk is written: the pass stands at `p_new_after`, or is over with `p_last`: then its rules are
-- those in force, and the ledger says so. False, and nothing changes, when the pass isn't where the
-- caller believes it to be.
CREATE OR REPLACE FUNCTION duban.recompute_step(
    p_version text, p_old_after text, p_new_after text, p_cases bigint, p_clocks bigint,
    p_last boolean)
    RETURNS boolean
    LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := duban.now();
    v_at  duban.intake;
BEGIN
    UPDATE duban.intake i
       SET recompute_after = p_new_after, recompute_cases = i.recompute_cases + p_cases,
           recompute_clocks = i.recompute_clocks + p_clocks
     WHERE i.recompute_version = p_version AND i.recompute_after = p_old_after COLLATE "C"
    RETURNING i.* INTO v_at;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF p_last THEN
        UPDATE duban.intake SET rules_version = p_version, rules_since = v_now,
                                recompute_version = '', recompute_after = '';
        INSERT INTO duban.event
               (case_no, clock, kind, deadline_version, sequence, event_at, recorded_at, level, rank,
                window_code, department_code, item_code, told, detail)
        VALUES ('', p_version, 'rules_changed', floor(extract(epoch FROM v_now))::integer, 0, v_now,
                v_now, 'normal', 0, '', '', '', 'no: recorded only',
                format('from %s, begun %s, %s cases, %s clocks', v_at.rules_version,
                       v_at.recompute_begun_at, v_at.recompute_cases, v_at.recompute_clocks))
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN true;
END
$$;

-- What is stored of some cases, for `dubanctl plan`: their clocks, with the levels that count as told
-- (duban.was_told) beside one that isn't normal; and those that are set aside, as a clock without a
-- name.
CREATE OR REPLACE FUNCTION duban.plan_page(p_case text[])
    RETURNS TABLE (case_no text, clock text, state text, level text, due_at timestamptz,
                   rule_version text, basis_hash bigint, settled boolean, told text)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT c.case_no, c.clock, c.state, c.level, c.due_at, c.rule_version, c.basis_hash,
           c.raised_version = c.deadline_version,
           CASE WHEN c.rank > 0 THEN
               (SELECT string_agg(e.kind, ' ') FROM duban.event e
                 WHERE e.case_no = c.case_no AND e.clock = c.clock AND e.kind = e.level
                   AND e.deadline_version >= c.carried_from
                   AND e.told <> 'no: the clock is suspended')
           END
      FROM duban.clock c WHERE c.case_no = ANY (p_case);
    RETURN QUERY
    SELECT b.case_no, NULL::text, 'bad'::text, NULL::text, NULL::timestamptz, NULL::text,
           NULL::bigint, NULL::boolean, NULL::text
      FROM duban.bad_row b WHERE b.case_no = ANY (p_case);
END
$$;
