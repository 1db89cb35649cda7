"""The sample's cases as they were known in the past: what a daemon would have met on the way.

    past = Past(connection)                # remembers all cases as they stand, and empties the table
    past.write(connection, instant)        # what had happened by then; later calls go on from there
    past.next_after(instant)               # when something happens next

Something happens when a case is accepted, reviewed, stopped, resumed, extended or ended; the other
milestones are typed in along with these, as soon as they are past.
"""

REMEMBER = """
CREATE SCHEMA past;
CREATE TABLE past.case_file AS TABLE approval.case_file;
CREATE TABLE past.clock_stop AS TABLE approval.clock_stop;
CREATE TABLE past.extension AS TABLE approval.extension;
CREATE TABLE past.change AS
SELECT f.case_no, i.at FROM past.case_file f
 CROSS JOIN LATERAL unnest(ARRAY[accepted_at, reviewed_at, completed_at]) AS i(at)
 WHERE i.at IS NOT NULL
 UNION SELECT case_no, started_at FROM past.clock_stop
 UNION SELECT case_no, ended_at FROM past.clock_stop WHERE ended_at IS NOT NULL
 UNION SELECT case_no, granted_at FROM past.extension;
CREATE INDEX change_at ON past.change (at);
DELETE FROM approval.case_file"""

MILESTONES = ("accepted_at", "processed_at", "reviewed_at", "approved_at")
STEPS = ", ".join(f"CASE WHEN f.{column} <= %(at)s THEN f.{column} END AS {column}"
                  for column in MILESTONES)

# A case that has ended is what it is now; before, its stage is the last step, and it is suspended
# while a clock stop lasts.
CASE = f"""
CREATE TEMPORARY TABLE known ON COMMIT DROP AS
SELECT f.case_no, f.item_code, f.kind, f.project_class, f.attributes, f.window_code, f.staff_id,
       f.applicant_id, f.agent_name, f.agent_phone, f.promised_value, f.promised_unit,
       CASE WHEN e.ended THEN f.stage
            WHEN f.approved_at <= %(at)s THEN 'approval'
            WHEN f.reviewed_at <= %(at)s THEN 'review'
            WHEN f.processed_at <= %(at)s THEN 'processing'
            WHEN f.accepted_at <= %(at)s THEN 'accepted'
            ELSE 'received' END AS stage,
       CASE WHEN e.ended THEN f.status
            WHEN EXISTS (SELECT FROM past.clock_stop s
                          WHERE s.case_no = f.case_no AND s.started_at <= %(at)s
                            AND (s.ended_at IS NULL OR s.ended_at > %(at)s)) THEN 'suspended'
            ELSE 'open' END AS status,
       f.received_at, {STEPS},
       CASE WHEN e.ended THEN f.completed_at END AS completed_at,
       CASE WHEN e.ended THEN f.result END AS result,
       (SELECT max(c.at) FROM past.change c
         WHERE c.case_no = f.case_no AND c.at <= %(at)s) AS updated_at
  FROM past.case_file f
 CROSS JOIN LATERAL (SELECT coalesce(f.completed_at <= %(at)s, false) AS ended) e
 WHERE f.case_no = ANY (%(cases)s)"""

STORE = """
INSERT INTO approval.case_file
      (case_no, item_code, kind, project_class, attributes, window_code, staff_id, applicant_id,
       agent_name, agent_phone, promised_value, promised_unit, stage, status, received_at,
       accepted_at, processed_at, reviewed_at, approved_at, completed_at, result, updated_at)
SELECT case_no, item_code, kind, project_class, attributes, window_code, staff_id, applicant_id,
       agent_name, agent_phone, promised_value, promised_unit, stage, status, received_at,
       accepted_at, processed_at, reviewed_at, approved_at, completed_at, result, updated_at
  FROM pg_temp.known
    ON CONFLICT (case_no) DO UPDATE
   SET stage = excluded.stage, status = excluded.status, accepted_at = excluded.accepted_at,
       processed_at = excluded.processed_at, reviewed_at = excluded.reviewed_at,
       approved_at = excluded.approved_at, completed_at = excluded.completed_at,
       result = excluded.result"""

PARTS = """
DELETE FROM approval.clock_stop WHERE case_no = ANY (%(cases)s);
INSERT INTO approval.clock_stop (case_no, reason, detail, started_at, ended_at)
SELECT case_no, reason, detail, started_at, CASE WHEN ended_at <= %(at)s THEN ended_at END
  FROM past.clock_stop WHERE case_no = ANY (%(cases)s) AND started_at <= %(at)s
 ORDER BY stop_id;
DELETE FROM approval.extension WHERE case_no = ANY (%(cases)s);
INSERT INTO approval.extension (case_no, more_value, more_unit, approver, reason, granted_at)
SELECT case_no, more_value, more_unit, approver, reason, granted_at
  FROM past.extension WHERE case_no = ANY (%(cases)s) AND granted_at <= %(at)s"""


class Past:
    def __init__(self, connection):
        self.connection, self.written = connection, None
        with connection.transaction():
            connection.execute("SELECT set_config('approval.touch', 'off', true)")
            connection.execute(REMEMBER)

    def write(self, connection, instant):
        """What has happened since the last call, within the caller's transaction."""
        [(cases,)] = connection.execute("""
            SELECT array_agg(DISTINCT c.case_no) FROM past.change c
             WHERE c.at <= %(at)s AND c.at > coalesce(%(after)s::timestamptz, '-infinity')""", {"at": instant, "after": self.written}).fetchall()
        self.written = instant
        if not cases:
            return
        connection.execute("SELECT set_config('approval.now', %s, true),"
                           " set_config('approval.touch', 'off', true)", (str(instant),))
        known = {"at": instant, "cases": cases}
        connection.execute(CASE, known)
        connection.execute(STORE)
        for statement in PARTS.split(";"):
            connection.execute(statement, known)
        connection.execute("DROP TABLE pg_temp.known")

    def next_after(self, instant):
        [(at,)] = self.connection.execute("SELECT min(at) FROM past.change WHERE at > %s",
                                          (instant,)).fetchall()
        return at
