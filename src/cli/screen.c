// SPDX-License-Identifier: Apache-2.0
//
// The terminal under a progress bar.
//
// Lanes log while the bar stands; written straight to the terminal, their lines would begin at its
// end. So they take a way through a pipe, and the main thread lets them out above the bar. The
// write end does not block: a lane must not wait for a terminal. The cursor is never hidden and no
// mode is changed, so there is nothing to restore but the line itself, however the process ends.
#include "screen.h"

#include "outrider/base/log.h"

#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_UNKNOWN = 80 };

// One that cannot move its cursor gets lines like a file does.
bool
screen_is_terminal(int fd)
{
    const char *term = getenv("TERM");
    return isatty(fd) && term != NULL && strcmp(term, "dumb") != 0;
}

void
screen_open(struct screen *screen)
{
    const char *no_color = getenv("NO_COLOR"); // no-color.org: set and not empty
    *screen = (struct screen){
        .on = screen_is_terminal(STDERR_FILENO),
        .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
        .color = no_color == NULL || no_color[0] == '\0',
    };
    if (!screen->on)
        return;
    if (pipe2(screen->log_pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
        screen->on = false;
        return;
    }
    log_set_fd(screen->log_pipe[1]);
}

// Asked at each drawing: a window may be resized at any time.
size_t
screen_width(const struct screen *screen)
{
    struct winsize size;
    (void)screen;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return WIDTH_UNKNOWN;
    return size.ws_col;
}

static void
erase(struct screen *screen)
{
    if (screen->drawn)
        fputs("\r\x1b[K", stderr);
    screen->drawn = false;
}

void
screen_draw(struct screen *screen, const char *line)
{
    if (!screen->on)
        return;
    fprintf(stderr, "\r%s\x1b[K", line);
    screen->drawn = true;
}

// Reads until the pipe is empty, so it never ends inside a line: each was one write.
void
screen_print(struct screen *screen, const char *line)
{
    char lines[4096];
    ssize_t len;

    while (screen->on && (len = read(screen->log_pipe[0], lines, sizeof lines)) > 0) {
        erase(screen);
        fwrite(lines, 1, (size_t)len, stderr);
    }
    if (line != NULL) {
        erase(screen);
        fprintf(stderr, "%s\n", line);
    }
}

void
screen_close(struct screen *screen)
{
    if (!screen->on)
        return;
    log_set_fd(STDERR_FILENO);
    screen_print(screen, NULL);
    erase(screen);
    close(screen->log_pipe[0]);
    close(screen->log_pipe[1]);
    screen->on = false;
}
