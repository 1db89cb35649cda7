-- Enquiries 查询: providers that can be asked are asked what became of messages parked as unknown. An
-- answer is a receipt (receipt_write); that nothing is found changes nothing.

-- The messages to ask for now, at most p_most, on channels whose provider can be asked. Letters that
-- have become unknown within the last three days are taken up first, at most p_most of each channel:
-- asked for a minute after they died, and later as enquiry_done says. Their tries were made between
-- `since` and `until`: after the last try before, or the message's making (a provider's clock may be
-- behind a little), and before its outcome was noted. Rows that are due and have nothing to ask for
-- any more are dropped.
CREATE OR REPLACE FUNCTION duban.enquiry_due(p_channel text[], p_most bigint)
    RETURNS TABLE (message bigint, channel text, public_id text, address text, since timestamptz,
                   until timestamptz, tries integer)
    LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := duban.now();
BEGIN
    WITH new AS MATERIALIZED (
        SELECT l.id, e.channel
          FROM duban.endpoint e
         CROSS JOIN LATERAL (
               SELECT d.id FROM duban.dead d
                WHERE d.endpoint = e.id AND d.verdict = 'unknown' AND NOT d.enquired
                  AND d.dead_at > v_now - interval '3 days'
                ORDER BY d.dead_at
                LIMIT p_most
                  FOR UPDATE OF d SKIP LOCKED) l
         WHERE e.channel = ANY (p_channel)
    ), taken AS (
        UPDATE duban.dead d SET enquired = true FROM new n WHERE d.id = n.id
        RETURNING d.id, d.dead_at, n.channel
    )
    INSERT INTO duban.enquiry (message, channel, tries, next_at)
    SELECT t.id, t.channel, 0, t.dead_at + interval '1 minute' FROM taken t;

    RETURN QUERY
    WITH due AS MATERIALIZED (
        SELECT q.message, q.channel, q.tries, q.next_at FROM duban.enquiry q
         WHERE q.next_at <= v_now ORDER BY q.next_at LIMIT p_most
    ), found AS MATERIALIZED (
        SELECT q.message, q.channel, m.public_id, m.address,
               coalesce((SELECT max(a.at) FROM duban.attempt a
                          WHERE a.message = q.message AND a.day >= d.day
                            AND a.number BETWEEN 1 AND d.attempts - 1),
                        m.created_at - interval '5 minutes') AS since,
               d.dead_at, q.tries, q.next_at
          FROM due q
         CROSS JOIN LATERAL (
               SELECT x.day, x.attempts, x.dead_at FROM duban.dead x
                WHERE x.id = q.message AND x.verdict = 'unknown' OFFSET 0) d
         CROSS JOIN LATERAL (
               SELECT x.public_id, x.address, x.created_at FROM duban.message x
                WHERE x.id = q.message AND x.day = d.day OFFSET 0) m
         WHERE q.channel = ANY (p_channel)
    ), over AS (
        DELETE FROM duban.enquiry q
         WHERE q.message = ANY (ARRAY(SELECT u.message FROM due u
                                       EXCEPT SELECT f.message FROM found f))
    )
    SELECT f.message, f.channel, f.public_id, f.address, f.since, f.dead_at, f.tries
      FROM found f ORDER BY f.next_at;
END
$$;

-- These messages were asked for; each is asked for again after so long, or (-1) no more.
CREATE OR REPLACE FUNCTION duban.enquiry_done(p_message bigint[], p_next_us bigint[])
    RETURNS void
    LANGUAGE sql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
    WITH asked AS MATERIALIZED (
        SELECT f.place, t.next_us
          FROM unnest(p_message, p_next_us) AS t(message, next_us)
         CROSS JOIN LATERAL (
               SELECT x.ctid AS place FROM duban.enquiry x
                WHERE x.message = t.message OFFSET 0 FOR UPDATE) f
    ), over AS (
        DELETE FROM duban.enquiry q USING asked a WHERE q.ctid = a.place AND a.next_us < 0
    )
    UPDATE duban.enquiry q
       SET tries = q.tries + 1, next_at = (SELECT duban.now()) + a.next_us * interval '1 microsecond'
      FROM asked a
     WHERE q.ctid = a.place AND a.next_us >= 0
$$;
