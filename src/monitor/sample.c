// SPDX-License-Identifier: Apache-2.0
// A sample's life: as long as somebody shows it.
#include "sample.h"

#include <stdlib.h>

struct sample *
sample_share(struct sample *sample)
{
    if (sample != NULL)
        atomic_fetch_add(&sample->references, 1);
    return sample;
}

void
sample_drop(struct sample *sample)
{
    if (sample == NULL || atomic_fetch_sub(&sample->references, 1) > 1)
        return;
    backlog_free(&sample->backlog);
    dead_reasons_free(&sample->reasons);
    fellows_free(&sample->fellows);
    free(sample);
}
