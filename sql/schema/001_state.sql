-- duban's own state: clocks, the ledger, what is to be told, the queue, the directory.
--
-- Run by `dubanctl migrate` inside one transaction, as the owner of the database (or of the
-- schema). Functions are not here but in sql/functions: they are replaced at each migration.

-- The one clock of duban. Tests replace this function; nothing else reads the time.
CREATE FUNCTION duban.now() RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    AS 'SELECT clock_timestamp()';

-- Which installation this is: its key begins the id of every message, so that a receiver that
-- hears two centres never takes one's message for the other's.
CREATE TABLE duban.install (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    key      text NOT NULL DEFAULT substr(md5(gen_random_uuid()::text), 1, 8)
);
INSERT INTO duban.install DEFAULT VALUES;

-- Running daemons. `id` is also the key of an advisory lock that a daemon's working session
-- holds, so that others see at once when it has died.
CREATE TABLE duban.node (
    id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name           text NOT NULL,          -- host and process
    program        text NOT NULL,          -- its release: '0.1.0'
    config_version text NOT NULL,
    leader         boolean NOT NULL DEFAULT false,
    started_at     timestamptz NOT NULL,
    heartbeat_at   timestamptz NOT NULL
);

-- Intake's place in the source. One row.
CREATE TABLE duban.intake (
    only_one         boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    updated_at       timestamptz,          -- watermark: everything up to here was read
    case_no          text COLLATE "C",
    first_contact_at timestamptz NOT NULL, -- what had happened before is a baseline
    initial_done     boolean NOT NULL DEFAULT false
);

-- One running deadline of one case. No applicant data.
CREATE TABLE duban.clock (
    case_no          text COLLATE "C" NOT NULL,
    clock            text COLLATE "C" NOT NULL,
    state            text NOT NULL CHECK (state IN ('running', 'suspended', 'stopped', 'vanished')),
    level            text NOT NULL,
    rank             smallint NOT NULL CHECK (rank >= 0),
    due_at           timestamptz NOT NULL, -- while suspended: as it was before
    next_at          timestamptz,          -- when the escalator looks again; null: never
    deadline_version integer NOT NULL DEFAULT 1,
    raised_version   integer NOT NULL DEFAULT 1, -- the deadline version that level was reached in
    calendar_version text NOT NULL,
    facts_hash       bigint NOT NULL,      -- of the facts and the rule: equal means nothing new
    item_code        text NOT NULL,
    window_code      text NOT NULL,
    department_code  text NOT NULL,
    PRIMARY KEY (case_no, clock)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX clock_next ON duban.clock (next_at, case_no, clock) WHERE next_at IS NOT NULL;
-- For the reconcile: those that have ended are many, and of no interest to it.
CREATE INDEX clock_open ON duban.clock (case_no) WHERE state IN ('running', 'suspended');

-- Rows of the source that can't be worked with, until they are mended.
CREATE TABLE duban.bad_row (
    case_no    text COLLATE "C" PRIMARY KEY,
    reason     text NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen  timestamptz NOT NULL
);

-- The ledger: append-only. The daemon's role holds INSERT and SELECT on it, nothing more.
CREATE TABLE duban.event (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_no          text COLLATE "C" NOT NULL, -- '' for events of no case
    clock            text COLLATE "C" NOT NULL,
    kind             text COLLATE "C" NOT NULL, -- a level's name, cleared, completed, baseline, …
    deadline_version integer NOT NULL,
    sequence         integer NOT NULL,          -- within the case, from 1
    event_at         timestamptz NOT NULL,      -- when it came true
    recorded_at      timestamptz NOT NULL,      -- when duban saw it
    level            text NOT NULL,
    rank             smallint NOT NULL,
    due_at           timestamptz,
    window_code      text NOT NULL,
    department_code  text NOT NULL,
    item_code        text NOT NULL,
    told             text NOT NULL,             -- 'yes', or why nobody was told of it
    detail           text NOT NULL DEFAULT '',
    UNIQUE (case_no, clock, kind, deadline_version)
);
CREATE INDEX event_recorded ON duban.event (recorded_at);

-- The directory 对象: a tree, its contacts, and who answers for whom.
CREATE TABLE duban.recipient (
    code   text COLLATE "C" PRIMARY KEY,
    kind   text NOT NULL,                       -- window, department, centre, supervision, …
    name   text NOT NULL,
    parent text COLLATE "C" REFERENCES duban.recipient DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE duban.contact (
    recipient text COLLATE "C" NOT NULL REFERENCES duban.recipient ON DELETE CASCADE,
    channel   text COLLATE "C" NOT NULL,
    address   text NOT NULL,
    PRIMARY KEY (recipient, channel, address)
);
-- For every entry and role, who is responsible: computed from the tree at import.
CREATE TABLE duban.duty (
    code      text COLLATE "C" NOT NULL REFERENCES duban.recipient ON DELETE CASCADE,
    role      text COLLATE "C" NOT NULL,
    recipient text COLLATE "C" NOT NULL REFERENCES duban.recipient ON DELETE CASCADE,
    PRIMARY KEY (code, role, recipient)
);

-- One event for one recipient on one channel.
CREATE TABLE duban.notification (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event      bigint NOT NULL REFERENCES duban.event,
    recipient  text COLLATE "C" NOT NULL,       -- code; 'applicant' and 'handler' stand for themselves
    role       text COLLATE "C" NOT NULL,
    channel    text COLLATE "C" NOT NULL,
    address    text NOT NULL,                   -- '' for applicant and handler: it is in the facts
    created_at timestamptz NOT NULL,
    outcome    text,                            -- null while pending; 'composed', or why it wasn't
    message    bigint,
    UNIQUE (event, recipient, role, channel, address)
) WITH (fillfactor = 85);
-- Those that wait for the composer; a hold is a later release_at with its reason.
CREATE TABLE duban.pending (
    release_at   timestamptz NOT NULL,
    notification bigint NOT NULL,
    hold_reason  text NOT NULL DEFAULT '',
    PRIMARY KEY (release_at, notification)
);

-- What shares connections, concurrency and fate: a gateway, or one webhook URL.
CREATE TABLE duban.endpoint (
    id      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel text COLLATE "C" NOT NULL,
    address text NOT NULL,
    UNIQUE (channel, address)
);

-- What is sent; never changed. One partition a day (UTC), dropped after the retention time.
CREATE SEQUENCE duban.message_id;
CREATE TABLE duban.message (
    id               bigint NOT NULL,
    day              date NOT NULL,
    public_id        text NOT NULL,             -- install key and id: what receivers see
    channel          text NOT NULL,
    endpoint         integer NOT NULL,
    address          text NOT NULL,
    body             text NOT NULL,
    kind             text NOT NULL,
    case_no          text COLLATE "C" NOT NULL,
    clock            text COLLATE "C" NOT NULL,
    deadline_version integer NOT NULL,
    rank             smallint NOT NULL,
    recipient        text NOT NULL,
    role             text NOT NULL,
    repeatable       boolean NOT NULL,          -- may be sent again when its outcome is unknown
    created_at       timestamptz NOT NULL,
    PRIMARY KEY (id, day)
) PARTITION BY RANGE (day);

-- Every try, and every message's end. One partition a day, as messages.
CREATE TABLE duban.attempt (
    message     bigint NOT NULL,
    message_day date NOT NULL,
    day         date NOT NULL,
    number      integer NOT NULL,               -- 0: ended without a try
    at          timestamptz NOT NULL,
    verdict     text NOT NULL,
    status      integer NOT NULL,               -- HTTP, 0 without a reply
    detail      text NOT NULL,
    provider_id text NOT NULL,
    took_ms     integer NOT NULL,
    node        integer NOT NULL
) PARTITION BY RANGE (day);
CREATE INDEX attempt_message ON duban.attempt (message);

-- The queue: rows are inserted and deleted, never updated, so that a session which holds back
-- vacuum slows nothing. `order_key` stands for one case and one recipient on one endpoint: its
-- messages go out one after the other.
CREATE TABLE duban.ready (
    endpoint  integer NOT NULL,
    due_at    timestamptz NOT NULL,
    id        bigint NOT NULL,
    day       date NOT NULL,
    order_key bigint NOT NULL,
    attempt   integer NOT NULL,                 -- number of the next try
    first_at  timestamptz NOT NULL,             -- of the first try, or when it became ready
    PRIMARY KEY (endpoint, due_at, id)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX ready_order ON duban.ready (order_key, id);

CREATE TABLE duban.inflight (
    id          bigint PRIMARY KEY,
    day         date NOT NULL,
    endpoint    integer NOT NULL,
    order_key   bigint NOT NULL,
    attempt     integer NOT NULL,
    first_at    timestamptz NOT NULL,
    repeatable  boolean NOT NULL,
    owner       integer NOT NULL,               -- node
    token       bigint NOT NULL,                -- a completion must present it
    lease_until timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX inflight_order ON duban.inflight (order_key);

CREATE TABLE duban.dead (
    id        bigint PRIMARY KEY,
    day       date NOT NULL,
    endpoint  integer NOT NULL,
    order_key bigint NOT NULL,
    attempts  integer NOT NULL,
    verdict   text NOT NULL,                    -- unknown: it may have arrived
    reason    text NOT NULL,
    dead_at   timestamptz NOT NULL
);
