/* Which schemas a program works on. */
#include "duban/schema.h"

bool schema_fits(const struct schema_range *program, int64_t version, int64_t served,
                 struct error *error)
{
    if (version < program->needed)
        return error_set(error,
                         "the database has schema version %lld, this program needs %lld: run "
                         "dubanctl migrate",
                         (long long)version, (long long)program->needed);
    if (served > program->known)
        return error_set(error,
                         "the database serves programs from schema version %lld on, this one knows "
                         "%lld: install the newer release",
                         (long long)served, (long long)program->known);
    return true;
}
