-- Joint cases 联办件: who leads them, and which parts hold them up.

-- The part that holds a joint case up: of those whose completion is running the worst, then the one
-- that is due first; '' without any.
CREATE OR REPLACE FUNCTION duban.worst_part(p_case text)
    RETURNS text
    LANGUAGE sql STABLE
AS $$
    SELECT coalesce((SELECT k.case_no FROM duban.clock k
                      WHERE k.parent_case_no = p_case COLLATE "C" AND k.parent_case_no <> ''
                        AND k.state = 'running' AND k.clock = 'completion'
                      ORDER BY k.severity DESC, k.due_at, k.case_no
                      LIMIT 1), '')
$$;

-- For the roles that only joint cases have, the places in the directory and the duty there that
-- answers: of a part's event the department that leads the whole case (`lead`); of the whole case's
-- event the windows of the parts that hold it up (`part`), the worst first, 20 at most. No rows for
-- events of other cases.
CREATE OR REPLACE FUNCTION duban.joint_places(p_event bigint, p_role text)
    RETURNS TABLE (place text, duty text)
    LANGUAGE sql STABLE ROWS 2
AS $$
    (SELECT coalesce(l.place, c.parent_case_no), 'department'
       FROM duban.event e
       JOIN duban.clock c ON c.case_no = e.case_no AND c.clock = e.clock
       LEFT JOIN LATERAL (
            SELECT coalesce(w.code, nullif(p.department_code, '')) AS place
              FROM duban.clock p
              LEFT JOIN duban.recipient w ON w.code = p.window_code COLLATE "C"
             WHERE p.case_no = c.parent_case_no
             ORDER BY p.clock <> 'completion', p.clock
             LIMIT 1) l ON true
      WHERE p_role = 'lead' AND e.id = p_event AND c.parent_case_no <> '')
    UNION ALL
    (SELECT k.window_code, 'window'
       FROM duban.event e
       JOIN duban.clock k ON k.parent_case_no = e.case_no AND k.parent_case_no <> ''
                         AND k.state = 'running' AND k.clock = 'completion'
      WHERE p_role = 'part' AND e.id = p_event
      GROUP BY k.window_code
      ORDER BY max(k.severity) DESC, min(k.due_at), k.window_code
      LIMIT 20)
$$;
