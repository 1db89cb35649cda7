/* What tests of irregularities share: a configuration with all rules, and a case of June 2026. */
#ifndef TESTS_IRREGULAR_CASE_H
#define TESTS_IRREGULAR_CASE_H

#define ON_FILE SOURCE_DIR "/tests/unit/config/fine/irregularities.yaml"

static struct config *config;

/* Of June 2026 in Shanghai: at(3, 17, 0) is Wednesday the 3rd, 17:00. */
static inline wall_us at(int day, int hour, int minute)
{
    return ((wall_us)day_from_civil(2026, 6, day) * 24 + hour - 8) * 3600 * US_PER_S +
           minute * 60 * US_PER_S;
}

/* Received on Monday the 1st, accepted on the 2nd with 10 working days: due on Tuesday the 16th,
 * 17:00. */
static inline struct facts plain(void)
{
    struct facts facts;
    facts_bare(&facts, "A1");
    facts.item_code = "I1";
    facts.kind = "promised";
    facts.window_code = "W1";
    facts.department_code = "D1";
    facts.applicant_name = "张三";
    facts.applicant_phone = "13800138000";
    facts.stage = "processing";
    facts.has_limit = true;
    facts.limit = (struct limit){10, LIMIT_WORKDAY};
    facts.at[MILESTONE_RECEIVED] = at(1, 9, 30);
    facts.at[MILESTONE_ACCEPTED] = at(2, 10, 0);
    facts.updated_at = at(2, 10, 0);
    return facts;
}

static inline void stop(struct facts *facts, const char *reason, wall_us from, wall_us to)
{
    struct suspension *suspension = &facts->suspensions[facts->suspension_count++];
    *suspension = (struct suspension){.from = from, .to = to};
    snprintf(suspension->reason, sizeof suspension->reason, "%s", reason);
    if (to == WALL_NONE)
        facts->status = CASE_SUSPENDED;
}

static inline void complete(struct facts *facts, wall_us when)
{
    facts->status = CASE_COMPLETED;
    facts->stage = "completed";
    facts->at[MILESTONE_COMPLETED] = when;
}

static inline int set_up(void **state)
{
    (void)state;
    struct problems problems = {0};
    AUTO_BUF told;
    buf_init(&told, 1 << 16);
    config = config_load(ON_FILE, &problems);
    problems_print(&problems, &told);
    problems_finish(&problems);
    if (config == NULL)
        print_error("%s", buf_string(&told));
    return config == NULL;
}

static inline int tear_down(void **state)
{
    (void)state;
    config_destroy(config);
    return 0;
}

#endif
