-- Duty 值班: who is told on a day, and who stands in for whom.

-- Whether a contact with such a roster is on duty. `p_working`: whether the day is a working day of
-- the calendar; null when nobody knows, which speaks against no one.
CREATE OR REPLACE FUNCTION duban.on_duty(
    p_on_days text, p_weekdays smallint, p_dates datemultirange, p_absent datemultirange,
    p_day date, p_working boolean)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE
AS $$
    SELECT coalesce(
        NOT p_absent @> p_day
        AND ((p_on_days = '' AND p_weekdays = 0 AND isempty(p_dates))
             OR (p_on_days = 'workdays' AND p_working)
             OR (p_on_days = 'restdays' AND NOT p_working)
             OR p_weekdays & (1 << (extract(isodow FROM p_day)::integer - 1)) <> 0
             OR p_dates @> p_day), true)
$$;

-- Why a contact isn't told on a day; null when it is on duty, when nobody of this recipient's on
-- this channel is (better everybody than nobody), and for who isn't in the directory.
CREATE OR REPLACE FUNCTION duban.off_duty(
    p_recipient text, p_channel text, p_address text, p_day date, p_working boolean)
    RETURNS text
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    PERFORM FROM duban.contact c
      WHERE c.recipient = p_recipient COLLATE "C" AND c.channel = p_channel COLLATE "C"
        AND c.address = p_address
        AND NOT duban.on_duty(c.on_days, c.weekdays, c.dates, c.absent, p_day, p_working);
    IF NOT FOUND THEN -- as of nearly all
        RETURN NULL;
    END IF;
    PERFORM FROM duban.contact c
      WHERE c.recipient = p_recipient COLLATE "C" AND c.channel = p_channel COLLATE "C"
        AND duban.on_duty(c.on_days, c.weekdays, c.dates, c.absent, p_day, p_working);
    RETURN CASE WHEN FOUND THEN 'cancelled: not on duty on ' || p_day END;
END
$$;

-- Who is told on a channel instead of a recipient that is absent on a day: the first along the
-- deputies, four at most (directory.h: DEPUTIES_MOST), who isn't; the recipient itself, when there
-- is none or that one has no contact on the channel.
CREATE OR REPLACE FUNCTION duban.stand_in(p_recipient text, p_channel text, p_day date)
    RETURNS text
    LANGUAGE sql STABLE
AS $$
    WITH RECURSIVE chain AS (
        SELECT r.code, r.deputy, r.absent @> p_day AS away, 0 AS step
          FROM duban.recipient r
         WHERE r.code = p_recipient COLLATE "C"
        UNION ALL
        SELECT r.code, r.deputy, r.absent @> p_day, c.step + 1
          FROM chain c JOIN duban.recipient r ON r.code = c.deputy
         WHERE c.away AND c.step < 4
    )
    SELECT coalesce((SELECT c.code
                       FROM chain c
                      WHERE NOT c.away
                        AND EXISTS (SELECT FROM duban.contact t
                                     WHERE t.recipient = c.code
                                       AND t.channel = p_channel COLLATE "C")), p_recipient)
$$;
