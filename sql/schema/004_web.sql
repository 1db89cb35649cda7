-- What duban-web needs: who may look and act, the facts of open cases that a board shows, figures
-- that are counted ahead.

-- Users of the board. `place` is an entry of the directory: they see what lies at it and below; ''
-- is everything.
CREATE TABLE duban.web_user (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text COLLATE "C" NOT NULL UNIQUE CHECK (name ~ '^[^[:space:][:cntrl:]]{1,64}$'),
    role        text NOT NULL
                CHECK (role IN ('supervision', 'department', 'window', 'wall', 'admin')),
    place       text COLLATE "C" NOT NULL DEFAULT '',
    hash        text NOT NULL DEFAULT '',      -- of the password; '': none, by token or proxy only
    created_at  timestamptz NOT NULL,
    password_at timestamptz,
    disabled_at timestamptz
);

-- Keys are the hex SHA-256 of what the browser or program presents, which nobody keeps.
CREATE TABLE duban.web_token (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    integer NOT NULL REFERENCES duban.web_user ON DELETE CASCADE,
    key        text COLLATE "C" NOT NULL UNIQUE,
    label      text NOT NULL,
    created_at timestamptz NOT NULL,
    ends_at    timestamptz,                    -- null: until it is revoked
    revoked_at timestamptz
);
CREATE TABLE duban.web_session (
    key        text COLLATE "C" PRIMARY KEY,
    user_id    integer NOT NULL REFERENCES duban.web_user ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,           -- not more precise than a minute
    idle       interval NOT NULL,
    ends_at    timestamptz NOT NULL,           -- however busy
    address    text NOT NULL
) WITH (fillfactor = 85);
CREATE INDEX web_session_user ON duban.web_session (user_id);
CREATE INDEX web_session_end ON duban.web_session (ends_at);

-- Tries to log in, by account and by address. A try is counted before its password is looked at.
CREATE TABLE duban.web_throttle (
    key      text COLLATE "C" PRIMARY KEY,     -- user:NAME, address:ADDRESS
    tries    integer NOT NULL,
    since    timestamptz NOT NULL              -- of the first of them
) WITH (fillfactor = 85);
CREATE INDEX web_throttle_since ON duban.web_throttle (since);

-- Items 事项 by name, as cases bring them along.
CREATE TABLE duban.item (
    code text COLLATE "C" PRIMARY KEY,
    name text NOT NULL
);

-- What a board shows of a case beside its clocks. No personal data. Written by intake for cases
-- that are open; kept for a while after their end.
CREATE TABLE duban.open_case (
    case_no        text COLLATE "C" PRIMARY KEY,
    item_code      text COLLATE "C" NOT NULL,
    kind           text COLLATE "C" NOT NULL,
    stage          text COLLATE "C" NOT NULL,
    status         text NOT NULL,
    project_class  text NOT NULL,
    parent_case_no text COLLATE "C" NOT NULL,
    received_at    timestamptz,
    accepted_at    timestamptz,
    ended_at       timestamptz                 -- when duban saw that it isn't open any more
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX open_case_kind ON duban.open_case (kind);
CREATE INDEX open_case_stage ON duban.open_case (stage);
CREATE INDEX open_case_ended ON duban.open_case (ended_at) WHERE ended_at IS NOT NULL;

-- The board's order, worst first: of all clocks, of a window's, of a department's, of an item's. The severity is
-- negated so that one comparison of rows finds the place to go on from.
CREATE INDEX clock_board ON duban.clock ((-severity), due_at, case_no, clock)
    WHERE state IN ('running', 'suspended');
CREATE INDEX clock_board_window
    ON duban.clock (window_code COLLATE "C", (-severity), due_at, case_no, clock)
    WHERE state IN ('running', 'suspended');
CREATE INDEX clock_board_department
    ON duban.clock (department_code COLLATE "C", (-severity), due_at, case_no, clock)
    WHERE state IN ('running', 'suspended');
CREATE INDEX clock_board_item
    ON duban.clock (item_code COLLATE "C", (-severity), due_at, case_no, clock)
    WHERE state IN ('running', 'suspended');
-- Completions, for the overview.
CREATE INDEX event_completed
    ON duban.event (recorded_at) INCLUDE (window_code, department_code, event_at, due_at)
    WHERE kind = 'completed' AND clock = 'completion';

-- Counted ahead (duban.web_count_refresh), since counting a million cases takes a second: open
-- cases by the level of their worst clock, and by the day on which they are due.
CREATE TABLE duban.web_count (
    window_code     text COLLATE "C" NOT NULL,
    department_code text COLLATE "C" NOT NULL,
    level           text COLLATE "C" NOT NULL,
    severity        smallint NOT NULL,
    cases           bigint NOT NULL,
    PRIMARY KEY (window_code, department_code, level, severity)
) WITH (fillfactor = 70);
CREATE TABLE duban.web_due (
    window_code     text COLLATE "C" NOT NULL,
    department_code text COLLATE "C" NOT NULL,
    day             date NOT NULL,
    cases           bigint NOT NULL,
    PRIMARY KEY (window_code, department_code, day)
) WITH (fillfactor = 70);
CREATE TABLE duban.web_counted (
    only_one   boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    at         timestamptz,                    -- null: never
    took_ms    bigint NOT NULL DEFAULT 0
);
INSERT INTO duban.web_counted DEFAULT VALUES;
