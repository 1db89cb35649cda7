-- What the roles may do: granted anew at each migration. duban_daemon holds INSERT and SELECT on
-- the ledger (withdrawals are part of it), nothing more; duban_read looks.

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
