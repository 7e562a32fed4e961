// SPDX-License-Identifier: Apache-2.0
//
// What a server says beside its answers.
//
// Only the primary message is kept, safe and cut: DETAIL and CONTEXT may quote a whole row.
// Source: PostgreSQL's manual, "Notice Processing".
#include "outrider/store/notices.h"

#include "notices_private.h"
#include "outrider/base/safe.h"

#include <stdatomic.h>
#include <stddef.h>

static _Atomic(notice_observer *) current_observer;

void
notices_observe(notice_observer *observer)
{
    atomic_store(&current_observer, observer);
}

static void
copy_field(char *to, size_t size, const PGresult *result, int field)
{
    const char *value = PQresultErrorField(result, field);
    safe_copy(to, size, value != NULL ? value : "");
}

static void
receive(void *context, const PGresult *result)
{
    notice_observer *observer = atomic_load(&current_observer);
    struct notice notice;

    (void)context;
    if (observer == NULL)
        return;
    copy_field(notice.severity, sizeof notice.severity, result, PG_DIAG_SEVERITY_NONLOCALIZED);
    copy_field(notice.code, sizeof notice.code, result, PG_DIAG_SQLSTATE);
    copy_field(notice.text, sizeof notice.text, result, PG_DIAG_MESSAGE_PRIMARY);
    observer(&notice);
}

void
notices_attach(PGconn *connection)
{
    PQsetNoticeReceiver(connection, receive, NULL);
}
