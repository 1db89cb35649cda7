-- Loads the whole sample approval system: psql -f sql/source/install.sql
--
-- Every file may be loaded again at any time; what is there stays. Each is plain
-- SQL, so that any client can run them, in this order.

SET client_min_messages = warning;

\ir sample.sql
\ir workdays.sql
\ir directory.sql
\ir view.sql
\ir draft.sql
\ir generate.sql
\ir live.sql
\ir grants.sql
