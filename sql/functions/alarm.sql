-- Alarms: what duban tells its administrators of itself. The leader looks, and this is its memory:
-- a new leader doesn't tell again what the old one has told.

-- What is wrong now, as far as the database knows, at most `p_most` of each kind:
--   stopped, gone   an endpoint that isn't used any more: its number, channel, address, reason
--   queue           the same of an endpoint whose oldest message is older than `p_age_us`
--   pending         the oldest notification that is so late: its channel
--   selftest        the last self-test that ended has failed: its stage as the address, and why
--   configuration   daemons that stand by, since theirs isn't the leader's: their names as the reason;
--                   since when this alarm is known, if it is
-- The first row has no kind: it tells the time. One look into the index of `ready` per endpoint.
CREATE OR REPLACE FUNCTION duban.alarm_look(p_age_us bigint, p_most bigint)
    RETURNS TABLE (now timestamptz, kind text, subject text, channel text, address text,
                   since timestamptz, reason text)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := duban.now();
    v_old timestamptz := v_now - p_age_us * interval '1 microsecond';
BEGIN
    RETURN QUERY
    SELECT v_now, NULL::text, NULL::text, NULL::text, NULL::text, NULL::timestamptz, NULL::text;

    RETURN QUERY
    SELECT v_now, s.state, 'endpoint:' || s.endpoint, e.channel, e.address, s.since,
           coalesce(nullif(s.reason, ''), s.last_error)
      FROM duban.endpoint_state s JOIN duban.endpoint e ON e.id = s.endpoint
     WHERE s.state <> 'well' AND s.state IN ('stopped', 'gone')
     ORDER BY s.endpoint
     LIMIT p_most;

    RETURN QUERY
    SELECT v_now, 'queue', 'queue:' || e.id, e.channel, e.address, r.due_at, ''
      FROM duban.endpoint e
     CROSS JOIN LATERAL (SELECT q.due_at FROM duban.ready q
                          WHERE q.endpoint = e.id
                          ORDER BY q.endpoint, q.due_at, q.id LIMIT 1) r
     WHERE r.due_at < v_old
       AND NOT EXISTS (SELECT FROM duban.endpoint_state s
                        WHERE s.endpoint = e.id AND s.state <> 'well')
     ORDER BY e.id
     LIMIT p_most;

    RETURN QUERY
    SELECT v_now, 'pending', 'pending', coalesce(n.channel, ''), '', p.release_at, p.hold_reason
      FROM (SELECT q.release_at, q.notification, q.hold_reason FROM duban.pending q
             ORDER BY q.release_at, q.notification LIMIT 1) p
      LEFT JOIN duban.notification n ON n.id = p.notification
     WHERE p.release_at < v_old;

    RETURN QUERY
    SELECT v_now, 'selftest', 'selftest', t.channel, t.stage, t.begun_at, t.detail
      FROM (SELECT s.* FROM duban.selftest s
             WHERE s.ended_at IS NOT NULL
             ORDER BY s.begun_at DESC LIMIT 1) t
     WHERE t.stage <> '';

    RETURN QUERY
    SELECT v_now, 'configuration', 'configuration', '', '',
           (SELECT a.since FROM duban.alarm a
             WHERE a.subject = 'configuration' AND a.over_at IS NULL), n.names
      FROM (SELECT string_agg(o.name, ', ' ORDER BY o.id) AS names
              FROM duban.node l JOIN duban.node o ON o.config_version <> l.config_version
             WHERE l.leader
               AND EXISTS (SELECT FROM pg_locks k
                            WHERE k.locktype = 'advisory' AND k.classid = 1685414242
                              AND k.objid = o.id::bigint::oid AND k.granted
                              AND k.database = (SELECT d.oid FROM pg_database d
                                                 WHERE d.datname = current_database()))) n
     WHERE n.names IS NOT NULL;
END
$$;

-- Puts the beginnings or ends of alarms into the ledger. An event's version is its second.
CREATE OR REPLACE FUNCTION duban.alarm_record(
    p_kind text, p_subject text[], p_at timestamptz, p_detail text[])
    RETURNS void
    LANGUAGE sql
AS $$
    INSERT INTO duban.event
           (case_no, clock, kind, deadline_version, sequence, event_at, recorded_at, level, rank,
            window_code, department_code, item_code, told, detail)
    SELECT '', a.subject, p_kind, floor(extract(epoch FROM p_at))::integer, 0, p_at,
           duban.now(), 'normal', 0, '', '', '', 'directly', a.detail
      FROM unnest(p_subject, p_detail) AS a(subject, detail)
        ON CONFLICT DO NOTHING
$$;

-- Takes all subjects that are wrong now; in one transaction it remembers those that are new and
-- those that are over, and puts both into the ledger. Returns what has yet to be told, whether it
-- is new or its former teller has died: what is over with the words of its beginning. What began
-- and ended untold is not told any more, nor an end that nobody could be told of for a day.
CREATE OR REPLACE FUNCTION duban.alarm_update(p_subject text[], p_detail text[])
    RETURNS TABLE (subject text, detail text, since timestamptz, over boolean)
    LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_now     timestamptz := duban.now();
    v_subject text[];
    v_detail  text[];
BEGIN
    WITH over AS (
        SELECT a.subject, a.detail, a.told_at FROM duban.alarm a
         WHERE a.over_at IS NULL AND a.subject <> ALL (p_subject)
    ), untold AS (
        DELETE FROM duban.alarm a USING over o
         WHERE a.subject = o.subject AND o.told_at IS NULL
    ), ended AS (
        UPDATE duban.alarm a SET over_at = v_now
          FROM over o
         WHERE a.subject = o.subject AND o.told_at IS NOT NULL
    )
    SELECT array_agg(o.subject), array_agg(o.detail) INTO v_subject, v_detail FROM over o;
    PERFORM duban.alarm_record('alarm_over', v_subject, v_now, v_detail);

    WITH new AS (
        INSERT INTO duban.alarm AS a (subject, detail, since)
        SELECT DISTINCT ON (n.subject COLLATE "C") n.subject, n.detail, v_now
          FROM unnest(p_subject, p_detail) AS n(subject, detail)
         ORDER BY n.subject COLLATE "C"
            ON CONFLICT (subject) DO UPDATE SET over_at = NULL -- it came back before it was told
         WHERE a.over_at IS NOT NULL
        RETURNING a.subject, a.detail, a.since
    )
    SELECT array_agg(n.subject), array_agg(n.detail) INTO v_subject, v_detail FROM new n;
    PERFORM duban.alarm_record('alarm', v_subject, v_now, v_detail);

    DELETE FROM duban.alarm a WHERE a.over_at < v_now - interval '1 day';
    RETURN QUERY
    SELECT a.subject, a.detail, a.since, a.over_at IS NOT NULL
      FROM duban.alarm a
     WHERE a.told_at IS NULL OR a.over_at IS NOT NULL
     ORDER BY a.subject;
END
$$;

-- It was told. False when it is over meanwhile without anybody having been told: then its teller
-- tells that too.
CREATE OR REPLACE FUNCTION duban.alarm_told(p_subject text, p_since timestamptz, p_over boolean)
    RETURNS boolean
    LANGUAGE plpgsql
AS $$
BEGIN
    IF p_over THEN
        DELETE FROM duban.alarm WHERE subject = p_subject COLLATE "C" AND since = p_since
                                  AND over_at IS NOT NULL;
        RETURN true;
    END IF;
    UPDATE duban.alarm SET told_at = duban.now()
     WHERE subject = p_subject COLLATE "C" AND since = p_since;
    RETURN FOUND;
END
$$;

-- Whom alarms reach: the administrators' contacts on some channels. At most `p_most`.
CREATE OR REPLACE FUNCTION duban.alarm_contacts(p_channel text[], p_most bigint)
    RETURNS TABLE (channel text, address text)
    LANGUAGE sql STABLE
AS $$
    SELECT DISTINCT c.channel, c.address
      FROM duban.recipient r JOIN duban.contact c ON c.recipient = r.code
     WHERE r.kind = 'admin' AND c.channel = ANY (p_channel)
     ORDER BY c.channel, c.address
     LIMIT p_most
$$;
