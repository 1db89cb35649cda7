/* Reads /proc/self. */
#include "metrics_process.h"

#include "metrics_table.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static void set(struct metrics *metrics, enum metrics_family family, double value)
{
    metric_set(metrics_at(metrics, family, NULL, NULL), value);
}

static void gather_memory(struct metrics *metrics)
{
    unsigned long whole, resident;
    double page = (double)sysconf(_SC_PAGESIZE);
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return;
    if (fscanf(file, "%lu %lu", &whole, &resident) == 2) {
        set(metrics, METRIC_VIRTUAL, (double)whole * page);
        set(metrics, METRIC_RESIDENT, (double)resident * page);
    }
    fclose(file);
}

static void gather_descriptors(struct metrics *metrics)
{
    struct rlimit limit;
    double count = -3; /* not ., .. and the folder's own */
    DIR *folder = opendir("/proc/self/fd");
    if (folder) {
        /* cppcheck-suppress readdirCalled ; there is one thread */
        while (readdir(folder))
            count++;
        closedir(folder);
        set(metrics, METRIC_OPEN_FDS, count);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        set(metrics, METRIC_MAX_FDS, (double)limit.rlim_cur);
}

static void gather_processor(struct metrics *metrics)
{
    struct timespec used;
    struct metric *metric = metrics_at(metrics, METRIC_CPU, NULL, NULL);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    double more = (double)used.tv_sec + (double)used.tv_nsec / 1e9 - metric_value(metric);
    if (more > 0)
        metric_add(metric, more);
}

void metrics_gather_process(struct metrics *metrics)
{
    gather_memory(metrics);
    gather_descriptors(metrics);
    gather_processor(metrics);
}
