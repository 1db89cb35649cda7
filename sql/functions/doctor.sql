-- What `dubanctl doctor` looks at in the state database. Every part is bounded.

-- The server and its settings; daemons; who can be told. `p_role` and `p_channel`: the routes of the
-- configuration, in parallel. `unheld`: routes whose role nobody holds with a contact on that channel;
-- the roles of a case's own people and of joint cases aren't looked at. `strange_windows`: windows of
-- open cases that the directory doesn't know, nor their department.
CREATE OR REPLACE FUNCTION duban.doctor(p_role text[], p_channel text[])
    RETURNS json
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN json_build_object(
        'now', duban.now(),
        'server', current_setting('server_version'),
        'server_number', current_setting('server_version_num')::integer,
        'settings', (SELECT json_object_agg(s.name, s.setting) FROM pg_settings s
                      WHERE s.name IN ('fsync', 'full_page_writes', 'autovacuum', 'synchronous_commit',
                                       'track_counts')),
        'nodes', duban.status_nodes(),
        'initial_done', (SELECT i.initial_done FROM duban.intake i),
        'recipients', (SELECT count(*) FROM (SELECT FROM duban.recipient LIMIT 1000) r),
        'unheld', (SELECT coalesce(json_agg(u ORDER BY u.role, u.channel), '[]')
                     FROM (SELECT DISTINCT r.role, r.channel
                             FROM unnest(p_role, p_channel) AS r(role, channel)
                            WHERE r.role NOT IN ('applicant', 'handler', 'agent', 'lead', 'part')
                              AND NOT EXISTS (
                                  SELECT FROM duban.duty d
                                    JOIN duban.contact c ON c.recipient = d.recipient
                                                        AND c.channel = r.channel COLLATE "C"
                                   WHERE d.role = r.role COLLATE "C")) u),
        'strange_windows', (SELECT coalesce(json_agg(w), '[]')
                              FROM (SELECT b.window_code AS window, sum(b.cases)::bigint AS cases
                                      FROM duban.board_count b
                                     WHERE b.cases > 0
                                       AND NOT EXISTS (SELECT FROM duban.recipient r
                                                        WHERE r.code IN (b.window_code, b.department_code))
                                     GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20) w),
        'bad_rows', (SELECT count(*) FROM (SELECT FROM duban.bad_row LIMIT 10000) b),
        'endpoints', (SELECT coalesce(json_agg(e), '[]')
                        FROM (SELECT p.channel, p.id AS endpoint, s.state, s.reason
                                FROM duban.endpoint_state s JOIN duban.endpoint p ON p.id = s.endpoint
                               WHERE s.state <> 'well' ORDER BY s.endpoint LIMIT 20) e),
        'dead', (SELECT count(*) FROM (SELECT FROM duban.dead LIMIT 10000) d),
        'waiting_s', (SELECT extract(epoch FROM duban.now() - min(o.due_at))::bigint
                        FROM duban.endpoint p
                       CROSS JOIN LATERAL (SELECT q.due_at FROM duban.ready q
                                            WHERE q.endpoint = p.id ORDER BY q.due_at LIMIT 1) o),
        'alarms', (SELECT coalesce(json_agg(a), '[]')
                     FROM (SELECT subject, detail FROM duban.alarm WHERE over_at IS NULL
                            ORDER BY since LIMIT 20) a));
END
$$;
