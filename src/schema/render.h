// SPDX-License-Identifier: Apache-2.0
// Steps as SQL text for people and psql. Private to the schema layer.
#ifndef OUTRIDER_SCHEMA_RENDER_H
#define OUTRIDER_SCHEMA_RENDER_H

#include "context.h"

// What a script begins with.
void render_head(const struct context *context, struct text *out);

void render_step(const struct context *context, const struct step *step, struct text *out);

#endif
