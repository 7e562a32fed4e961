// SPDX-License-Identifier: Apache-2.0
// Numbers that the table's sequence did not draw.
//
// Order, floor and claims rest on numbers of the sequence, but seq is a column, and whoever may
// insert may set it. A number above all that were drawn does not lift the floor (floor.c), and is
// named here; a row without a usable number gets one.
#include "window.h"

#include "outrider/base/log.h"

enum {
    NUMBERING_MS = 60000, // between two rounds that look for rows without a number
    PAUSE_MS = 1000,      // within one that does not get on
};

// Was the row's transaction over when the window began? Then its number, too, had been drawn by
// then. Ids are compared as PostgreSQL does: half of them lie behind any.
static bool
is_older(const struct window *window, const struct row *row)
{
    return row->writer - (uint32_t)window->view.xmin > INT32_MAX;
}

// A higher number is told anew; a repeated one is not.
static void
tell_ahead(struct lane *lane, const struct row *row, int64_t last_number)
{
    char id[MESSAGE_ID_TEXT];

    if (row->position.major <= lane->told_ahead)
        return;
    lane->told_ahead = row->position.major;
    message_id_format(&row->id, id);
    LOG(LOG_WARN, "row_number_ahead", LOG_INT("lane", lane->number), LOG_STR("id", id),
        LOG_INT("seq", row->position.major), LOG_INT("last_number", last_number),
        LOG_STR("next",
                "it is sent behind the rows that are there, and holds up none; leave seq to "
                "its default, and give rows that wait a number of the sequence"),
        LOG_STR("statement", store_renumbering(lane->store)));
}

void
window_note_numbers(struct window *window)
{
    const struct batch *batch = &window->claimed;
    const int64_t last = window->view.last_number;

    for (size_t i = batch->count; i-- > 0;) {
        const struct row *row = &batch->messages[i].row;
        if (row->position.major <= last) // those before it are not above it
            return;
        if (is_older(window, row))
            tell_ahead(window->lane, row, last);
    }
}

// Said once, until a round has met no such row.
static void
tell_unnumbered(struct lane *lane, const struct numbering *round)
{
    const bool refused = *round->why.code != '\0';
    char id[MESSAGE_ID_TEXT];

    message_id_format(&round->first, id);
    if (refused && !lane->told_unnumbered)
        LOG(LOG_ERROR, "rows_unnumbered", LOG_INT("lane", lane->number),
            LOG_STR("id", round->refused > 0 ? id : NULL), LOG_INT("rows", round->refused),
            LOG_FAULT(&round->why),
            LOG_STR("next",
                    "rows without a usable seq that are refused a number wait until they can get "
                    "one, tried once a minute; all others go on"));
    if (refused || round->over)
        lane->told_unnumbered = refused;
}

// At once where rows are numbered and more may be there. A round that numbers none, or is slow,
// takes a small part of the lane's time.
static int64_t
pause_after(const struct numbering *round, struct mono began)
{
    const int64_t took_ms = mono_diff_ns(mono_now(), began) / 1000000;
    const int64_t least_ms = round->over ? NUMBERING_MS : PAUSE_MS;

    if (!round->over && round->rows > 0)
        return 0;
    return 9 * took_ms > least_ms ? 9 * took_ms : least_ms;
}

bool
lane_number_rows(struct lane *lane, struct error *err)
{
    const struct mono began = mono_now();
    struct numbering round;

    if (!mono_passed(lane->next_numbering))
        return true;
    if (!store_number_rows(lane->store, &round, err))
        return error_prefix(err, "numbering rows without a number");
    lane->next_numbering = mono_add_ms(mono_now(), pause_after(&round, began));
    if (round.rows > 0)
        LOG(LOG_INFO, "rows_numbered", LOG_INT("lane", lane->number), LOG_INT("rows", round.rows),
            LOG_STR("next", "they had no usable seq, and are sent as new rows"));
    tell_unnumbered(lane, &round);
    return true;
}
