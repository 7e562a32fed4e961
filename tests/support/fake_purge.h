// SPDX-License-Identifier: Apache-2.0
//
// A purge of rows that are only counted; stands in for the real one at link time
// (outrider/store/purge.h). A batch is at most 10 rows.
#ifndef OUTRIDER_TESTS_SUPPORT_FAKE_PURGE_H
#define OUTRIDER_TESTS_SUPPORT_FAKE_PURGE_H

#include <stdatomic.h>

struct fake_purge {
    atomic_int rows;          // that are old enough
    atomic_int failing_opens; // so many fail, and then so many batches
    atomic_int failing_batches;
    atomic_int opened, closed, batches; // what was seen
};

extern struct fake_purge fake_purge;

#endif
