// SPDX-License-Identifier: Apache-2.0
//
// The fake store's table, and what a test does to it.
#include "tests/support/fake_store.h"
#include "tests/support/journal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct fake_store fake_store;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void
fake_store_lock(void)
{
    pthread_mutex_lock(&lock);
}

void
fake_store_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

void
fake_store_reset(int version)
{
    memset(&fake_store, 0, sizeof fake_store);
    fake_store.version = version;
    fake_store.slots = 1;
    fake_store.table = (struct store_table){.oid = 1, .identity = "first"};
    fake_store.xmin = fake_store.xmax = 1000;
    journal_clear();
}

struct message_id
fake_id(int64_t seq)
{
    struct message_id id = {.bytes = {0xfa}};
    for (int i = 0; i < 8; i++)
        id.bytes[15 - i] = (uint8_t)(seq >> (8 * i));
    return id;
}

int64_t
fake_seq(const struct message_id *id)
{
    int64_t seq = 0;
    for (int i = 8; i < 16; i++)
        seq = seq << 8 | id->bytes[i];
    return seq;
}

struct fake_row *
fake_find(int64_t seq)
{
    for (size_t i = 0; i < fake_store.count; i++)
        if (fake_store.rows[i].seq == seq)
            return &fake_store.rows[i];
    abort(); // a test names a row that it did not add
}

static void
insert(const struct fake_row *row)
{
    size_t place = fake_store.count++;
    for (; place > 0 && fake_store.rows[place - 1].seq > row->seq; place--)
        fake_store.rows[place] = fake_store.rows[place - 1];
    fake_store.rows[place] = *row;
}

void
fake_add(struct fake_row row)
{
    fake_store_lock();
    insert(&row);
    fake_store_unlock();
}

void
fake_commit(const struct fake_row *rows, size_t count, uint64_t xmin, uint64_t xmax)
{
    fake_store_lock();
    for (size_t i = 0; i < count; i++)
        insert(&rows[i]);
    fake_store.xmin = xmin;
    fake_store.xmax = xmax;
    fake_store_unlock();
}

void
fake_add_many(int64_t from, int64_t to, const char *aggregate)
{
    for (int64_t seq = from; seq <= to; seq++)
        fake_add((struct fake_row){.seq = seq, .aggregate = aggregate});
}

struct fake_row
fake_row(int64_t seq)
{
    fake_store_lock();
    struct fake_row row = *fake_find(seq);
    fake_store_unlock();
    return row;
}

void
fake_lock_row(int64_t seq, bool locked)
{
    fake_store_lock();
    fake_find(seq)->locked = locked;
    fake_store_unlock();
}

int
fake_slot(const char *aggregate, int slots)
{
    return aggregate ? aggregate[0] & (slots - 1) : 0;
}

bool
fake_change_slots(int slots)
{
    bool free = true;
    fake_store_lock();
    for (int i = 0; i < STORE_SLOTS_MAX; i++)
        free &= !fake_store.slot_owners[i];
    if (free)
        fake_store.slots = slots;
    fake_store_unlock();
    return free;
}

size_t
fake_published(void)
{
    size_t count = 0;
    fake_store_lock();
    for (size_t i = 0; i < fake_store.count; i++)
        count += fake_store.rows[i].published;
    fake_store_unlock();
    return count;
}

void
fake_fail(enum fake_call call, int skip, int times, const char *code)
{
    fake_store_lock();
    fake_store.script[call].skip = skip;
    fake_store.script[call].times = times;
    fake_store.script[call].code = code;
    fake_store_unlock();
}
