-- The way from a notification to a person: endpoints in trouble, messages parked for them, digests
-- and quotas, silences and reminders, receipts, alarms, duty.

-- A reminder repeats a level under the same deadline: its number makes it an event of its own.
ALTER TABLE duban.event ADD COLUMN repeat integer NOT NULL DEFAULT 0; -- of a reminder: which one
                                           -- under its deadline; of an acknowledgement: the rank
ALTER TABLE duban.event DROP CONSTRAINT event_case_no_clock_kind_deadline_version_key;
ALTER TABLE duban.event
    ADD CONSTRAINT event_once UNIQUE (case_no, clock, kind, deadline_version, repeat);

-- Which notifications a message carries: one, or a digest's many.
ALTER TABLE duban.message ADD COLUMN notifications bigint[] NOT NULL DEFAULT '{}';
-- As in ready: for whatever brings it back into the queue.
ALTER TABLE duban.message ADD COLUMN order_key bigint NOT NULL DEFAULT 0;

-- What waits because of a silence, so that its end finds it.
ALTER TABLE duban.pending ADD COLUMN silence bigint;
CREATE INDEX pending_silence ON duban.pending (silence) WHERE silence IS NOT NULL;
-- What may become one message: same channel, recipient, role and address. Null: sent one by one.
ALTER TABLE duban.pending ADD COLUMN group_key bigint;
CREATE INDEX pending_group ON duban.pending (group_key, notification) WHERE group_key IS NOT NULL;

-- How an endpoint is doing. Without a row: nothing is known, it may be used.
CREATE TABLE duban.endpoint_state (
    endpoint      integer PRIMARY KEY REFERENCES duban.endpoint,
    state         text NOT NULL CHECK (state IN (
                      'well',      -- in use
                      'open',      -- its breaker is open: nothing before `until`, then one message
                      'stopped',   -- our configuration is wrong: until it is loaded anew, or resumed
                      'gone')),    -- the receiver says 410: until somebody resumes it
    since         timestamptz NOT NULL,        -- of this state
    until         timestamptz,                 -- open: when one message may try again
    failures      integer NOT NULL DEFAULT 0,  -- openings in a row: the pause grows with them
    reason        text NOT NULL DEFAULT '',
    last_ok_at    timestamptz,
    last_error_at timestamptz,
    last_error    text NOT NULL DEFAULT ''
) WITH (fillfactor = 70);
CREATE INDEX endpoint_trouble ON duban.endpoint_state (endpoint) WHERE state <> 'well';

-- Messages of endpoints that may not be used now: outside the queue, so that a million of them
-- slow nothing. Rows as in ready.
CREATE TABLE duban.parked (
    endpoint  integer NOT NULL,
    id        bigint NOT NULL,
    day       date NOT NULL,
    due_at    timestamptz NOT NULL,
    order_key bigint NOT NULL,
    attempt   integer NOT NULL,
    first_at  timestamptz NOT NULL,
    PRIMARY KEY (endpoint, id)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX parked_order ON duban.parked (order_key, id);

-- Which channel was told instead of a message that has failed.
ALTER TABLE duban.dead ADD COLUMN fallback text NOT NULL DEFAULT '';

-- What has been sent under a key that is limited or grouped: a recipient's address on a channel, a
-- channel, a template. Kept as long as the longest window that is configured.
CREATE TABLE duban.usage (
    key     bigint NOT NULL,                   -- hash of what is counted
    at      timestamptz NOT NULL,
    message bigint NOT NULL,
    PRIMARY KEY (key, at, message)
);
CREATE INDEX usage_at ON duban.usage (at);

-- Silences 免打扰: what they cover is held, stays visible, and is told once at the end if it is
-- still true.
CREATE TABLE duban.silence (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope      text COLLATE "C" NOT NULL CHECK (scope IN ('case', 'item', 'window', 'department')),
    code       text COLLATE "C" NOT NULL,      -- of the case, the item, …
    reason     text NOT NULL CHECK (reason <> ''),
    author     text NOT NULL CHECK (author <> ''),
    created_at timestamptz NOT NULL,
    begins_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL CHECK (ends_at > begins_at),
    ended_at   timestamptz,                    -- before its time
    ended_by   text
);
CREATE INDEX silence_scope ON duban.silence (scope, code, ends_at);

-- Levels that are repeated until somebody acknowledges them.
CREATE TABLE duban.reminder (
    case_no          text COLLATE "C" NOT NULL,
    clock            text COLLATE "C" NOT NULL,
    kind             text COLLATE "C" NOT NULL, -- of the event that is repeated: a level's name
    deadline_version integer NOT NULL,
    event            bigint NOT NULL,           -- that event
    sent             integer NOT NULL DEFAULT 0,
    next_at          timestamptz NOT NULL,
    PRIMARY KEY (case_no, clock, kind, deadline_version)
) WITH (fillfactor = 85);
CREATE INDEX reminder_next ON duban.reminder (next_at);

-- Receipts 回执 of gateways. One partition a day (UTC), as messages.
CREATE TABLE duban.receipt (
    message     bigint NOT NULL,
    day         date NOT NULL,                 -- when it came
    at          timestamptz NOT NULL,          -- when it was matched with its message
    reported_at timestamptz,                   -- as the gateway says
    status      text NOT NULL CHECK (status IN ('delivered', 'failed', 'buffered', 'accepted')),
    code        text NOT NULL,                 -- the gateway's own
    detail      text NOT NULL,
    provider_id text NOT NULL
) PARTITION BY RANGE (day);
CREATE INDEX receipt_message ON duban.receipt (message);
-- Receipts are found by the gateway's own id where it doesn't give ours back.
CREATE INDEX attempt_provider ON duban.attempt (provider_id) WHERE provider_id <> '';
-- Receipts that overtook the gateway's reply: their message isn't known yet, or is still in flight.
CREATE TABLE duban.receipt_early (
    channel     text COLLATE "C" NOT NULL,
    message     bigint NOT NULL,               -- 0: known by the gateway's id alone
    provider_id text NOT NULL,
    at          timestamptz NOT NULL,          -- when it came
    next_at     timestamptz NOT NULL,          -- when its message is looked for again
    reported_at timestamptz,
    status      text NOT NULL,
    code        text NOT NULL,
    detail      text NOT NULL,
    PRIMARY KEY (channel, message, provider_id, status, code)
);
CREATE INDEX receipt_early_next ON duban.receipt_early (next_at);
-- Accepted messages for which a receipt is expected until then.
CREATE TABLE duban.awaiting (
    message  bigint PRIMARY KEY,
    day      date NOT NULL,
    channel  text COLLATE "C" NOT NULL,
    until    timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX awaiting_until ON duban.awaiting (until);

-- Letters parked as unknown whose provider is asked for them. `enquired`: taken up already.
ALTER TABLE duban.dead ADD COLUMN enquired boolean NOT NULL DEFAULT false;
CREATE INDEX dead_enquiry ON duban.dead (endpoint, dead_at)
    WHERE verdict = 'unknown' AND NOT enquired;
CREATE TABLE duban.enquiry (
    message bigint PRIMARY KEY REFERENCES duban.dead ON DELETE CASCADE,
    channel text COLLATE "C" NOT NULL,
    tries   integer NOT NULL,                  -- how often it was asked for
    next_at timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX enquiry_next ON duban.enquiry (next_at);

-- What administrators have been told of duban itself, so that they are told once, and once when
-- it is over.
CREATE TABLE duban.alarm (
    subject  text COLLATE "C" PRIMARY KEY,     -- calendar:cn, endpoint:7, queue:7, selftest, …
    detail   text NOT NULL,
    since    timestamptz NOT NULL,
    told_at  timestamptz,                      -- null: somebody has yet to be told
    over_at  timestamptz                       -- it is over, and that has yet to be told
);

-- Runs of the self-test: a case of duban's own that goes all its way.
CREATE TABLE duban.selftest (
    begun_at timestamptz PRIMARY KEY,
    case_no  text COLLATE "C" NOT NULL,
    channel  text COLLATE "C" NOT NULL,
    ended_at timestamptz,                      -- null: under way
    stage    text NOT NULL DEFAULT '',         -- where it got stuck; '' when it came through
    detail   text NOT NULL DEFAULT '',
    took_ms  bigint                            -- until its message had arrived
);

-- Duty 值班: on which days a contact is told; with nothing given, on every one. A day fits when any
-- of the three says so, and the contact isn't absent.
ALTER TABLE duban.contact
    ADD COLUMN on_days  text NOT NULL DEFAULT '' CHECK (on_days IN ('', 'workdays', 'restdays')),
    ADD COLUMN weekdays smallint NOT NULL DEFAULT 0 CHECK (weekdays BETWEEN 0 AND 127), -- 1: Monday
    ADD COLUMN dates    datemultirange NOT NULL DEFAULT '{}',
    ADD COLUMN absent   datemultirange NOT NULL DEFAULT '{}';
-- Who is away, and who is told instead.
ALTER TABLE duban.recipient
    ADD COLUMN absent datemultirange NOT NULL DEFAULT '{}',
    ADD COLUMN deputy text COLLATE "C" REFERENCES duban.recipient DEFERRABLE INITIALLY DEFERRED;
