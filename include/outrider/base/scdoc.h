// Text for a manual page's source, scdoc(5).
#ifndef OUTRIDER_BASE_SCDOC_H
#define OUTRIDER_BASE_SCDOC_H

#include <stdio.h>

// Writes plain text so that no character of it is taken for mark-up. `indent` tabs follow each line
// break in it.
void scdoc_text(FILE *out, const char *text, int indent);

#endif
