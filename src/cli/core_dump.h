// SPDX-License-Identifier: Apache-2.0
// The process's memory, kept from core dumps and from other processes.
#ifndef OUTRIDER_CLI_CORE_DUMP_H
#define OUTRIDER_CLI_CORE_DUMP_H

#define CORE_DUMP_VARIABLE "OUTRIDER_ALLOW_CORE" // 1: a crash may leave a core; no key

void core_dump_forbid(void);

#endif
