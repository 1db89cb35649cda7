-- What the roles may do: granted anew at each migration. duban_daemon holds INSERT and SELECT on
-- the ledger (withdrawals are part of it), nothing more; duban_read looks; duban_web calls a few
-- functions that decide by the user's row, and holds no right on any table.

GRANT USAGE ON SCHEMA duban TO duban_daemon, duban_read;
REVOKE ALL ON ALL TABLES IN SCHEMA duban FROM duban_daemon, duban_read;
GRANT SELECT ON ALL TABLES IN SCHEMA duban TO duban_daemon;
GRANT INSERT ON duban.event, duban.withdrawal, duban.message, duban.attempt, duban.receipt
    TO duban_daemon;
GRANT INSERT, UPDATE ON duban.notification, duban.clock, duban.intake TO duban_daemon;
GRANT INSERT, UPDATE, DELETE ON duban.node, duban.bad_row TO duban_daemon;
GRANT INSERT, UPDATE, DELETE ON duban.pending, duban.ready, duban.parked, duban.inflight,
                                duban.dead, duban.usage, duban.reminder, duban.receipt_early,
                                duban.awaiting, duban.enquiry, duban.alarm, duban.selftest,
                                duban.endpoint_state, duban.reception
    TO duban_daemon;
GRANT INSERT, UPDATE ON duban.window_habit TO duban_daemon;
GRANT INSERT ON duban.endpoint TO duban_daemon;
GRANT INSERT, UPDATE, DELETE ON duban.item, duban.open_case TO duban_daemon;
GRANT INSERT ON duban.board_news TO duban_daemon;
REVOKE SELECT ON duban.web_user, duban.web_token, duban.web_session, duban.web_throttle
    FROM duban_daemon;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA duban TO duban_daemon;

-- Readers see no personal data: addresses and texts of messages stay out, and so does the secret
-- with which applicants are hashed.
GRANT SELECT ON duban.migration, duban.node, duban.intake, duban.clock,
                duban.bad_row, duban.event, duban.recipient, duban.duty, duban.pending,
                duban.ready, duban.parked, duban.inflight, duban.dead, duban.attempt,
                duban.endpoint_state, duban.silence, duban.reminder, duban.receipt,
                duban.awaiting, duban.enquiry, duban.alarm, duban.selftest, duban.withdrawal,
                duban.level_event, duban.case_level, duban.window_habit, duban.rules_approval
    TO duban_read;
GRANT SELECT (only_one, key) ON duban.install TO duban_read;
GRANT SELECT (id, event, recipient, role, channel, created_at, outcome, message, warned)
    ON duban.notification TO duban_read;
GRANT SELECT (id, day, public_id, channel, endpoint, kind, case_no, clock, deadline_version, rank,
              recipient, role, repeatable, notifications, created_at)
    ON duban.message TO duban_read;
GRANT SELECT (id, channel) ON duban.endpoint TO duban_read;
GRANT SELECT (recipient, channel) ON duban.contact TO duban_read;

REVOKE ALL ON FUNCTION duban.maintain_partitions(timestamptz, integer, integer),
                       duban.maintain_partitions_of(text, timestamptz, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION duban.maintain_partitions(timestamptz, integer, integer),
                          duban.maintain_partitions_of(text, timestamptz, integer, integer)
    TO duban_daemon;

-- Taking a level back is for people whom the daemon's role or the owner speaks for.
REVOKE ALL ON FUNCTION
    duban.withdraw(text, text, text, text, text[], text[], text[], bigint[], date),
    duban.withdraw_clock(timestamptz, duban.clock, text, text, text[], text[], text[], bigint[],
                         date),
    duban.withdraw_level(timestamptz, duban.clock, smallint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    duban.withdraw(text, text, text, text, text[], text[], text[], bigint[], date),
    duban.withdraw_clock(timestamptz, duban.clock, text, text, text[], text[], text[], bigint[],
                         date),
    duban.withdraw_level(timestamptz, duban.clock, smallint, text, text) TO duban_daemon;

GRANT USAGE ON SCHEMA duban TO duban_web;
REVOKE ALL ON ALL TABLES IN SCHEMA duban FROM duban_web;
DO $$
DECLARE
    v_function regprocedure;
BEGIN
    FOR v_function IN
        SELECT p.oid::regprocedure FROM pg_proc p
         WHERE p.pronamespace = 'duban'::regnamespace AND p.proname LIKE 'web\_%'
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', v_function);
    END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION
    duban.web_login_begin(text, text),
    duban.web_login(text, text, text, text, text, bigint, bigint),
    duban.web_logout(text), duban.web_me(text), duban.web_viewers(text[]),
    duban.web_board(text, jsonb, bigint, timestamptz, text, text, bigint, bigint),
    duban.web_wall(text, bigint, timestamptz, text, text, bigint),
    duban.web_fold(bigint), duban.web_items(text), duban.web_case(text, text),
    duban.web_explain(text, text),
    duban.web_acknowledge(text, text, text, text),
    duban.web_withdraw(text, text, text, text, text[], text[], text[], bigint[], date),
    duban.web_reveal(text, text, text), duban.web_silence(text, text, timestamptz, text), duban.web_resend(text, bigint),
    duban.web_overview(text, text, timestamptz, date, bigint), duban.web_delivery(text),
    duban.web_news(bigint, bigint[], bigint),
    duban.web_receipt(text[], text[], text[], text[], text[], text[], timestamptz[])
    TO duban_web;
GRANT EXECUTE ON FUNCTION duban.web_fold(bigint) TO duban_daemon;
