// SPDX-License-Identifier: Apache-2.0
//
// Text for a manual page's source.
//
// scdoc(5) gives a meaning to few characters, some of them only at the beginning of a line or
// beside others. A backslash before any of them makes it plain everywhere, so nothing is looked at
// twice.
#include "outrider/base/scdoc.h"

#include <string.h>

void
scdoc_text(FILE *out, const char *text, int indent)
{
    for (; *text != '\0'; text++) {
        if (strchr("\\*_<>[]|#-+.`", *text) != NULL)
            fputc('\\', out);
        fputc(*text, out);
        for (int i = 0; *text == '\n' && i < indent; i++)
            fputc('\t', out);
    }
}
