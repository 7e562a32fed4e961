#ifndef OUTRIDER_BASE_NOTIFY_H
#define OUTRIDER_BASE_NOTIFY_H

// Tells the service manager a state such as "READY=1\nSTATUS=2 lanes", by the datagram protocol of
// sd_notify(3): one datagram to the socket that $NOTIFY_SOCKET names, a path or "@abstract".
// Without that variable nothing happens. Nobody waits and failures are ignored: being supervised is
// not a condition of relaying.
void notify_send(const char *state);

// How often the service manager wants to hear WATCHDOG=1, by $WATCHDOG_USEC of
// sd_watchdog_enabled(3), in milliseconds; 0 when it does not, or when $WATCHDOG_PID names somebody
// else.
int notify_watchdog_ms(void);

#endif
