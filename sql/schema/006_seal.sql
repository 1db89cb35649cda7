-- The ledger is tamper-evident: its events are sealed in batches, each seal chained to the one
-- before by its hash.

-- A seal covers the events with after_event < id <= up_to, all of them: no id in between can still
-- be committed. `hash` is SHA-256 over the hash before ('' for the first one), form, number,
-- after_event, up_to, events and sealed_at in microseconds since 1970, each as eight bytes with the
-- highest first, and entries. An entry is an event's id in eight bytes, then the SHA-256 of the
-- event as duban.event_digest writes it down.
CREATE TABLE duban.seal (
    number      bigint PRIMARY KEY CHECK (number > 0),   -- without gaps, from 1
    form        smallint NOT NULL,                       -- how an event is written down
    after_event bigint NOT NULL,
    up_to       bigint NOT NULL CHECK (up_to > after_event),
    events      integer NOT NULL CHECK (events > 0),
    sealed_at   timestamptz NOT NULL,
    entries     bytea NOT NULL,
    hash        bytea NOT NULL,
    UNIQUE (up_to)
);
CREATE INDEX seal_at ON duban.seal (sealed_at);
-- Hashes don't get smaller.
ALTER TABLE duban.seal ALTER COLUMN entries SET STORAGE EXTERNAL;
