// SPDX-License-Identifier: Apache-2.0
//
// The process's memory, kept from core dumps and from other processes.
//
// It holds passwords and payloads. A process that is not dumpable leaves no core, wherever the
// system's core_pattern sends them, and no other process of its user may trace it or read its
// memory and its environment. Root still may. Source: prctl(2), PR_SET_DUMPABLE; ptrace(2).
#include "core_dump.h"

#include "outrider/base/text.h"

#include <stdlib.h>
#include <sys/prctl.h>

void
core_dump_forbid(void)
{
    if (!str_equal(getenv(CORE_DUMP_VARIABLE), "1"))
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
