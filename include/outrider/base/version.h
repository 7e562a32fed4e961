#ifndef OUTRIDER_BASE_VERSION_H
#define OUTRIDER_BASE_VERSION_H

// The one place that says which version this is; the Makefile reads it from here.
#define OUTRIDER_VERSION "0.1.0-dev"

#endif
