// SPDX-License-Identifier: Apache-2.0
// PostgreSQL's notices in the log.
#ifndef OUTRIDER_CLI_NOTICES_H
#define OUTRIDER_CLI_NOTICES_H

// From now on each connection's notices are lines of the log at level debug.
void notices_to_log(void);

#endif
