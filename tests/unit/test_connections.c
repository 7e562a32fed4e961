// SPDX-License-Identifier: Apache-2.0
//
// Which connections end, and when. Time is the test's own; what is shut down is seen at the other
// ends of real sockets.
#include "src/monitor/connections.h"
#include "tests/support/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// links: base src/monitor/connections.c

enum { MANY = CONNECTIONS_ROOM };

static struct connections connections;
static struct mono now;
static int ends[MANY][2];
static struct connection *places[MANY];
static int count;

// A connection from that address, a millisecond after the one before.
static int
come_from(const char *address)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    const bool is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;

    if (!is_v4)
        ck_assert_int_eq(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
    if (count == 0)
        now = mono_now();
    now = mono_add_ms(now, 1);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends[count]), 0);
    places[count] = connections_add(&connections, ends[count][0],
                                    is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6, now);
    ck_assert_ptr_nonnull(places[count]);
    return count++;
}

static bool
lives(int one)
{
    char byte;

    return recv(ends[one][1], &byte, 1, 0) < 0;
}

static void
later(int64_t ms)
{
    now = mono_add_ms(now, ms);
    connections_shed(&connections, now);
}

START_TEST(test_each_phase_has_its_deadline)
{
    const int slow = come_from("10.0.0.1"), asks = come_from("10.0.0.1"),
              reads = come_from("10.0.0.1");
    connections_note_request(places[asks], now);
    connections_note_answer(places[asks], now);
    connections_note_request(places[reads], now);
    later(CONNECTION_HEAD_MS - 10);
    ck_assert(lives(slow) && lives(asks) && lives(reads));
    later(10);
    ck_assert(!lives(slow) && lives(asks) && lives(reads));
    connections_note_request(places[asks], now); // another request: its time begins anew
    connections_note_answer(places[asks], now);
    later(CONNECTION_NEXT_MS - 10);
    ck_assert(lives(asks) && lives(reads));
    later(10);
    ck_assert(!lives(asks) && lives(reads));
    later(CONNECTION_ANSWER_MS);
    ck_assert(!lives(reads));
    // What comes of one that is shut revives nothing.
    connections_note_answer(places[reads], now);
    ck_assert_int_eq(places[reads]->phase, CONNECTION_SHUT);
    ck_assert_int_eq(connections_wait_ms(&connections), -1);
    connections_remove(places[reads]);
    ck_assert_int_eq(places[reads]->phase, CONNECTION_FREE);
}
END_TEST

START_TEST(test_the_wait_is_until_the_first_deadline)
{
    ck_assert_int_eq(connections_wait_ms(&connections), -1);
    const int one = come_from("10.0.0.1");
    connections_note_request(places[one], now);
    connections_note_answer(places[one], now);
    ck_assert_int_le(connections_wait_ms(&connections), CONNECTION_NEXT_MS + 1);
    ck_assert_int_gt(connections_wait_ms(&connections), CONNECTION_HEAD_MS);
    come_from("10.0.0.1");
    ck_assert_int_le(connections_wait_ms(&connections), CONNECTION_HEAD_MS + 2);
}
END_TEST

// The newest always stays, and who has asked before loses nothing.
START_TEST(test_the_oldest_new_one_makes_room)
{
    const int kept = come_from("10.0.0.1");
    connections_note_request(places[kept], now);
    connections_note_answer(places[kept], now);
    const int first = come_from("10.0.0.1");
    for (int i = 1; i < CONNECTIONS_NEW; i++)
        come_from("10.0.0.1");
    later(0);
    ck_assert(lives(first));
    const int last = come_from("10.0.0.1");
    later(0);
    ck_assert(!lives(first) && lives(first + 1) && lives(last) && lives(kept));
    come_from("10.0.0.1");
    come_from("10.0.0.1");
    later(0);
    ck_assert(!lives(first + 2) && lives(first + 3));
}
END_TEST

// One that has just been answered is not the oldest, however long it has been there.
START_TEST(test_the_longest_in_its_phase_makes_room)
{
    const int busy = come_from("10.0.0.1");
    for (int i = 0; i < CONNECTIONS_KNOWN; i++)
        connections_note_request(places[come_from("10.0.0.1")], now);
    connections_note_request(places[busy], now);
    later(0);
    ck_assert(lives(busy) && !lives(busy + 1) && lives(busy + 2));
}
END_TEST

// Others pay nothing for an address that has many; an IPv6 network is one, an IPv4 address is the
// same by IPv6.
START_TEST(test_the_address_with_the_most_pays)
{
    const int alone = come_from("10.0.0.9"), six = come_from("2001:db8:1::1");
    const int first = count;
    for (int i = 0; i < CONNECTIONS_NEW / 2; i++) {
        come_from("10.0.0.1");
        come_from("::ffff:10.0.0.1");
    }
    later(0);
    ck_assert(lives(alone) && lives(six) && !lives(first) && !lives(first + 1) && lives(first + 2));
    for (int i = 0; i < count; i++)
        connections_remove(places[i]);
    count = 0;
    const int four = come_from("10.0.0.9"), begin = count;
    char address[40];
    for (int i = 0; i < CONNECTIONS_NEW; i++) {
        snprintf(address, sizeof address, "2001:db8:7:7::%x", i + 1);
        come_from(address);
    }
    later(0);
    ck_assert(lives(four) && !lives(begin) && lives(begin + 1));
}
END_TEST

START_TEST(test_there_is_an_end_of_places)
{
    int pair[2];
    for (int i = 0; i < MANY; i++)
        come_from("10.0.0.1");
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    ck_assert_ptr_null(connections_add(&connections, pair[0], NULL, now));
    connections_remove(places[7]);
    ck_assert_ptr_eq(connections_add(&connections, pair[0], NULL, now), places[7]);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("connections", test_each_phase_has_its_deadline,
                     test_the_wait_is_until_the_first_deadline, test_the_oldest_new_one_makes_room,
                     test_the_longest_in_its_phase_makes_room, test_the_address_with_the_most_pays,
                     test_there_is_an_end_of_places);
}
