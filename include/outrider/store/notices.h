// SPDX-License-Identifier: Apache-2.0
// What a server says beside its answers: NOTICE, WARNING, INFO. Any trigger, function or role may
// say anything there, payloads included, and as often as it likes.
#ifndef OUTRIDER_STORE_NOTICES_H
#define OUTRIDER_STORE_NOTICES_H

enum { NOTICE_TEXT = 256 };

// Safe to show (base/safe.h). Borrowed for the call.
struct notice {
    char severity[16];
    char code[8]; // SQLSTATE; "" of libpq's own
    char text[NOTICE_TEXT];
};

// Called on the thread that reads the connection, for every connection from now on. NULL, as at the
// start: notices are dropped. libpq's default writes them to stderr as they are.
typedef void notice_observer(const struct notice *notice);
void notices_observe(notice_observer *observer);

#endif
