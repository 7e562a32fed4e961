// SPDX-License-Identifier: Apache-2.0
//
// What a lane knows of the table: which one it is, its version, its slots.
//
// A lane remembers positions of rows, and positions mean something in one table only. So it notes
// which table it has read, and forgets them when it reads another.
#include "lane.h"

#include "outrider/base/log.h"
#include "outrider/base/text.h"
#include "outrider/model/columns.h"

// What the table's version cannot promise is said once.
void
lane_tell_version(struct lane *lane)
{
    if (store_version(lane->store) > 1 || lane->told_version)
        return;
    lane->told_version = true;
    LOG(LOG_WARN, "table_version_1", LOG_INT("lane", lane->number),
        LOG_STR("limits", "rows go in created_at order, which is not each aggregate's own order "
                          "when transactions overlap; waits before a retry do not survive a "
                          "restart"),
        LOG_STR("next", "`outrider schema apply` brings version 2, which promises both"));
}

// With ordering: key, lanes beyond the number of slots stand by. Said once for each number.
static void
tell_standbys(const struct lane *lane, int slots)
{
    const int lanes = lane->shared->settings->lanes;

    if (lane->number > 0 || slots == lane->slots.count || slots >= lanes ||
        lane->shared->store_settings->ordering == ORDERING_NONE)
        return;
    LOG(LOG_WARN, "lanes_without_slots", LOG_INT("lanes", lanes), LOG_INT("slots", slots),
        LOG_STR("next", "as many lanes work at a time as the table has slots, the others stand by; "
                        "`outrider schema apply --slots N` gives it more"));
}

// Is it another table than the one that was read last? One that had no identity may have got one.
static bool
is_another(const struct store_table *before, const struct store_table *now)
{
    if (before->oid == 0)
        return false;
    return before->oid != now->oid ||
           (before->identity[0] && now->identity[0] && !str_equal(before->identity, now->identity));
}

static void
log_table(const struct lane *lane, enum log_level level, const char *what)
{
    LOG(level, "table_changed", LOG_INT("lane", lane->number), LOG_STR("what", what),
        LOG_INT("table_oid", lane->table.oid), LOG_INT("table_version", lane->version),
        LOG_INT("slots", lane->slots.count),
        LOG_STR("next", "the table was read anew, and its rows are looked through from the start"));
}

// Notes which table this is, and how it is defined. What the lane remembers of the rows of another
// one, or of another version, is forgotten. True: it is another.
bool
lane_note_table(struct lane *lane)
{
    const struct store_table *now = store_table(lane->store);
    const int version = store_version(lane->store);
    const bool another = is_another(&lane->table, now);

    if (another || (lane->version != 0 && lane->version != version)) {
        slots_forget(&lane->slots);
        lane->until = INT64_MAX;
        lane->told_ahead = 0;
    }
    lane->table = *now;
    lane->version = version;
    if (another)
        log_table(lane, LOG_WARN, "another table has its name, or it was restored");
    return another;
}

// Takes up the slots that the table has. Lanes begin their rounds at different ones.
bool
lane_take_up_slots(struct lane *lane, struct error *err)
{
    const struct relay_settings *settings = lane->shared->settings;
    const int count = store_slots(lane->store);

    if (count > 1 && settings->envelope.key != COLUMN_AGGREGATE_ID)
        return error_set(err, FAULT_CLUSTER, "KEY",
                         "the table has %d slots, in which the rows of an aggregate keep their "
                         "order, but message.key is %s; set it to aggregate_id, or run `outrider "
                         "schema apply --slots 1`",
                         count, column_name(settings->envelope.key));
    tell_standbys(lane, count);
    slots_prepare(&lane->slots, count, lane->number, settings->topic_retry_ms);
    lane_show_blocked(lane);
    lane->slot = lane->slots.list;
    lane->work = 0;
    lane->took = false;
    lane->next = lane->number * count / settings->lanes;
    return true;
}

// The table is read anew, and what a lane remembered of it is forgotten. Marks come first again,
// for the changed table may refuse them.
bool
lane_adopt_change(struct lane *lane, struct error *err)
{
    const struct store_table before = lane->table;
    const int version = lane->version, slots = lane->slots.count;

    if (!store_refresh(lane->store, err) || !lane_take_up_slots(lane, err))
        return false;
    slots_forget(&lane->slots);
    lane->careful = 1;
    if (lane_note_table(lane))
        return true;
    if (version != lane->version || slots != lane->slots.count)
        LOG(LOG_INFO, "table_version_changed", LOG_INT("lane", lane->number),
            LOG_INT("table_version", lane->version), LOG_INT("slots", lane->slots.count));
    else if (before.definition != lane->table.definition)
        log_table(lane, LOG_INFO, "the definition of its columns, or triggers that can undo marks");
    return true;
}
