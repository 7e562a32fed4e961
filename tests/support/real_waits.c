// SPDX-License-Identifier: Apache-2.0
// Waits last as long as they were meant to, under a wall clock that libfaketime moves.
//
// librdkafka waits by C11's cnd_timedwait until a time of the wall clock. libfaketime gives it that
// time and knows nothing of the wait: two hours ahead, it would last two hours; two hours behind,
// it would be over at once. This library, preloaded before libfaketime, takes the offset off again.
#include <dlfcn.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define S_NS 1000000000L

static struct timespec
add(struct timespec time, time_t seconds, long ns)
{
    struct timespec sum = {time.tv_sec + seconds, time.tv_nsec + ns};

    sum.tv_sec += (sum.tv_nsec >= S_NS) - (sum.tv_nsec < 0);
    sum.tv_nsec = (sum.tv_nsec + S_NS) % S_NS;
    return sum;
}

int
cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex,
              const struct timespec *restrict until)
{
    static int (*wait_until)(cnd_t *, mtx_t *, const struct timespec *);
    struct timespec moved, real;

    if (!wait_until)
        *(void **)&wait_until = dlsym(RTLD_NEXT, "cnd_timedwait");
    clock_gettime(CLOCK_REALTIME, &moved);
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &real);
    const struct timespec right =
        add(*until, real.tv_sec - moved.tv_sec, real.tv_nsec - moved.tv_nsec);
    return wait_until(condition, mutex, &right);
}
