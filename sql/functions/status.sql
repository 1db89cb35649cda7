-- Status: how an installation is doing, for people and monitors.

-- The daemons that have been seen of late. Alive: its session holds the lock of its number.
CREATE OR REPLACE FUNCTION duban.status_nodes()
    RETURNS json
    LANGUAGE sql STABLE
AS $$
    SELECT coalesce(json_agg(n ORDER BY n.id), '[]')
      FROM (SELECT o.id, o.name, o.leader AND l.objid IS NOT NULL AS leader,
                   l.objid IS NOT NULL AS alive, o.started_at, o.heartbeat_at, o.config_version, o.program
              FROM duban.node o
              LEFT JOIN (SELECT DISTINCT objid FROM pg_locks
                          WHERE locktype = 'advisory' AND classid = 1685414242 AND granted
                            AND database = (SELECT oid FROM pg_database
                                             WHERE datname = current_database())) l
                     ON l.objid::bigint = o.id) n
$$;

CREATE OR REPLACE FUNCTION duban.status_queue()
    RETURNS json
    LANGUAGE sql STABLE
AS $$
    SELECT json_build_object(
        'pending', (SELECT count(*) FROM duban.pending),
        'held', (SELECT coalesce(json_agg(p), '[]')
                   FROM (SELECT hold_reason AS reason, count(*) AS count,
                                min(release_at) AS next_release
                           FROM duban.pending WHERE hold_reason <> ''
                          GROUP BY hold_reason ORDER BY count(*) DESC, hold_reason LIMIT 20) p),
        'ready', (SELECT count(*) FROM duban.ready),
        'parked', (SELECT count(*) FROM duban.parked),
        'inflight', (SELECT count(*) FROM duban.inflight),
        'dead', (SELECT count(*) FROM duban.dead),
        'dead_reasons', (SELECT coalesce(json_agg(d), '[]')
                           FROM (SELECT e.channel, d.verdict, d.reason, count(*) AS count
                                   FROM duban.dead d JOIN duban.endpoint e ON e.id = d.endpoint
                                  GROUP BY e.channel, d.verdict, d.reason
                                  ORDER BY count(*) DESC, d.reason LIMIT 20) d))
$$;

-- What has reached nobody since an instant. By way of the ledger, whose index bounds it.
CREATE OR REPLACE FUNCTION duban.status_unreachable(p_since timestamptz)
    RETURNS json
    LANGUAGE sql STABLE
AS $$
    WITH found AS (
        SELECT substr(n.outcome, length('unreachable: ') + 1) AS reason, count(*) AS count
          FROM duban.event e JOIN duban.notification n ON n.event = e.id
         WHERE e.recorded_at > p_since AND n.outcome LIKE 'unreachable: %'
         GROUP BY n.outcome
    )
    SELECT json_build_object(
        'count', (SELECT coalesce(sum(count), 0) FROM found),
        'reasons', (SELECT coalesce(json_agg(f), '[]')
                      FROM (SELECT * FROM found ORDER BY count DESC, reason LIMIT 20) f))
$$;

-- The rules in force, who approved them, and how far a pass by others has come: `of` so many open
-- cases.
CREATE OR REPLACE FUNCTION duban.status_rules()
    RETURNS json
    LANGUAGE sql STABLE
AS $$
    SELECT json_build_object(
               'version', i.rules_version, 'since', i.rules_since,
               'approved_by', (SELECT a.author FROM duban.rules_approval a
                                WHERE a.version = i.rules_version
                                ORDER BY a.approved_at DESC LIMIT 1),
               'recompute', CASE WHEN i.recompute_version <> '' THEN json_build_object(
                   'version', i.recompute_version, 'begun_at', i.recompute_begun_at,
                   'cases', i.recompute_cases, 'clocks', i.recompute_clocks,
                   'after', i.recompute_after,
                   'of', (SELECT count(*)
                            FROM (SELECT DISTINCT c.case_no FROM duban.clock c
                                   WHERE c.state IN ('running', 'suspended')) o)) END)
      FROM duban.intake i
$$;

-- Everything that `dubanctl status` tells, with at most `p_bad_most` of the rows set aside (null:
-- all). Runs with the rights of duban_read: no address and no text is in it.
CREATE OR REPLACE FUNCTION duban.status(p_bad_most bigint)
    RETURNS json
    LANGUAGE sql STABLE
AS $$
    SELECT json_build_object(
        'now', t.now,
        'nodes', duban.status_nodes(),
        'intake', (SELECT json_build_object(
                              'first_contact_at', i.first_contact_at,
                              'initial_done', i.initial_done,
                              'updated_at', i.updated_at, 'case_no', i.case_no)
                     FROM duban.intake i),
        'rules', duban.status_rules(),
        'clocks', (SELECT coalesce(json_agg(c), '[]')
                     FROM (SELECT state, level, count(*) AS count FROM duban.clock
                            WHERE clock <> 'selftest'
                            GROUP BY state, level, rank ORDER BY state, rank) c),
        'oldest_overdue', (SELECT to_json(c)
                             FROM (SELECT case_no, clock, level, due_at FROM duban.clock
                                    WHERE state = 'running' AND due_at < t.now
                                      AND clock <> 'selftest'
                                    ORDER BY due_at LIMIT 1) c),
        'bad_rows', json_build_object(
            'count', (SELECT count(*) FROM duban.bad_row),
            'newest', (SELECT coalesce(json_agg(b), '[]')
                         FROM (SELECT * FROM duban.bad_row
                                ORDER BY last_seen DESC, case_no LIMIT p_bad_most) b)),
        'queue', duban.status_queue(),
        'alarms', (SELECT coalesce(json_agg(a ORDER BY a.since, a.subject), '[]')
                     FROM (SELECT subject, detail, since, told_at FROM duban.alarm
                            WHERE over_at IS NULL) a),
        'selftest', (SELECT to_json(s)
                       FROM (SELECT begun_at, case_no, channel, ended_at, stage, detail, took_ms
                               FROM duban.selftest
                              WHERE ended_at IS NOT NULL
                              ORDER BY begun_at DESC LIMIT 1) s),
        'unreachable', duban.status_unreachable(t.now - interval '7 days'),
        'events', (SELECT coalesce(json_agg(e), '[]')
                     FROM (SELECT kind, count(*) AS count FROM duban.event
                            WHERE recorded_at > t.now - interval '24 hours'
                              AND kind <> 'selftest'
                            GROUP BY kind ORDER BY kind) e))
      FROM (SELECT duban.now() AS now) t
$$;
