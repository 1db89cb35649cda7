-- Removes the sample approval system with all its data.
--
-- The only file here that destroys anything, and nothing includes it: run it by
-- hand, on purpose. The role of grants.sql stays, since other databases of the
-- same server may use it.

DROP SCHEMA IF EXISTS approval CASCADE;
