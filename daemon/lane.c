/* Lanes and parcels. */
#include "lane.h"

#include "shared_config.h"

#include "duban/mem.h"

void delivery_list_add(struct delivery_list *list, struct parcel *parcel)
{
    parcel->next = NULL;
    if (list->last)
        list->last->next = parcel;
    else
        list->first = parcel;
    list->last = parcel;
    list->count++;
}

struct parcel *delivery_list_take(struct delivery_list *list)
{
    struct parcel *parcel = list->first;
    if (parcel == NULL)
        return NULL;
    list->first = parcel->next;
    if (list->first == NULL)
        list->last = NULL;
    list->count--;
    parcel->next = NULL;
    return parcel;
}

void parcel_destroy(struct parcel *parcel)
{
    if (parcel == NULL)
        return;
    shared_config_drop(parcel->config);
    free(parcel->public_id);
    free(parcel->address);
    free(parcel->body);
    free(parcel->kind);
    free(parcel->case_no);
    free(parcel);
}

struct lane *lane_create(struct sender *sender, int64_t endpoint, const char *channel,
                         const char *address)
{
    struct lane *lane = mem_zero(1, sizeof *lane);
    *lane = (struct lane){.sender = sender,
                          .endpoint = endpoint,
                          .channel = mem_text(channel),
                          .address = mem_text(address),
                          .floor = WALL_NONE,
                          .window = 1};
    return lane;
}

void lane_destroy(struct lane *lane)
{
    if (lane == NULL)
        return;
    free(lane->channel);
    free(lane->address);
    free(lane);
}

size_t lane_room(const struct lane *lane, size_t concurrency, size_t most)
{
    size_t window = lane->window > concurrency ? lane->window : concurrency;
    if (window > most)
        window = most;
    size_t held = lane->queue.count + lane->sending;
    return held <= window / 2 ? window - held : 0;
}

void lane_learn(struct lane *lane, bool well, size_t concurrency, size_t most)
{
    if (!well)
        lane->window = concurrency;
    else if (lane->window < most)
        lane->window++;
}
