-- Generators of cases: any number around any day (generate), and several hundred
-- open ones around their limits (generate_demo). The same seed on an empty system
-- makes the same cases.

-- A kind (七件) by a die: about half of all cases are done at once; those still
-- open are rarely of that kind, and never returned.
CREATE OR REPLACE FUNCTION approval.pick_kind(roll float8, is_open boolean) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
    SELECT CASE
               WHEN roll < CASE WHEN is_open THEN 0.03 ELSE 0.52 END THEN '即办件'
               WHEN roll < CASE WHEN is_open THEN 0.72 ELSE 0.85 END THEN '承诺件'
               WHEN roll < CASE WHEN is_open THEN 0.83 ELSE 0.90 END THEN '联办件'
               WHEN roll < CASE WHEN is_open THEN 0.92 ELSE 0.94 END THEN '上报件'
               WHEN roll < CASE WHEN is_open THEN 0.96 ELSE 0.96 END THEN '特办件'
               WHEN roll < CASE WHEN is_open THEN 1.00 ELSE 0.98 END THEN '代办件'
               ELSE '退回件'
           END
$$;

-- The items that a case of each kind can be about. Returned, special and agent
-- cases are promised ones with a history of their own. What is to be done the same
-- day is not offered to open cases, which would be late by the next morning.
CREATE OR REPLACE FUNCTION approval.item_choices()
    RETURNS TABLE (kind text, is_open boolean, choices text[])
    LANGUAGE sql STABLE AS
$$
    SELECT k.kind, k.is_open, array_agg(i.item_code ORDER BY i.item_code)
      FROM (SELECT kind, is_open,
                   CASE WHEN kind IN ('退回件', '特办件', '代办件') THEN '承诺件'
                        ELSE kind
                   END AS item_kind
              FROM unnest(ARRAY['即办件', '承诺件', '联办件', '上报件', '退回件', '特办件',
                                '代办件']) AS kind,
                   unnest(ARRAY[true, false]) AS is_open) k
      JOIN approval.item i ON i.kind = k.item_kind AND (i.promised_value > 0 OR NOT k.is_open)
     GROUP BY k.kind, k.is_open
$$;

-- Whether each case is still open, of which kind it is, and how it stands or ended.
CREATE OR REPLACE FUNCTION approval.roll_outcomes(cases int, seed int, open_share float8)
    RETURNS TABLE (n bigint, is_open boolean, kind text, status text)
    LANGUAGE sql STABLE AS
$$
    SELECT n, o.is_open, k.kind,
           CASE WHEN o.is_open AND approval.roll(n, 3, seed) < 0.1 THEN 'suspended'
                WHEN o.is_open THEN 'open'
                WHEN k.kind = '退回件' THEN 'returned'
                WHEN approval.roll(n, 3, seed) < 0.007 THEN 'withdrawn'
                ELSE 'completed'
           END
      FROM generate_series(1::bigint, cases) AS n,
           LATERAL (SELECT approval.roll(n, 1, seed) < open_share AS is_open) o,
           LATERAL (SELECT approval.pick_kind(approval.roll(n, 2, seed), o.is_open) AS kind) k
$$;

-- How many steps after 收件 are recorded.
CREATE OR REPLACE FUNCTION approval.roll_stage(status text, is_late boolean, n bigint, seed int)
    RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
    SELECT CASE status
               WHEN 'completed' THEN 5
               WHEN 'returned' THEN floor(2 * approval.roll(n, 8, seed))::int
               WHEN 'withdrawn' THEN floor(4 * approval.roll(n, 8, seed))::int
               WHEN 'suspended' THEN 1 + floor(3 * approval.roll(n, 8, seed))::int
               -- A case that was only received has no limit yet to be late for.
               ELSE CASE WHEN NOT is_late AND approval.roll(n, 9, seed) < 0.03 THEN 0
                         ELSE 1 + floor(4 * approval.roll(n, 8, seed))::int
                    END
           END
$$;

-- Files so many cases, received in the days before the instant at; returns how many.
-- open_share of them are still open then (one in ten of these with its clock
-- stopped); of the open ones late_share have passed their limit, of the closed ones
-- late_share were closed after it.
CREATE OR REPLACE FUNCTION approval.generate(cases int, at timestamptz, seed int DEFAULT 1,
                                             late_share float8 DEFAULT 0.03,
                                             open_share float8 DEFAULT 0.05,
                                             days int DEFAULT 365)
    RETURNS bigint LANGUAGE plpgsql SET client_min_messages = warning AS
$$
DECLARE
    filed bigint;
BEGIN
    PERFORM approval.begin_drafts();
    PERFORM approval.draft_cases(cases, at, seed, late_share, open_share, days);
    filed := approval.file_drafts(at, seed);
    ANALYZE approval.applicant, approval.case_file, approval.clock_stop, approval.extension;
    RETURN filed;
END
$$;

-- Decides when each case began and ended, in open seconds.
CREATE OR REPLACE FUNCTION approval.draft_cases(cases int, at timestamptz, seed int,
                                                late_share float8, open_share float8,
                                                days int)
    RETURNS void LANGUAGE plpgsql AS
$$
DECLARE
    openings timestamptz[] := approval.openings();
    present  bigint := approval.open_second(at);
    past     bigint := approval.open_second(at - days * interval '1 day');
BEGIN
    IF present IS NULL OR past IS NULL OR past >= present THEN
        RAISE EXCEPTION 'no working time in the % days before % in approval.workday', days, at;
    END IF;

    -- Materialized: each step's dice are cast once a case, not once a mention.
    INSERT INTO pg_temp.draft (n, item_code, kind, status, stage_no, accepted, ended, stopped,
                               extended, granted)
    WITH outcome AS MATERIALIZED (
        SELECT * FROM approval.roll_outcomes(cases, seed, open_share)
    ), placed AS MATERIALIZED (
        SELECT n, kind, status, item_code, promised_value, promised_unit,
               status <> 'suspended' AND approval.roll(n, 5, seed) < late_share
                   AS is_late,
               CASE WHEN promised_unit = '工作日' AND promised_value >= 3
                         AND approval.roll(n, 6, seed) < 0.08
                    THEN 1 + floor(8 * approval.roll(n, 7, seed))::int
                    ELSE 0
               END AS stopped,
               -- Ten working days at most, and no more than was promised.
               CASE WHEN promised_unit = '工作日' AND promised_value >= 5
                         AND approval.roll(n, 12, seed) < 0.05
                    THEN 1 + floor(least(promised_value, 10) * approval.roll(n, 13, seed))::int
                    ELSE 0
               END AS extended,
               CASE status
                   WHEN 'open' THEN present
                   WHEN 'suspended' THEN greatest(
                       present - 1 - floor(300000 * approval.roll(n, 10, seed))::bigint, 0)
                   ELSE past + floor((present - past) * approval.roll(n, 10, seed))::bigint
               END AS ended
          FROM outcome
          JOIN approval.item_choices() USING (kind, is_open)
          JOIN LATERAL (SELECT choices[1 + floor(cardinality(choices)
                                                 * approval.roll(n, 4, seed))::int]
                               AS item_code) pick ON true
          JOIN (SELECT item_code, promised_value, promised_unit FROM approval.item) i
               USING (item_code)
    ), begun AS MATERIALIZED (
        -- Most are done well before their limit, those done at once within minutes;
        -- the open ones lie anywhere in it.
        SELECT n, kind, status, item_code, promised_value, is_late, stopped, extended, ended,
               CASE WHEN is_late
                    THEN on_time - 1 - floor(252000 * power(approval.roll(n, 11, seed), 2))
                    ELSE ended - floor(greatest(ended - on_time, 0)
                                       * power(approval.roll(n, 11, seed),
                                               CASE WHEN kind = '即办件' THEN 5::float8
                                                    WHEN status = 'completed' THEN 1.4::float8
                                                    ELSE 1::float8
                                               END))
               END::bigint AS accepted
          FROM (SELECT *, approval.first_on_time(openings, ended, promised_value + extended,
                                                 promised_unit) AS on_time
                  FROM placed OFFSET 0) p
    ), staged AS MATERIALIZED (
        SELECT n, kind, status, item_code, promised_value, stopped, extended, ended,
               least(accepted, ended - 1) AS accepted,
               approval.roll_stage(status, is_late, n, seed) AS stage_no
          FROM begun
    )
    -- A stop that has ended came on top of the time that the case took. Nobody asks
    -- for an extension before half of the promise is used up; it is granted before
    -- the rest is.
    SELECT n, item_code, kind, status, stage_no, greatest(accepted - s.days * 25200, 0), ended,
           s.days, e.days,
           CASE WHEN e.days > 0
                THEN accepted + floor(least(ended - accepted, promised_value * 25200)
                                      * (0.5 + 0.4 * approval.roll(n, 14, seed)))::bigint
           END
      FROM staged,
           LATERAL (SELECT CASE WHEN stage_no > 0 AND accepted >= stopped * 25200 THEN stopped
                                ELSE 0 END AS days) s,
           LATERAL (SELECT CASE WHEN stage_no > 0 AND ended - accepted >= promised_value * 12600
                                THEN extended ELSE 0 END AS days) e;
END
$$;

-- Files open cases around their limits at the instant at; returns how many. Of ten, one has a limit in hours that runs out within the next five minutes,
-- one has its clock stopped, and eight have from three working days overdue to nine
-- left: they show each level at once, or at the next opening or closing.
CREATE OR REPLACE FUNCTION approval.generate_demo(at timestamptz, cases int DEFAULT 400,
                                                  seed int DEFAULT 1)
    RETURNS bigint LANGUAGE plpgsql SET client_min_messages = warning AS
$$
DECLARE
    filed bigint;
BEGIN
    PERFORM approval.begin_drafts();
    PERFORM approval.draft_demo(at, cases, seed);
    filed := approval.file_drafts(at, seed, at);
    ANALYZE approval.applicant, approval.case_file, approval.clock_stop, approval.extension;
    RETURN filed;
END
$$;

-- Those of the hours were accepted just so long ago that they are due soon, be it at
-- night: the items with such limits are served round the clock.
CREATE OR REPLACE FUNCTION approval.draft_demo(at timestamptz, cases int, seed int)
    RETURNS void LANGUAGE plpgsql AS
$$
DECLARE
    present bigint := approval.open_second(at);
    hour_items text[] := (SELECT array_agg(item_code ORDER BY item_code)
                            FROM approval.item WHERE promised_unit = '小时');
    day_items  text[] := (SELECT array_agg(item_code ORDER BY item_code)
                            FROM approval.item
                           WHERE promised_unit = '工作日' AND promised_value BETWEEN 3 AND 20);
BEGIN
    INSERT INTO pg_temp.draft (n, item_code, kind, status, stage_no, accepted, ended,
                               accepted_at)
    SELECT n, i.item_code, i.kind,
           CASE WHEN g.part = 1 THEN 'suspended' ELSE 'open' END,
           CASE g.part WHEN 0 THEN 1
                       WHEN 1 THEN 1 + floor(3 * approval.roll(n, 8, seed))::int
                       ELSE 1 + floor(4 * approval.roll(n, 8, seed))::int
           END,
           a.accepted,
           -- A clock that stands was stopped somewhere since the acceptance.
           CASE WHEN g.part = 1
                THEN a.accepted + floor((present - a.accepted)
                                        * (0.1 + 0.8 * approval.roll(n, 10, seed)))::bigint
                ELSE present
           END,
           CASE WHEN g.part = 0
                THEN at - i.promised_value * interval '1 hour'
                     + least(3 + 300 * approval.roll(n, 11, seed),
                             i.promised_value * 3600 - 1) * interval '1 second'
           END
      FROM generate_series(1, cases) AS n,
           LATERAL (SELECT n % 10 AS part) g,
           LATERAL (SELECT CASE WHEN g.part = 0 THEN hour_items ELSE day_items END AS items) h,
           LATERAL (SELECT h.items[1 + floor(cardinality(h.items)
                                             * approval.roll(n, 4, seed))::int] AS code) p,
           approval.item i,
           -- Working days left: most between overdue and four.
           LATERAL (SELECT least(-3 + floor(13 * power(approval.roll(n, 5, seed), 1.3))::int,
                                 i.promised_value) AS days_left) l,
           LATERAL (SELECT least(present - 1,
                                 (present / 25200 + l.days_left - i.promised_value) * 25200
                                 + floor(25200 * approval.roll(n, 6, seed)))::bigint
                           AS accepted) a
     WHERE i.item_code = p.code;
END
$$;
