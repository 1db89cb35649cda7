-- The directory: replaced as a whole.

-- Makes recipients, contacts and duties what the arrays say, and tells each difference: `action`
-- is added, changed or removed; `thing` is entry, contact or duty. Arrays of one kind run in
-- parallel; '' in p_parent and p_deputy is none, and days are texts of datemultirange. What is the
-- same is not touched.
CREATE OR REPLACE FUNCTION duban.directory_replace(
    p_code text[], p_kind text[], p_name text[], p_parent text[], p_absent text[], p_deputy text[],
    p_contact_code text[], p_contact_channel text[], p_contact_address text[],
    p_contact_days text[], p_contact_weekdays text[], p_contact_dates text[],
    p_contact_absent text[],
    p_duty_code text[], p_duty_role text[], p_duty_recipient text[])
    RETURNS TABLE (action text, thing text, code text, name text, channel text, address text)
    LANGUAGE plpgsql
AS $$
#variable_conflict use_column
BEGIN
    LOCK TABLE duban.recipient IN SHARE ROW EXCLUSIVE MODE; -- two imports: one after the other

    -- Said before anything cascades.
    RETURN QUERY
    SELECT CASE WHEN o.code IS NULL THEN 'added' WHEN n.code IS NULL THEN 'removed'
                ELSE 'changed' END,
           'entry', coalesce(n.code, o.code), coalesce(n.name, o.name), '', ''
      FROM unnest(p_code, p_kind, p_name, p_parent, p_absent, p_deputy)
           AS n(code, kind, name, parent, absent, deputy)
      FULL JOIN duban.recipient o ON o.code = n.code COLLATE "C"
     WHERE (n.code, n.kind, n.name, nullif(n.parent, ''), n.absent::datemultirange,
            nullif(n.deputy, ''))
           IS DISTINCT FROM (o.code, o.kind, o.name, o.parent, o.absent, o.deputy)
     ORDER BY coalesce(n.code, o.code) COLLATE "C";
    RETURN QUERY
    SELECT CASE WHEN o.recipient IS NULL THEN 'added' WHEN n.code IS NULL THEN 'removed'
                ELSE 'changed' END,
           'contact', coalesce(n.code, o.recipient), '', coalesce(n.channel, o.channel),
           coalesce(n.address, o.address)
      FROM unnest(p_contact_code, p_contact_channel, p_contact_address, p_contact_days,
                  p_contact_weekdays, p_contact_dates, p_contact_absent)
           AS n(code, channel, address, days, weekdays, dates, absent)
      FULL JOIN duban.contact o ON o.recipient = n.code COLLATE "C"
                               AND o.channel = n.channel COLLATE "C" AND o.address = n.address
     WHERE o.recipient IS NULL OR n.code IS NULL
        OR (n.days, n.weekdays::smallint, n.dates::datemultirange, n.absent::datemultirange)
           IS DISTINCT FROM (o.on_days, o.weekdays, o.dates, o.absent)
     ORDER BY coalesce(n.code, o.recipient) COLLATE "C", coalesce(n.channel, o.channel),
              coalesce(n.address, o.address);
    RETURN QUERY
    SELECT CASE WHEN o.code IS NULL THEN 'added' ELSE 'removed' END,
           'duty', coalesce(n.code, o.code), coalesce(n.recipient, o.recipient),
           coalesce(n.role, o.role), ''
      FROM unnest(p_duty_code, p_duty_role, p_duty_recipient) AS n(code, role, recipient)
      FULL JOIN duban.duty o ON o.code = n.code COLLATE "C" AND o.role = n.role COLLATE "C"
                            AND o.recipient = n.recipient COLLATE "C"
     WHERE o.code IS NULL OR n.code IS NULL
     ORDER BY coalesce(n.code, o.code) COLLATE "C", coalesce(n.role, o.role);

    DELETE FROM duban.recipient o
     WHERE NOT EXISTS (SELECT FROM unnest(p_code) AS n(code) WHERE n.code = o.code);
    INSERT INTO duban.recipient AS o (code, kind, name, parent, absent, deputy)
    SELECT n.code, n.kind, n.name, nullif(n.parent, ''), n.absent::datemultirange,
           nullif(n.deputy, '')
      FROM unnest(p_code, p_kind, p_name, p_parent, p_absent, p_deputy)
           AS n(code, kind, name, parent, absent, deputy)
        ON CONFLICT (code) DO UPDATE
       SET kind = excluded.kind, name = excluded.name, parent = excluded.parent,
           absent = excluded.absent, deputy = excluded.deputy
     WHERE (o.kind, o.name, o.parent, o.absent, o.deputy)
           IS DISTINCT FROM (excluded.kind, excluded.name, excluded.parent, excluded.absent,
                             excluded.deputy);

    DELETE FROM duban.contact o
     WHERE NOT EXISTS (SELECT FROM unnest(p_contact_code, p_contact_channel, p_contact_address)
                                   AS n(code, channel, address)
                        WHERE n.code = o.recipient AND n.channel = o.channel
                          AND n.address = o.address);
    INSERT INTO duban.contact AS o (recipient, channel, address, on_days, weekdays, dates, absent)
    SELECT n.code, n.channel, n.address, n.days, n.weekdays::smallint, n.dates::datemultirange,
           n.absent::datemultirange
      FROM unnest(p_contact_code, p_contact_channel, p_contact_address, p_contact_days,
                  p_contact_weekdays, p_contact_dates, p_contact_absent)
           AS n(code, channel, address, days, weekdays, dates, absent)
        ON CONFLICT (recipient, channel, address) DO UPDATE
       SET on_days = excluded.on_days, weekdays = excluded.weekdays, dates = excluded.dates,
           absent = excluded.absent
     WHERE (o.on_days, o.weekdays, o.dates, o.absent)
           IS DISTINCT FROM (excluded.on_days, excluded.weekdays, excluded.dates, excluded.absent);

    DELETE FROM duban.duty o
     WHERE NOT EXISTS (SELECT FROM unnest(p_duty_code, p_duty_role, p_duty_recipient)
                                   AS n(code, role, recipient)
                        WHERE n.code = o.code AND n.role = o.role AND n.recipient = o.recipient);
    INSERT INTO duban.duty (code, role, recipient)
    SELECT n.code, n.role, n.recipient
      FROM unnest(p_duty_code, p_duty_role, p_duty_recipient) AS n(code, role, recipient)
        ON CONFLICT DO NOTHING;
END
$$;

-- Days as a directory file writes them: "2026-10-01..2026-10-03 2026-10-08".
CREATE OR REPLACE FUNCTION duban.directory_dates(p_dates datemultirange)
    RETURNS text
    LANGUAGE sql STABLE
AS $$
    SELECT coalesce(string_agg(CASE WHEN upper(r) - 1 = lower(r) THEN lower(r)::text
                                    ELSE lower(r) || '..' || upper(r) - 1 END, ' ' ORDER BY r), '')
      FROM unnest(p_dates) AS r
$$;

-- A contact's days of duty likewise: "restdays fri 2026-10-08"; '' for every day.
CREATE OR REPLACE FUNCTION duban.directory_roster(p_on_days text, p_weekdays smallint,
                                                  p_dates datemultirange)
    RETURNS text
    LANGUAGE sql STABLE
AS $$
    SELECT concat_ws(' ', nullif(p_on_days, ''),
                     (SELECT string_agg(w.word, ' ' ORDER BY w.place)
                        FROM unnest('{mon,tue,wed,thu,fri,sat,sun}'::text[])
                             WITH ORDINALITY AS w(word, place)
                       WHERE p_weekdays & (1 << (w.place::integer - 1)) <> 0),
                     nullif(duban.directory_dates(p_dates), ''))
$$;

-- The tree below an entry (null: the whole one, and who stands outside it), each entry under its
-- parent; a row per contact, or one with '' for an entry without any.
CREATE OR REPLACE FUNCTION duban.directory_tree(p_code text)
    RETURNS TABLE (code text, kind text, name text, depth integer, absent text, deputy text,
                   channel text, address text, duty text, contact_absent text)
    LANGUAGE sql STABLE
AS $$
    WITH RECURSIVE tree AS (
        SELECT r.code, r.kind, r.name, 0 AS depth, r.absent, r.deputy, ARRAY[r.code] AS path
          FROM duban.recipient r
         WHERE CASE WHEN p_code IS NULL THEN r.parent IS NULL ELSE r.code = p_code END
        UNION ALL
        SELECT r.code, r.kind, r.name, t.depth + 1, r.absent, r.deputy, t.path || r.code
          FROM duban.recipient r JOIN tree t ON r.parent = t.code
    )
    SELECT t.code, t.kind, t.name, t.depth, duban.directory_dates(t.absent),
           coalesce(t.deputy, ''), coalesce(c.channel, ''), coalesce(c.address, ''),
           coalesce(duban.directory_roster(c.on_days, c.weekdays, c.dates), ''),
           coalesce(duban.directory_dates(c.absent), '')
      FROM tree t LEFT JOIN duban.contact c ON c.recipient = t.code
     ORDER BY t.path, c.channel, c.address
$$;

-- Who answers for an entry, by role; none for null.
CREATE OR REPLACE FUNCTION duban.directory_duty(p_code text)
    RETURNS TABLE (role text, recipient text, name text)
    LANGUAGE sql STABLE
AS $$
    SELECT d.role, d.recipient, r.name
      FROM duban.duty d JOIN duban.recipient r ON r.code = d.recipient
     WHERE d.code = p_code
     ORDER BY d.role, d.recipient
$$;
