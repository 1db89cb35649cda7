-- approval.duban_case: the one relation that duban reads (docs/source.md).
--
-- Left joins on primary keys only: each case appears exactly once whatever is
-- missing around it, and a join whose columns nobody asks for costs nothing.
-- Status and stage pass unchanged, so that conditions on them use the partial
-- indexes; a word that the mapping doesn't know passes too, for duban to name.

CREATE OR REPLACE VIEW approval.duban_case AS
SELECT f.case_no,
       f.item_code,
       i.item_name,
       CASE f.kind
           WHEN '即办件' THEN 'instant'
           WHEN '承诺件' THEN 'promised'
           WHEN '联办件' THEN 'joint'
           WHEN '上报件' THEN 'reported'
           WHEN '退回件' THEN 'returned'
           WHEN '特办件' THEN 'special'
           WHEN '代办件' THEN 'agent'
           ELSE f.kind
       END AS kind,
       w.department_code,
       f.window_code,
       s.staff_name AS handler_name,
       s.phone AS handler_phone,
       a.applicant_name,
       a.phone AS applicant_phone,
       f.promised_value AS limit_value,
       CASE f.promised_unit
           WHEN '工作日' THEN 'workday'
           WHEN '自然日' THEN 'day'
           WHEN '工作时' THEN 'workhour'
           WHEN '小时' THEN 'hour'
           ELSE f.promised_unit
       END AS limit_unit,
       i.statutory_value,
       CASE i.statutory_unit
           WHEN '工作日' THEN 'workday'
           WHEN '自然日' THEN 'day'
           WHEN '工作时' THEN 'workhour'
           WHEN '小时' THEN 'hour'
           ELSE i.statutory_unit
       END AS statutory_unit,
       f.promised_due_at,
       f.stage,
       f.status,
       f.received_at,
       f.accepted_at,
       f.processed_at,
       f.reviewed_at,
       f.approved_at,
       f.completed_at,
       coalesce((SELECT jsonb_agg(jsonb_build_object(
                            'reason', CASE t.reason
                                          WHEN '补正' THEN 'supplement'
                                          WHEN '听证' THEN 'hearing'
                                          WHEN '专家评审' THEN 'expert_review'
                                          WHEN '公示' THEN 'public_notice'
                                          WHEN '招标' THEN 'bidding'
                                          WHEN '拍卖' THEN 'auction'
                                          WHEN '检验' THEN 'testing'
                                          WHEN '检疫' THEN 'quarantine'
                                          WHEN '鉴定' THEN 'appraisal'
                                          WHEN '上报' THEN 'reported'
                                          ELSE t.reason
                                      END,
                            'from', t.started_at,
                            'to', t.ended_at) ORDER BY t.started_at, t.stop_id)
                   FROM approval.clock_stop t
                  WHERE t.case_no = f.case_no), '[]') AS suspensions,
       f.result,
       f.parent_case_no,
       f.updated_at,
       CASE f.project_class
           WHEN '绿色通道' THEN 'green_channel'
           WHEN '重点项目' THEN 'key_project'
           WHEN '普通' THEN NULL
           ELSE f.project_class
       END AS project_class,
       f.agent_name,
       f.agent_phone,
       f.reopened_at,
       (SELECT jsonb_agg(jsonb_build_object(
                   'value', e.more_value,
                   'unit', CASE e.more_unit
                               WHEN '工作日' THEN 'workday'
                               WHEN '自然日' THEN 'day'
                               WHEN '工作时' THEN 'workhour'
                               WHEN '小时' THEN 'hour'
                               ELSE e.more_unit
                           END,
                   'approver', e.approver,
                   'reason', e.reason,
                   'at', e.granted_at) ORDER BY e.granted_at, e.extension_id)
          FROM approval.extension e
         WHERE e.case_no = f.case_no) AS extensions,
       f.attributes
  FROM approval.case_file f
  LEFT JOIN approval.item i ON i.item_code = f.item_code
  LEFT JOIN approval.window_desk w ON w.window_code = f.window_code
  LEFT JOIN approval.staff s ON s.staff_id = f.staff_id
  LEFT JOIN approval.applicant a ON a.applicant_id = f.applicant_id;
