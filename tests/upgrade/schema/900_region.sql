-- An expand step as some release may bring it, for tests/integration/test_upgrade.py: tables that
-- are at work get a column that former programs know nothing of.
ALTER TABLE duban.clock ADD COLUMN region text NOT NULL DEFAULT '';
ALTER TABLE duban.message ADD COLUMN region text;
CREATE TABLE duban.takeover (node bigint NOT NULL);
CREATE TABLE duban.region_former (department_code text PRIMARY KEY, region text NOT NULL);
INSERT INTO duban.region_former
SELECT DISTINCT c.department_code, 'region of ' || c.department_code FROM duban.clock c;
