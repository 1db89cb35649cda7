-- Levels for figures: without those that were taken back (duban.withdraw).

-- Every level that was reached, told or not, and still counts: each once, whatever rules changed while
-- it held.
CREATE OR REPLACE VIEW duban.level_event AS
    SELECT e.id, e.case_no, e.clock, e.kind, e.deadline_version, e.sequence, e.event_at,
           e.recorded_at, e.level, e.rank, e.due_at, e.window_code, e.department_code, e.item_code,
           e.told, e.detail, e.episode, e.points
      FROM duban.event e
     WHERE e.kind = e.level AND e.rank > 0 AND e.item_code <> 'duban:selftest'
       AND e.told <> 'no: told before the rules changed'
       AND NOT EXISTS (SELECT FROM duban.withdrawal w WHERE w.event = e.id);

-- Of each case with an open clock the worst level, of equal ones that which is due first, and the
-- clock it comes from. A withdrawal takes back a level with all below it, so what remains of it is
-- normal.
CREATE OR REPLACE VIEW duban.case_level AS
    SELECT DISTINCT ON (c.case_no)
           c.case_no, c.clock, c.state, c.level, c.rank, c.severity, c.due_at, c.window_code,
           c.department_code, c.item_code, c.parent_case_no
      FROM (SELECT o.case_no, o.clock, o.state, o.due_at, o.window_code, o.department_code,
                   o.item_code, o.parent_case_no,
                   CASE WHEN w.back THEN 'normal' ELSE o.level END AS level,
                   CASE WHEN w.back THEN 0::smallint ELSE o.rank END AS rank,
                   CASE WHEN w.back THEN 0::smallint ELSE o.severity END AS severity
              FROM duban.clock o
             CROSS JOIN LATERAL (
                   SELECT o.withdrawn_version = o.raised_version
                          AND o.withdrawn_rank >= o.rank AS back) w
             WHERE o.state IN ('running', 'suspended') AND o.item_code <> 'duban:selftest') c
     ORDER BY c.case_no, c.severity DESC, c.due_at, c.clock;
