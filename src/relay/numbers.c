// SPDX-License-Identifier: Apache-2.0
// Numbers that the table's sequence did not draw.
//
// Order, floor and claims rest on numbers of the sequence, but seq is a column, and whoever may
// insert may set it. A number above all that were drawn does not lift the floor (floor.c), and is
// named here; a row without a usable number gets one.
#include "window.h"

#include "outrider/base/log.h"

enum { NUMBERING_MS = 60000 }; // between two looks for rows without a number

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

bool
lane_number_rows(struct lane *lane, struct error *err)
{
    struct error refused;
    int64_t rows;
    bool more;

    if (!mono_passed(lane->next_numbering))
        return true;
    if (!store_number_rows(lane->store, &rows, &more, &refused, err))
        return error_prefix(err, "numbering rows without a number");
    lane->next_numbering = mono_add_ms(mono_now(), more ? 0 : NUMBERING_MS);
    if (rows > 0)
        LOG(LOG_INFO, "rows_numbered", LOG_INT("lane", lane->number), LOG_INT("rows", rows),
            LOG_STR("next", "they had no usable seq, and are sent as new rows"));
    const bool failed = *refused.code != '\0';
    if (failed && !lane->told_unnumbered)
        LOG(LOG_ERROR, "rows_unnumbered", LOG_INT("lane", lane->number), LOG_FAULT(&refused),
            LOG_STR("next",
                    "rows without a usable seq wait until they can be numbered, tried once a "
                    "minute; all others go on"));
    lane->told_unnumbered = failed;
    return true;
}
