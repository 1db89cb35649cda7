-- Live mode: each call of live_tick lets the sample centre live a moment on.
--
-- Every action takes a few cases by index, the ones that waited longest among
-- them, and leaves each case at most one step further a tick. All of it happens at
-- the instant that the caller names, so that a simulated year and the present work
-- alike; ticks go forward in time.

-- How many times something happens at this tick, when it happens rate times a tick
-- on average.
CREATE OR REPLACE FUNCTION approval.live_count(rate float8, at timestamptz, die int, seed int)
    RETURNS int LANGUAGE sql STABLE AS
$$
    SELECT floor(rate)::int
           + (approval.roll((extract(epoch FROM at) * 1000000)::bigint, die, seed)
              < rate - floor(rate))::int
$$;

-- Up to count open cases at these stages, unchanged since before at, drawn from
-- those that waited longest, and locked.
CREATE OR REPLACE FUNCTION approval.live_pick(stages text[], count int, at timestamptz,
                                              seed int)
    RETURNS SETOF text LANGUAGE sql VOLATILE AS
$$
    SELECT waiting.case_no
      FROM unnest(stages) AS wanted,
           LATERAL (SELECT f.case_no
                      FROM approval.case_file f
                     WHERE f.status = 'open' AND f.stage = wanted AND f.updated_at < at
                     ORDER BY f.updated_at, f.case_no
                     LIMIT count * 8
                       FOR UPDATE SKIP LOCKED) waiting
     ORDER BY approval.roll(hashtextextended(waiting.case_no, 0), 61, seed), waiting.case_no
     LIMIT count
$$;

-- Stores a case as received, or as accepted at an instant that has passed already,
-- and returns its number. n seeds its dice.
CREATE OR REPLACE FUNCTION approval.register_case(at timestamptz, accepted_at timestamptz,
                                                  code text, n bigint, seed int)
    RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
    day date := (at AT TIME ZONE 'Asia/Shanghai')::date;
    chosen approval.item;
    handler record;
    number int;
    applicant bigint;
    company boolean := approval.roll(n, 109, seed) < 0.3;
    case_no text;
BEGIN
    SELECT * INTO STRICT chosen FROM approval.item WHERE item_code = code;
    SELECT * INTO STRICT handler FROM approval.handlers() h
     WHERE h.department_code = chosen.department_code
       AND h.turn = floor(approval.roll(n, 33, seed) * h.people)::int;
    INSERT INTO approval.applicant (applicant_name, is_company, phone)
    VALUES (CASE WHEN company THEN approval.company_name(n, seed)
                 ELSE approval.person_name(n, seed) END,
            company, approval.applicant_phone(n, seed))
    RETURNING applicant_id INTO applicant;
    INSERT INTO approval.case_counter AS c (day, last_no) VALUES (day, 1)
    ON CONFLICT ON CONSTRAINT case_counter_pkey DO UPDATE SET last_no = c.last_no + 1
    RETURNING last_no INTO number;

    case_no := approval.case_number(day, number);
    INSERT INTO approval.case_file
          (case_no, item_code, kind, window_code, staff_id, applicant_id, promised_value,
           promised_unit, promised_due_at, stage, status, received_at, accepted_at, updated_at)
    VALUES (case_no, code, chosen.kind, handler.window_code, handler.staff_id, applicant,
            chosen.promised_value, chosen.promised_unit,
            approval.slip_date(approval.openings(), accepted_at,
                               approval.open_second(accepted_at), chosen.promised_value,
                               chosen.promised_unit, 0),
            CASE WHEN accepted_at IS NULL THEN 'received' ELSE 'accepted' END, 'open',
            coalesce(accepted_at - interval '90 seconds', at), accepted_at, at);
    RETURN case_no;
END
$$;

-- New cases: half of them to be done at once.
CREATE OR REPLACE FUNCTION approval.live_arrive(at timestamptz, seed int, count int)
    RETURNS int LANGUAGE sql VOLATILE AS
$$
    SELECT count(approval.register_case(at, NULL, choices[1 + floor(
               cardinality(choices) * approval.roll(d.n, 63, seed))::int], d.n, seed))::int
      FROM generate_series(1, count) AS turn,
           LATERAL (SELECT (extract(epoch FROM at) * 1000000)::bigint + turn AS n) d
      JOIN approval.item_choices() ON NOT is_open
       AND kind = approval.pick_kind(0.94 * approval.roll(d.n, 62, seed), false)
$$;

-- Papers of before that are only entered now (补录): they come with little of their
-- limit left. Half have hours, and run out within two minutes; the others have from
-- no to three working days left.
CREATE OR REPLACE FUNCTION approval.live_enter_late(at timestamptz, seed int, count int)
    RETURNS int LANGUAGE sql VOLATILE AS
$$
    SELECT count(approval.register_case(at, a.accepted_at, i.item_code, d.n, seed))::int
      FROM generate_series(1, count) AS turn,
           LATERAL (SELECT (extract(epoch FROM at) * 1000000)::bigint + 1000 + turn AS n) d,
           LATERAL (SELECT CASE WHEN approval.roll(d.n, 64, seed) < 0.5 THEN '小时'
                                ELSE '工作日' END AS unit) u,
           LATERAL (SELECT item_code, promised_value
                      FROM approval.item
                     WHERE promised_unit = u.unit
                       AND promised_value BETWEEN CASE u.unit WHEN '小时' THEN 1 ELSE 4 END
                                              AND 48
                     ORDER BY approval.roll(hashtextextended(item_code, d.n), 65, seed)
                     LIMIT 1) i,
           LATERAL (SELECT CASE u.unit
                        WHEN '小时' THEN at - i.promised_value * interval '1 hour'
                                         + (5 + 115 * approval.roll(d.n, 66, seed))
                                           * interval '1 second'
                        ELSE approval.open_instant(
                                 approval.openings(),
                                 (approval.open_second(at) / 25200 - i.promised_value
                                  + floor(4 * approval.roll(d.n, 66, seed))::int) * 25200
                                 + floor(25200 * approval.roll(d.n, 67, seed))::bigint)
                    END AS accepted_at OFFSET 0) a
     WHERE a.accepted_at < at
$$;

-- Acceptance. What is done at once passes the following steps in the same sitting.
CREATE OR REPLACE FUNCTION approval.live_accept(at timestamptz, seed int, count int)
    RETURNS int LANGUAGE plpgsql AS
$$
DECLARE
    openings timestamptz[] := approval.openings();
    changed int;
BEGIN
    UPDATE approval.case_file f
       SET stage = CASE WHEN kind = '即办件' THEN 'approval' ELSE 'accepted' END,
           accepted_at = at,
           processed_at = CASE WHEN kind = '即办件' THEN at END,
           reviewed_at = CASE WHEN kind = '即办件' THEN at END,
           approved_at = CASE WHEN kind = '即办件' THEN at END,
           promised_due_at = approval.slip_date(openings, at, approval.open_second(at),
                                                promised_value, promised_unit, 0)
     WHERE case_no = ANY (ARRAY(SELECT approval.live_pick('{received}', count, at, seed)));
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$$;

CREATE OR REPLACE FUNCTION approval.live_advance(at timestamptz, seed int, count int)
    RETURNS int LANGUAGE plpgsql AS
$$
DECLARE
    changed int;
BEGIN
    UPDATE approval.case_file
       SET stage = CASE stage WHEN 'accepted' THEN 'processing'
                              WHEN 'processing' THEN 'review'
                              ELSE 'approval' END,
           processed_at = CASE stage WHEN 'accepted' THEN at ELSE processed_at END,
           reviewed_at = CASE stage WHEN 'processing' THEN at ELSE reviewed_at END,
           approved_at = CASE stage WHEN 'review' THEN at ELSE approved_at END
     WHERE case_no = ANY (ARRAY(SELECT approval.live_pick('{accepted,processing,review}',
                                                          count, at, seed)));
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$$;

CREATE OR REPLACE FUNCTION approval.live_suspend(at timestamptz, seed int, count int)
    RETURNS int LANGUAGE plpgsql AS
$$
DECLARE
    picked text[] := ARRAY(SELECT approval.live_pick('{accepted,processing}', count, at, seed));
    changed int;
BEGIN
    INSERT INTO approval.clock_stop (case_no, reason, detail, started_at)
    SELECT case_no, approval.stop_reason(approval.roll(hashtextextended(case_no, 0), 68, seed)),
           '窗口发出书面通知', at
      FROM unnest(picked) AS case_no;
    UPDATE approval.case_file SET status = 'suspended' WHERE case_no = ANY (picked);
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$$;

-- Ends the stops that last longest; the date on the slip moves by their working days.
CREATE OR REPLACE FUNCTION approval.live_resume(at timestamptz, count int)
    RETURNS int LANGUAGE plpgsql AS
$$
DECLARE
    openings timestamptz[] := approval.openings();
    changed int;
BEGIN
    WITH ended AS (
        UPDATE approval.clock_stop s SET ended_at = at
         WHERE s.stop_id IN (SELECT stop_id
                               FROM approval.clock_stop t JOIN approval.case_file f USING (case_no)
                              WHERE t.ended_at IS NULL AND t.started_at < at
                                AND f.status = 'suspended' AND f.updated_at < at
                              ORDER BY t.started_at, t.stop_id LIMIT count
                                FOR UPDATE SKIP LOCKED)
        RETURNING s.case_no, (approval.open_second(at) / 25200
                              - approval.open_second(s.started_at) / 25200)::int AS days
    )
    UPDATE approval.case_file f
       SET status = 'open',
           promised_due_at = CASE WHEN promised_unit = '工作日' AND promised_due_at IS NOT NULL
               THEN approval.slip_date(openings, NULL,
                                       approval.open_second(promised_due_at - interval '1 second'),
                                       e.days, '工作日', 0)
               ELSE promised_due_at END
      FROM ended e
     WHERE f.case_no = e.case_no;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$$;

CREATE OR REPLACE FUNCTION approval.live_complete(at timestamptz, seed int, count int)
    RETURNS int LANGUAGE plpgsql AS
$$
DECLARE
    changed int;
BEGIN
    UPDATE approval.case_file
       SET stage = 'completed', status = 'completed', completed_at = at,
           result = approval.result_of('completed',
                                       approval.roll(hashtextextended(case_no, 0), 31, seed))
     WHERE case_no = ANY (ARRAY(SELECT approval.live_pick('{approval}', count, at, seed)));
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$$;

-- Ends without a decision: returned before acceptance, withdrawn by the applicant after.
CREATE OR REPLACE FUNCTION approval.live_close(at timestamptz, seed int, count int)
    RETURNS int LANGUAGE plpgsql AS
$$
DECLARE
    changed int;
BEGIN
    UPDATE approval.case_file
       SET status = CASE stage WHEN 'received' THEN 'returned' ELSE 'withdrawn' END,
           kind = CASE stage WHEN 'received' THEN '退回件' ELSE kind END,
           result = approval.result_of(CASE stage WHEN 'received' THEN 'returned'
                                                  ELSE 'withdrawn' END, 0),
           completed_at = at
     WHERE case_no = ANY (ARRAY(SELECT approval.live_pick('{received,accepted,processing}',
                                                          count, at, seed)));
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$$;

-- One moment of the centre's life at the instant at: returns what happened and how
-- often. Each rate is the mean number a tick; at the defaults as many cases come as go.
CREATE OR REPLACE FUNCTION approval.live_tick(at timestamptz, seed int DEFAULT 1,
                                              arrivals     float8 DEFAULT 0.60,
                                              late_entries float8 DEFAULT 0.15,
                                              acceptances  float8 DEFAULT 0.62,
                                              advances     float8 DEFAULT 1.30,
                                              suspensions  float8 DEFAULT 0.08,
                                              resumptions  float8 DEFAULT 0.08,
                                              completions  float8 DEFAULT 0.70,
                                              closings     float8 DEFAULT 0.03)
    RETURNS TABLE (action text, cases int) LANGUAGE plpgsql AS
$$
DECLARE
    clock_before text := coalesce(current_setting('approval.now', true), '');
BEGIN
    PERFORM set_config('approval.now', at::text, true);
    -- From the end of a case's way to its beginning, so that a step made now waits
    -- for the next tick before another follows.
    RETURN QUERY VALUES
        ('complete', approval.live_complete(at, seed,
                         approval.live_count(completions, at, 51, seed))),
        ('close', approval.live_close(at, seed, approval.live_count(closings, at, 52, seed))),
        ('resume', approval.live_resume(at, approval.live_count(resumptions, at, 53, seed))),
        ('suspend', approval.live_suspend(at, seed,
                        approval.live_count(suspensions, at, 54, seed))),
        ('advance', approval.live_advance(at, seed, approval.live_count(advances, at, 55, seed))),
        ('accept', approval.live_accept(at, seed, approval.live_count(acceptances, at, 56, seed))),
        ('arrive', approval.live_arrive(at, seed, approval.live_count(arrivals, at, 57, seed))),
        ('enter late', approval.live_enter_late(at, seed,
                           approval.live_count(late_entries, at, 58, seed)));
    PERFORM set_config('approval.now', clock_before, true);
END
$$;
