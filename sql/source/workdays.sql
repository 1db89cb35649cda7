-- The approval system's own calendar, and time measured in open seconds.
--
-- Vendors keep such a table to compute the date on the acceptance slip. This one
-- is exact for 2024 to 2026 (国办发明电〔2023〕7号, 〔2024〕12号, 〔2025〕7号);
-- for 2027 and 2028, not announced yet, it knows weekends and the holidays of
-- the law, without the days that a notice would move.
--
-- The generator thinks in open seconds: second 0 is the opening of the first
-- working day, each day has 25,200 (09:00-12:00 and 13:30-17:30). Any such number
-- is an instant at which the centre is open, and a day of work is a difference of
-- 25,200, whatever weekends and holidays lie between.

CREATE TABLE IF NOT EXISTS approval.workday (
    day        date PRIMARY KEY,
    is_workday boolean NOT NULL,
    seq        int NOT NULL     -- working days before this day, from 2024-01-01
);
CREATE INDEX IF NOT EXISTS workday_seq ON approval.workday (seq) WHERE is_workday;

INSERT INTO approval.workday (day, is_workday, seq)
WITH off_range (first_day, last_day) AS (
    VALUES ('2024-01-01'::date, '2024-01-01'::date), ('2024-02-10', '2024-02-17'),
           ('2024-04-04', '2024-04-06'), ('2024-05-01', '2024-05-05'),
           ('2024-06-10', '2024-06-10'), ('2024-09-15', '2024-09-17'),
           ('2024-10-01', '2024-10-07'),
           ('2025-01-01', '2025-01-01'), ('2025-01-28', '2025-02-04'),
           ('2025-04-04', '2025-04-06'), ('2025-05-01', '2025-05-05'),
           ('2025-05-31', '2025-06-02'), ('2025-10-01', '2025-10-08'),
           ('2026-01-01', '2026-01-03'), ('2026-02-15', '2026-02-23'),
           ('2026-04-04', '2026-04-06'), ('2026-05-01', '2026-05-05'),
           ('2026-06-19', '2026-06-21'), ('2026-09-25', '2026-09-27'),
           ('2026-10-01', '2026-10-07'),
           ('2027-01-01', '2027-01-01'), ('2027-02-05', '2027-02-08'),
           ('2027-04-05', '2027-04-05'), ('2027-05-01', '2027-05-02'),
           ('2027-06-09', '2027-06-09'), ('2027-09-15', '2027-09-15'),
           ('2027-10-01', '2027-10-03'),
           ('2028-01-01', '2028-01-01'), ('2028-01-25', '2028-01-28'),
           ('2028-04-04', '2028-04-04'), ('2028-05-01', '2028-05-02'),
           ('2028-05-28', '2028-05-28'), ('2028-10-01', '2028-10-03')
), make_up (day) AS (
    VALUES ('2024-02-04'::date), ('2024-02-18'), ('2024-04-07'), ('2024-04-28'),
           ('2024-05-11'), ('2024-09-14'), ('2024-09-29'), ('2024-10-12'),
           ('2025-01-26'), ('2025-02-08'), ('2025-04-27'), ('2025-09-28'), ('2025-10-11'),
           ('2026-01-04'), ('2026-02-14'), ('2026-02-28'), ('2026-05-09'),
           ('2026-09-20'), ('2026-10-10')
), judged AS (
    SELECT d::date AS day,
           EXISTS (SELECT FROM make_up m WHERE m.day = d::date)
           OR (extract(isodow FROM d) < 6
               AND NOT EXISTS (SELECT FROM off_range r
                                WHERE d::date BETWEEN r.first_day AND r.last_day)) AS is_workday
      FROM generate_series(timestamp '2024-01-01', timestamp '2028-12-31', interval '1 day') AS d
)
SELECT day, is_workday,
       coalesce(sum(is_workday::int) OVER (ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING
                                                             AND 1 PRECEDING), 0)
  FROM judged
ON CONFLICT (day) DO NOTHING;

-- The openings of all working days, in order: what open_instant looks up in.
CREATE OR REPLACE FUNCTION approval.openings() RETURNS timestamptz[]
    LANGUAGE sql STABLE AS
$$
    SELECT array_agg((day + time '09:00') AT TIME ZONE 'Asia/Shanghai' ORDER BY seq)
      FROM approval.workday WHERE is_workday
$$;

-- The instant of an open second. Inlined into the statements that use it; null
-- beyond the calendar.
CREATE OR REPLACE FUNCTION approval.open_instant(openings timestamptz[], second bigint)
    RETURNS timestamptz LANGUAGE sql STABLE AS
$$
    SELECT openings[second / 25200 + 1]
           + (second % 25200 + CASE WHEN second % 25200 >= 10800 THEN 5400 ELSE 0 END)
             * interval '1 second'
$$;

-- The open second of an instant; while the centre is closed, that of the next
-- opening.
CREATE OR REPLACE FUNCTION approval.open_second(at timestamptz) RETURNS bigint
    LANGUAGE sql STABLE AS
$$
    SELECT w.seq * 25200::bigint
           + CASE WHEN NOT w.is_workday THEN 0
                  ELSE least(greatest(l.t - 32400, 0), 10800)
                       + least(greatest(l.t - 48600, 0), 14400)
             END
      FROM (SELECT at AT TIME ZONE 'Asia/Shanghai' AS local) z,
           LATERAL (SELECT extract(epoch FROM z.local::time)::int AS t) l,
           approval.workday w
     WHERE w.day = z.local::date
$$;

-- The date that the acceptance slip promises: the closing of the last working day,
-- the day of acceptance not counted, or so many hours on the clock. The system
-- computes no date for other units. stopped is the number of working days that the
-- clock stood still.
CREATE OR REPLACE FUNCTION approval.slip_date(openings timestamptz[], accepted_at timestamptz,
                                              accepted_second bigint, amount int, unit text,
                                              stopped int)
    RETURNS timestamptz LANGUAGE sql STABLE AS
$$
    SELECT CASE unit
               WHEN '工作日' THEN openings[accepted_second / 25200 + amount + stopped + 1]
                                  + interval '8 hours 30 minutes'
               WHEN '小时' THEN accepted_at + amount * interval '1 hour'
           END
$$;
