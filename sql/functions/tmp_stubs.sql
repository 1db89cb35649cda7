
CREATE OR REPLACE FUNCTION duban.off_duty(p_recipient text, p_channel text, p_address text, p_day date, p_working boolean) RETURNS text LANGUAGE sql STABLE AS 'SELECT NULL::text';
CREATE OR REPLACE FUNCTION duban.silence_of(p_now timestamptz, p_case text, p_item text, p_window text, p_department text) RETURNS SETOF duban.silence LANGUAGE sql STABLE AS $$
 SELECT s.* FROM duban.silence s WHERE s.ended_at IS NULL AND s.begins_at <= p_now AND s.ends_at > p_now AND (s.scope, s.code) IN (('case', p_case COLLATE "C"), ('item', p_item), ('window', p_window), ('department', p_department)) ORDER BY s.ends_at DESC LIMIT 1 $$;
