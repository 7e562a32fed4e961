// SPDX-License-Identifier: Apache-2.0
// What the process itself costs. Private to the monitor.
#ifndef OUTRIDER_MONITOR_PROCESS_H
#define OUTRIDER_MONITOR_PROCESS_H

#include <stdint.h>

double process_cpu_seconds(void); // user and system
int64_t process_resident_bytes(void);
int64_t process_open_files(void);
int64_t process_max_files(void);

#endif
