-- What duban-web needs: who may look and act, the facts of open cases that a board shows.

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
CREATE INDEX open_case_ended ON duban.open_case (ended_at) WHERE ended_at IS NOT NULL;

-- Completions, for the overview.
CREATE INDEX event_completed
    ON duban.event (recorded_at) INCLUDE (window_code, department_code, event_at, due_at)
    WHERE kind = 'completed' AND clock = 'completion';
