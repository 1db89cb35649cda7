-- What the generators share: dice, names, and turning drafts into filed cases.
--
-- A generator decides what a case is about and when its limit runs (the temporary
-- table draft); file_drafts adds the steps in between, numbers, applicants and
-- clock stops, and stores them, a few statements for any number of cases.

-- An evenly spread number in [0, 1): the same for the same three, in any order and
-- any plan. Each use has its own die.
CREATE OR REPLACE FUNCTION approval.roll(n bigint, die int, seed int) RETURNS float8
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
    SELECT ((hashint8extended(n, seed::bigint * 1024 + die) >> 11) & 9007199254740991)::float8
           / 9007199254740992
$$;

CREATE OR REPLACE FUNCTION approval.pick_char(chars text, roll float8) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
    SELECT substr(chars, 1 + floor(roll * length(chars))::int, 1)
$$;

CREATE OR REPLACE FUNCTION approval.person_name(n bigint, seed int) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
    SELECT approval.pick_char('王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任沈姚卢姜崔钟谭陆汪范金',
                              power(approval.roll(n, 101, seed), 1.5))
           || approval.pick_char('伟芳娜敏静强磊军洋勇艳杰娟涛明超秀霞平刚桂英文建志晓海雪春梅玉兰国华立新思佳子雨浩宇欣怡',
                                 approval.roll(n, 102, seed))
           || CASE WHEN approval.roll(n, 103, seed) < 0.7
                   THEN approval.pick_char('华英明军平芳红霞涛杰丽敏峰辉燕玲波斌鹏飞宁琳洁博轩涵萱然悦晨阳琪瑶楠凯龙亮源康林',
                                           approval.roll(n, 104, seed))
                   ELSE ''
              END
$$;

CREATE OR REPLACE FUNCTION approval.company_name(n bigint, seed int) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
    SELECT '安澜县'
           || approval.pick_char('恒瑞嘉盛鑫宏泰安顺隆永利和信诚德华兴', approval.roll(n, 105, seed))
           || approval.pick_char('达源通丰昌茂康益美发祥远润业成邦汇途', approval.roll(n, 106, seed))
           || (ARRAY['商贸', '建材', '餐饮管理', '物流', '食品', '农业开发', '机械', '文化传媒',
                     '装饰工程', '医药', '电子科技', '环保科技'])
              [1 + floor(approval.roll(n, 107, seed) * 12)::int]
           || '有限公司'
$$;

-- 19900001000 to 19900009999, see directory.sql.
CREATE OR REPLACE FUNCTION approval.applicant_phone(n bigint, seed int) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
    SELECT '1990000' || (1000 + floor(approval.roll(n, 108, seed) * 9000)::int)::text
$$;

-- The first open second at which a case may be accepted so that its limit has not
-- run out at the given second: earlier ones are late, this one and later ones not.
CREATE OR REPLACE FUNCTION approval.first_on_time(openings timestamptz[], second bigint,
                                                  amount int, unit text)
    RETURNS bigint LANGUAGE sql STABLE AS
$$
    SELECT CASE unit
               WHEN '工作日' THEN (second / 25200 - amount) * 25200
               WHEN '工作时' THEN second - amount * 3600
               WHEN '小时' THEN approval.open_second(approval.open_instant(openings, second)
                                                     - amount * interval '1 hour')
               -- A last day on a rest day moves on, so a limit of days has passed when
               -- it ended by the working day before.
               WHEN '自然日' THEN approval.open_second(
                   date_trunc('day', openings[second / 25200], 'Asia/Shanghai')
                   - (amount - 1) * interval '1 day')
           END
$$;

-- One row a case to be. accepted and ended are open seconds: acceptance, and where
-- what is known of the case ends (closed, stopped, or the present). accepted_at
-- overrides the former. stopped is the working days that an ended stop took, extended
-- those that were granted on top of the promise, at the open second granted.
CREATE OR REPLACE FUNCTION approval.begin_drafts() RETURNS void
    LANGUAGE plpgsql AS
$$
BEGIN
    DROP TABLE IF EXISTS pg_temp.draft;
    CREATE TEMPORARY TABLE draft (
        n           bigint PRIMARY KEY,
        item_code   text NOT NULL,
        kind        text NOT NULL,
        status      text NOT NULL,
        stage_no    int  NOT NULL,      -- 0 received … 4 approval, 5 completed
        accepted    bigint NOT NULL,
        ended       bigint NOT NULL,
        stopped     int  NOT NULL DEFAULT 0,
        extended    int  NOT NULL DEFAULT 0,
        granted     bigint,
        accepted_at timestamptz
    ) ON COMMIT DROP;
END
$$;

-- The steps of every draft: instants between acceptance and end, in order. A stop
-- lies between acceptance and 承办, so the later steps are measured from its end.
CREATE OR REPLACE FUNCTION approval.time_drafts(at timestamptz, seed int) RETURNS void
    LANGUAGE plpgsql AS
$$
DECLARE
    openings timestamptz[] := approval.openings();
BEGIN
    DROP TABLE IF EXISTS pg_temp.timed;
    CREATE TEMPORARY TABLE timed ON COMMIT DROP AS
    SELECT d.n, d.item_code, d.kind, d.status, d.stage_no, d.accepted, d.stopped, d.extended,
           coalesce(d.accepted_at - interval '90 seconds',
                    approval.open_instant(openings, s.received)) AS received_at,
           coalesce(d.accepted_at, approval.open_instant(openings, d.accepted)) AS accepted_at,
           approval.open_instant(openings, s.processed) AS processed_at,
           approval.open_instant(openings, s.reviewed) AS reviewed_at,
           approval.open_instant(openings, s.approved) AS approved_at,
           approval.open_instant(openings, d.ended) AS ended_at,
           approval.open_instant(openings, d.granted) AS granted_at,
           approval.open_instant(openings, s.stop_from) AS stop_from,
           approval.open_instant(openings, s.stop_from + d.stopped * 25200) AS stop_to
      FROM pg_temp.draft d,
           LATERAL (SELECT d.accepted + d.stopped * 25200::bigint AS start) a,
           LATERAL (SELECT greatest(d.ended - a.start, 0) AS work) b,
           -- OFFSET 0: cast the dice here, once, not at each mention of a step.
           LATERAL (SELECT greatest(d.accepted - floor(600 * approval.roll(d.n, 21, seed))::int,
                                    0) AS received,
                           a.start + floor(b.work * (0.10 + 0.20 * approval.roll(d.n, 22, seed)))
                               ::bigint AS processed,
                           a.start + floor(b.work * (0.40 + 0.20 * approval.roll(d.n, 23, seed)))
                               ::bigint AS reviewed,
                           a.start + floor(b.work * (0.70 + 0.20 * approval.roll(d.n, 24, seed)))
                               ::bigint AS approved,
                           d.accepted + floor(b.work * 0.09 * approval.roll(d.n, 25, seed))
                               ::bigint AS stop_from
                    OFFSET 0) s;
    IF EXISTS (SELECT FROM pg_temp.timed WHERE received_at IS NULL OR ended_at IS NULL) THEN
        RAISE EXCEPTION 'cases at % reach beyond the calendar in approval.workday', at;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION approval.case_number(day date, no bigint) RETURNS text
    LANGUAGE sql STABLE AS
$$
    SELECT 'SP' || to_char(day, 'YYYYMMDD') || lpad(no::text, 6, '0')
$$;

-- Numbers the cases of each day in the order of their reception, after those that
-- the day has already.
CREATE OR REPLACE FUNCTION approval.number_drafts() RETURNS void
    LANGUAGE plpgsql AS
$$
BEGIN
    DROP TABLE IF EXISTS pg_temp.numbered;
    CREATE TEMPORARY TABLE numbered ON COMMIT DROP AS
    SELECT n, day, no, approval.case_number(day, no) COLLATE "C" AS case_no
      FROM (SELECT t.n, r.day,
                   coalesce(c.last_no, 0)
                   + row_number() OVER (PARTITION BY r.day ORDER BY t.received_at, t.n) AS no
              FROM pg_temp.timed t
             CROSS JOIN LATERAL
                   (SELECT (t.received_at AT TIME ZONE 'Asia/Shanghai')::date AS day) r
              LEFT JOIN approval.case_counter c ON c.day = r.day) counted;

    INSERT INTO approval.case_counter (day, last_no)
    SELECT day, max(no) FROM pg_temp.numbered GROUP BY day
    ON CONFLICT (day) DO UPDATE SET last_no = excluded.last_no;
END
$$;

-- Of the joint cases three in five belong to the leading case received before them.
CREATE OR REPLACE FUNCTION approval.join_drafts(seed int) RETURNS void
    LANGUAGE plpgsql AS
$$
BEGIN
    DROP TABLE IF EXISTS pg_temp.joined;
    CREATE TEMPORARY TABLE joined ON COMMIT DROP AS
    SELECT n, leader AS parent_case_no
      FROM (SELECT n, leads,
                   max(CASE WHEN leads THEN case_no END) OVER (ORDER BY case_no) AS leader
              FROM (SELECT q.n, q.case_no, approval.roll(q.n, 41, seed) < 0.4 AS leads
                      FROM pg_temp.numbered q
                      JOIN pg_temp.timed t USING (n)
                     WHERE t.kind = '联办件') joint) led
     WHERE NOT leads AND leader IS NOT NULL;
END
$$;

-- The clock stops of the filed drafts: one that ended, one that lasts, or both.
CREATE OR REPLACE FUNCTION approval.stop_drafts(seed int) RETURNS void
    LANGUAGE plpgsql AS
$$
BEGIN
    INSERT INTO approval.clock_stop (case_no, reason, detail, started_at, ended_at)
    SELECT q.case_no, r.reason,
           CASE r.reason
               WHEN '补正' THEN '请补齐申请材料'
               WHEN '听证' THEN '依申请组织听证'
               WHEN '专家评审' THEN '组织专家评审'
               ELSE '公示期'
           END,
           s.started_at, s.ended_at
      FROM pg_temp.timed t
      JOIN pg_temp.numbered q USING (n)
     CROSS JOIN LATERAL (SELECT 1 AS turn, t.stop_from AS started_at, t.stop_to AS ended_at
                          WHERE t.stopped > 0
                         UNION ALL
                         SELECT 2, t.ended_at, NULL WHERE t.status = 'suspended') s
     CROSS JOIN LATERAL (SELECT approval.stop_reason(approval.roll(t.n, 42 + s.turn, seed))
                                AS reason) r
     ORDER BY q.case_no, s.turn;
END
$$;

-- The extensions of the filed drafts. The law wants the head of the organ for one,
-- of a joint case the head of the government.
CREATE OR REPLACE FUNCTION approval.extend_drafts(seed int) RETURNS void
    LANGUAGE plpgsql AS
$$
BEGIN
    INSERT INTO approval.extension (case_no, more_value, more_unit, approver, reason, granted_at)
    SELECT q.case_no, t.extended, '工作日',
           CASE t.kind WHEN '联办件' THEN '县政府负责人' ELSE '本机关负责人' END,
           (ARRAY['案情复杂，需进一步核查', '需多部门会商', '现场勘验尚未完成', '需征求上级部门意见'])
               [1 + floor(4 * approval.roll(t.n, 45, seed))::int],
           t.granted_at
      FROM pg_temp.timed t
      JOIN pg_temp.numbered q USING (n)
     WHERE t.extended > 0
     ORDER BY q.case_no;
END
$$;

-- Supplements are by far the most frequent reason.
CREATE OR REPLACE FUNCTION approval.stop_reason(roll float8) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
    SELECT CASE WHEN roll < 0.70 THEN '补正'
                WHEN roll < 0.82 THEN '专家评审'
                WHEN roll < 0.94 THEN '公示'
                ELSE '听证'
           END
$$;

-- Some few cases take the fast lane, or belong to a project that everybody watches.
CREATE OR REPLACE FUNCTION approval.project_class_of(kind text, roll float8) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
    SELECT CASE WHEN kind = '特办件' AND roll < 0.3 THEN '绿色通道'
                WHEN kind = '联办件' AND roll < 0.1 THEN '重点项目'
                ELSE '普通'
           END
$$;

-- What is kept of projects besides: 投资额 in 万元, 省级重点.
CREATE OR REPLACE FUNCTION approval.attributes_of(project_class text, n bigint, seed int)
    RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
    SELECT CASE project_class WHEN '重点项目' THEN jsonb_build_object(
               'investment', 1000 + floor(20000 * power(approval.roll(n, 37, seed), 3))::int,
               'provincial', approval.roll(n, 38, seed) < 0.2)
           END
$$;

-- Stores count new applicants, three in ten of them companies; returns the first id.
CREATE OR REPLACE FUNCTION approval.add_applicants(count bigint, seed int) RETURNS bigint
    LANGUAGE plpgsql AS
$$
DECLARE
    last_id bigint := (SELECT coalesce(max(applicant_id), 0) FROM approval.applicant);
BEGIN
    INSERT INTO approval.applicant (applicant_id, applicant_name, is_company, phone)
    SELECT last_id + n,
           CASE WHEN c.is_company THEN approval.company_name(n, seed)
                ELSE approval.person_name(n, seed)
           END,
           c.is_company, approval.applicant_phone(n, seed)
      FROM generate_series(1, count) AS n,
           LATERAL (SELECT approval.roll(n, 109, seed) < 0.3 AS is_company) c;
    PERFORM setval('approval.applicant_applicant_id_seq', last_id + greatest(count, 1));
    RETURN last_id + 1;
END
$$;

-- The persons of each department in turn, from 0, and how many they are.
CREATE OR REPLACE FUNCTION approval.handlers()
    RETURNS TABLE (department_code text, window_code text, staff_id int, turn int, people int)
    LANGUAGE sql STABLE AS
$$
    SELECT w.department_code, p.window_code, p.staff_id,
           row_number() OVER (PARTITION BY w.department_code ORDER BY p.staff_id)::int - 1,
           count(*) OVER (PARTITION BY w.department_code)::int
      FROM approval.staff p
      JOIN approval.window_desk w USING (window_code)
$$;

-- The outcome in words; null while a case runs.
CREATE OR REPLACE FUNCTION approval.result_of(status text, roll float8) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
    SELECT CASE status
               WHEN 'completed' THEN CASE WHEN roll < 0.985 THEN '准予' ELSE '不予许可' END
               WHEN 'returned' THEN '退回'
               WHEN 'withdrawn' THEN '申请人撤回'
           END
$$;

-- Files every draft as a case with its applicant, its clock stops and its extension;
-- returns how many. Changes are stamped with the instants of the cases' own last
-- steps, or with the instant at which they were entered, if that is later.
CREATE OR REPLACE FUNCTION approval.file_drafts(at timestamptz, seed int,
                                                entered_at timestamptz DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql AS
$$
DECLARE
    openings timestamptz[] := approval.openings();
    filed bigint;
    applicant bigint;
BEGIN
    PERFORM approval.time_drafts(at, seed);
    PERFORM approval.number_drafts();
    PERFORM approval.join_drafts(seed);
    SELECT approval.add_applicants(ceil(count(*) * 0.7)::bigint, seed) INTO applicant
      FROM pg_temp.draft;

    INSERT INTO approval.case_file
          (case_no, item_code, kind, project_class, attributes, window_code, staff_id,
           applicant_id, agent_name, agent_phone, parent_case_no, promised_value, promised_unit,
           promised_due_at, stage, status, received_at, accepted_at, processed_at, reviewed_at,
           approved_at, completed_at, result, updated_at)
    SELECT approval.case_number(q.day, q.no), t.item_code, t.kind, p.project_class,
           approval.attributes_of(p.project_class, t.n, seed), h.window_code, h.staff_id,
           applicant + floor((t.n - 1) * 0.7)::bigint, g.agent_name, g.agent_phone,
           j.parent_case_no, i.promised_value, i.promised_unit,
           CASE WHEN t.stage_no > 0
                THEN approval.slip_date(openings, t.accepted_at, t.accepted,
                                        i.promised_value + t.extended, i.promised_unit,
                                        t.stopped)
           END,
           (ARRAY['received', 'accepted', 'processing', 'review', 'approval', 'completed'])
               [t.stage_no + 1],
           t.status, t.received_at,
           CASE WHEN t.stage_no >= 1 THEN t.accepted_at END,
           CASE WHEN t.stage_no >= 2 THEN t.processed_at END,
           CASE WHEN t.stage_no >= 3 THEN t.reviewed_at END,
           CASE WHEN t.stage_no >= 4 THEN t.approved_at END,
           CASE WHEN t.status IN ('completed', 'returned', 'withdrawn') THEN t.ended_at END,
           approval.result_of(t.status, approval.roll(t.n, 31, seed)),
           greatest(entered_at,
                    least(at, CASE WHEN t.status = 'open'
                          THEN greatest((ARRAY[t.received_at, t.accepted_at, t.processed_at,
                                               t.reviewed_at, t.approved_at])[t.stage_no + 1],
                                        CASE WHEN t.stopped > 0 THEN t.stop_to END,
                                        t.granted_at)
                          ELSE t.ended_at
                     END + approval.roll(t.n, 32, seed) * interval '0.9 seconds'))
      FROM pg_temp.timed t
      JOIN pg_temp.numbered q USING (n)
      LEFT JOIN pg_temp.joined j USING (n)
      JOIN approval.item i USING (item_code)
      JOIN approval.handlers() h
        ON h.department_code = i.department_code
       AND h.turn = floor(approval.roll(t.n, 33, seed) * h.people)::int
     -- One agent's case in five is without a name.
      LEFT JOIN approval.agents() g
        ON t.kind = '代办件' AND g.turn = floor(10 * approval.roll(t.n, 35, seed))::int
     CROSS JOIN LATERAL
           (SELECT approval.project_class_of(t.kind, approval.roll(t.n, 34, seed))
                   AS project_class) p;
    GET DIAGNOSTICS filed = ROW_COUNT;

    PERFORM set_config('approval.touch', 'off', true);
    PERFORM approval.stop_drafts(seed);
    PERFORM approval.extend_drafts(seed);
    PERFORM set_config('approval.touch', 'on', true);
    RETURN filed;
END
$$;
