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
    ADD COLUMN parent_case_no    text COLLATE "C" NOT NULL DEFAULT '', -- of a joint case's part
    ADD COLUMN withdrawn_rank    smallint NOT NULL DEFAULT 0, -- levels up to it were taken back
    ADD COLUMN withdrawn_version integer NOT NULL DEFAULT 0; -- under this deadline version
UPDATE duban.clock SET carried_from = deadline_version WHERE deadline_version > 1;
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
    PRIMARY KEY (key, case_no)
);
CREATE INDEX reception_age ON duban.reception (received_at);

-- How far the clocks follow the rules: `rules_version` is what all of them have been computed by;
-- another one is under way from `recompute_after` on.
ALTER TABLE duban.intake
    ADD COLUMN rules_version    text NOT NULL DEFAULT '',
    ADD COLUMN recompute_version text NOT NULL DEFAULT '',
    ADD COLUMN recompute_after  text COLLATE "C" NOT NULL DEFAULT '';
