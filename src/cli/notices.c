// SPDX-License-Identifier: Apache-2.0
//
// PostgreSQL's notices in the log.
//
// A trigger of the application's decides how many there are and what they say. So they are lines of
// level debug, and limited even there.
#include "notices.h"

#include "outrider/base/log.h"
#include "outrider/store/notices.h"

static void
write_line(const struct notice *notice)
{
    LOG_LIMITED(LOG_DEBUG, "postgres_notice", LOG_STR("severity", notice->severity),
                LOG_STR("code", notice->code), LOG_STR("text", notice->text));
}

void
notices_to_log(void)
{
    notices_observe(write_line);
}
