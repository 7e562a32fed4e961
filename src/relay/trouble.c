// SPDX-License-Identifier: Apache-2.0
// A lane's last failure as a sequence lock.
//
// Lanes share no lock, and one that waits for a reader would be none of ours. So the writer never
// waits, and a reader that was overtaken reads again. The words are atomics of the strongest order,
// which is all that the scheme needs; failures are seconds apart, so nobody pays for it.
#include "trouble.h"

#include <string.h>

void
trouble_write(struct trouble *trouble, const char *event, const struct error *err)
{
    const struct lane_trouble value = {.event = event, .error = *err, .at = mono_now()};
    uint64_t words[TROUBLE_WORDS] = {0};

    memcpy(words, &value, sizeof value);
    atomic_fetch_add(&trouble->turn, 1);
    for (size_t i = 0; i < TROUBLE_WORDS; i++)
        atomic_store(&trouble->words[i], words[i]);
    atomic_fetch_add(&trouble->turn, 1);
}

bool
trouble_read(const struct trouble *trouble, struct lane_trouble *ret_trouble)
{
    uint64_t words[TROUBLE_WORDS];
    unsigned before, after;

    do {
        before = atomic_load(&trouble->turn);
        for (size_t i = 0; i < TROUBLE_WORDS; i++)
            words[i] = atomic_load(&trouble->words[i]);
        after = atomic_load(&trouble->turn);
    } while (before != after || before % 2 != 0);
    if (before == 0)
        return false;
    memcpy(ret_trouble, words, sizeof *ret_trouble);
    return true;
}
