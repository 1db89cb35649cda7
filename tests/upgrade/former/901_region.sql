-- Former programs write clocks without their region: kept until contract step 901.
CREATE FUNCTION duban.fill_region()
    RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    NEW.region := (SELECT f.region FROM duban.region_former f
                    WHERE f.department_code = NEW.department_code);
    RETURN NEW;
END
$$;
CREATE TRIGGER fill_region BEFORE UPDATE ON duban.clock
    FOR EACH ROW WHEN (NEW.level <> OLD.level) EXECUTE FUNCTION duban.fill_region();
GRANT SELECT ON duban.region_former TO duban_daemon;
