-- The rules of real centres: levels in one order over all clocks, rules and episodes kept with each
-- clock, parts of joint cases, levels taken back, irregularities.

ALTER TABLE duban.clock
    ADD COLUMN severity          smallint NOT NULL DEFAULT 0, -- of the level, over all clocks
    ADD COLUMN policy            text NOT NULL DEFAULT '',
    ADD COLUMN rule_version      text NOT NULL DEFAULT '', -- of the policy and all other rules
    ADD COLUMN basis_hash        bigint NOT NULL DEFAULT 0, -- of the facts alone, without the rules
    ADD COLUMN limit_hash        bigint NOT NULL DEFAULT 0, -- of the start and the limit alone
    ADD COLUMN episode           integer NOT NULL DEFAULT 1, -- counts reopenings, from 1
    ADD COLUMN carried_from      integer NOT NULL DEFAULT 1, -- what was told of its level under the
                                 -- deadline versions from here on still counts: only rules changed
    ADD COLUMN carried_at        timestamptz, -- when they last did: texts from before tell another due
    ADD COLUMN parent_case_no    text COLLATE "C" NOT NULL DEFAULT '', -- of a joint case's part
    ADD COLUMN withdrawn_rank    smallint NOT NULL DEFAULT 0, -- levels up to it were taken back
    ADD COLUMN withdrawn_version integer NOT NULL DEFAULT 0; -- under this deadline version
UPDATE duban.clock SET carried_from = deadline_version WHERE deadline_version > 1;
-- Dropped: its case no longer has this clock, by the facts or by the rules.
ALTER TABLE duban.clock
    DROP CONSTRAINT clock_state_check,
    ADD CONSTRAINT clock_state_check
        CHECK (state IN ('running', 'suspended', 'stopped', 'vanished', 'dropped'));
-- The parts of a joint case that are still open.
CREATE INDEX clock_part ON duban.clock (parent_case_no, case_no)
    WHERE parent_case_no <> '' AND state IN ('running', 'suspended');

ALTER TABLE duban.event
    ADD COLUMN policy  text NOT NULL DEFAULT '',   -- of a level: which policy it stands in
    ADD COLUMN episode integer NOT NULL DEFAULT 1,
    ADD COLUMN points  integer NOT NULL DEFAULT 0; -- for the appraisal 考核; negative: taken off

-- That a level is taken back is told to whoever was warned of it, on duty or not.
ALTER TABLE duban.notification ADD COLUMN warned boolean NOT NULL DEFAULT false;

-- Levels taken back 摘牌 by the supervision office: they leave the statistics, not the ledger.
CREATE TABLE duban.withdrawal (
    event        bigint PRIMARY KEY REFERENCES duban.event, -- the level that is taken back
    withdrawn_by bigint NOT NULL REFERENCES duban.event,    -- the event that takes it back
    at           timestamptz NOT NULL,
    author       text NOT NULL CHECK (author <> ''),
    reason       text NOT NULL CHECK (reason <> '')
);

-- Who handed in what lately, to find the same papers at two windows. No names or numbers: `key` is
-- a hash of item and applicant with a secret of the installation.
ALTER TABLE duban.install ADD COLUMN secret text NOT NULL DEFAULT md5(gen_random_uuid()::text);
CREATE TABLE duban.reception (
    key         bigint NOT NULL,
    case_no     text COLLATE "C" NOT NULL,
    window_code text NOT NULL,
    received_at timestamptz NOT NULL,
    ended_at    timestamptz,               -- null: the case is open
    PRIMARY KEY (key, case_no)
);
CREATE INDEX reception_age ON duban.reception (received_at);

-- How many cases a window completed in a month, and how many of them in the last hour before due.
CREATE TABLE duban.window_habit (
    window_code text COLLATE "C" NOT NULL,
    month       integer NOT NULL,          -- year * 12 + month, of the centre's time
    completed   integer NOT NULL,
    last_hour   integer NOT NULL,
    PRIMARY KEY (window_code, month)
) WITH (fillfactor = 70);

-- Irregularities 异常 are events of a case without a clock; `deadline_version` is the number of the
-- fact, `detail` is JSON.
ALTER TABLE duban.event ADD COLUMN irregular boolean NOT NULL DEFAULT false;
CREATE INDEX event_irregular ON duban.event (kind, recorded_at, id) WHERE irregular;
CREATE INDEX event_irregular_window ON duban.event (window_code, recorded_at, id) WHERE irregular;
-- One on its way into the ledger.
CREATE TYPE duban.finding AS (
    case_no text, subject text, kind text, number bigint, at timestamptz, detail text,
    due_at timestamptz, window_code text, department_code text, item_code text, by_end boolean);

-- How far the clocks follow the rules: `rules_version` is what all of them were last computed by; a
-- pass by `recompute_version` ('' when there is none) is under way and has come to
-- `recompute_after`.
ALTER TABLE duban.intake
    ADD COLUMN rules_version      text NOT NULL DEFAULT '',
    ADD COLUMN rules_since        timestamptz,
    ADD COLUMN recompute_version  text NOT NULL DEFAULT '',
    ADD COLUMN recompute_after    text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN recompute_begun_at timestamptz,
    ADD COLUMN recompute_cases    bigint NOT NULL DEFAULT 0,
    ADD COLUMN recompute_clocks   bigint NOT NULL DEFAULT 0; -- new or changed by it

-- Rules that somebody has looked at (dubanctl plan) and wants, with what they were said to do.
CREATE TABLE duban.rules_approval (
    version     text NOT NULL,
    approved_at timestamptz NOT NULL,
    author      text NOT NULL CHECK (author <> ''),
    summary     jsonb NOT NULL,
    PRIMARY KEY (version, approved_at)
);
