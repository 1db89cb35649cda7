-- The board's own table of open cases, in its order, and figures that are kept beside it. All of it
-- follows from duban.clock and duban.open_case: duban.web_fold brings it up to date, by what
-- duban.board_news says may have changed.

-- Cases that may have changed: a row for each statement's, 500 or so. Rows are inserted and
-- deleted only. `xid` is the transaction's: what is older than the oldest that runs is complete,
-- which numbers given out before a commit wouldn't be.
CREATE TABLE duban.board_news (
    xid   xid8 NOT NULL DEFAULT pg_current_xact_id(),
    id    bigint GENERATED ALWAYS AS IDENTITY,
    at    timestamptz NOT NULL DEFAULT duban.now(),
    cases text[] NOT NULL,
    size  integer NOT NULL GENERATED ALWAYS AS (cardinality(cases)) STORED,
    PRIMARY KEY (xid, id)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
-- Compressing numbers that are so alike would cost more than all else of it.
ALTER TABLE duban.board_news ALTER COLUMN cases SET STORAGE EXTERNAL;
-- How far they were followed: `floor` spares looks at rows that are gone and not vacuumed yet.
CREATE TABLE duban.board_fold (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    floor    xid8 NOT NULL DEFAULT '0',
    at       timestamptz,                      -- when it last came to the end; null: never
    swept_at timestamptz                       -- when figures of nothing were last removed
) WITH (fillfactor = 10);
INSERT INTO duban.board_fold DEFAULT VALUES;

-- Every case with an open clock, by its worst one (duban.case_level). `gravity` is the severity
-- negated, so that one comparison of rows finds the place to go on from.
CREATE TABLE duban.board_case (
    case_no         text COLLATE "C" PRIMARY KEY,
    clock           text COLLATE "C" NOT NULL,
    level           text COLLATE "C" NOT NULL,
    gravity         smallint NOT NULL,
    due_at          timestamptz NOT NULL,
    running         boolean NOT NULL,          -- else suspended
    completion_due  timestamptz,               -- of its completion, while that clock runs
    window_code     text COLLATE "C" NOT NULL,
    department_code text COLLATE "C" NOT NULL,
    item_code       text COLLATE "C" NOT NULL,
    kind            text COLLATE "C" NOT NULL, -- '' until intake has told it
    stage           text COLLATE "C" NOT NULL
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX board_case_order ON duban.board_case (gravity, due_at, case_no);
CREATE INDEX board_case_window ON duban.board_case (window_code, gravity, due_at, case_no);
CREATE INDEX board_case_department ON duban.board_case (department_code, gravity, due_at, case_no);
CREATE INDEX board_case_item ON duban.board_case (item_code, gravity, due_at, case_no);
CREATE INDEX board_case_stage ON duban.board_case (kind, stage, gravity, due_at, case_no);

-- How many of them there are: by level; by all that one can filter by; by when they are due, in
-- quarters of an hour, of which any time zone's days consist. Rows of nothing are removed now and
-- then.
CREATE TABLE duban.board_count (
    window_code     text COLLATE "C" NOT NULL,
    department_code text COLLATE "C" NOT NULL,
    level           text COLLATE "C" NOT NULL,
    gravity         smallint NOT NULL,
    cases           bigint NOT NULL,
    PRIMARY KEY (window_code, department_code, level, gravity)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
CREATE TABLE duban.board_mix (
    window_code     text COLLATE "C" NOT NULL,
    item_code       text COLLATE "C" NOT NULL,
    department_code text COLLATE "C" NOT NULL,
    kind            text COLLATE "C" NOT NULL,
    stage           text COLLATE "C" NOT NULL,
    gravity         smallint NOT NULL,
    cases           bigint NOT NULL,
    PRIMARY KEY (window_code, item_code, department_code, kind, stage, gravity)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX board_mix_item ON duban.board_mix (item_code);
CREATE TABLE duban.board_due (
    quarter         timestamptz NOT NULL,
    window_code     text COLLATE "C" NOT NULL,
    department_code text COLLATE "C" NOT NULL,
    cases           bigint NOT NULL,           -- whose worst clock runs and is due then
    completions     bigint NOT NULL,           -- whose completion clock runs and is due then
    PRIMARY KEY (quarter, window_code, department_code)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_cost_delay = 0);

-- A case that joins a figure, or leaves it (n < 0).
CREATE TYPE duban.board_step AS (
    n integer, level text, gravity smallint, window_code text, department_code text, item_code text,
    kind text, stage text, due_at timestamptz, completion_due timestamptz);

-- What is there already.
INSERT INTO duban.board_news (cases)
SELECT array_agg(n.case_no)
  FROM (SELECT c.case_no, row_number() OVER (ORDER BY c.case_no) / 500 AS page
          FROM duban.clock c WHERE c.state IN ('running', 'suspended')) n
 GROUP BY n.page;
