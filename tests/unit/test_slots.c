// SPDX-License-Identifier: Apache-2.0
//
// What a lane knows of each slot: kept, forgotten, lowered, swept; none of it another slot's.
// links: base model src/relay/slots.c src/relay/floor.c src/relay/holds.c src/relay/breakers.c
// links: src/relay/quarantine.c src/relay/unburied.c
#include "src/relay/slots.h"

#include "tests/support/unit.h"

static struct slots slots;

static void
prepare(int count)
{
    slots_prepare(&slots, count, 0, 20);
}

// As if all up to `reached` had been sent and marked.
static void
raise_floor(struct slot *slot, int64_t reached)
{
    slot->floor.start = slot->floor.proved = (struct position){.major = reached};
}

static struct bytes
name(const char *text)
{
    return bytes_from(text);
}

START_TEST(test_the_same_number_changes_nothing)
{
    prepare(4);
    ck_assert_int_eq(slots.count, 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(slots.list[i].number, i);
        ck_assert_int_eq(slots.list[i].told_holder.pid, NOBODY);
        ck_assert_int_eq(slots.list[i].floor.start.major, INT64_MIN);
        ck_assert_int_eq(slots.list[i].breakers.retry_ms, 20);
    }
    raise_floor(&slots.list[2], 50);
    prepare(4);
    ck_assert_int_eq(slots.list[2].floor.start.major, 50);
    prepare(2);
    ck_assert_int_eq(slots.count, 2);
    ck_assert_int_eq(slots.list[1].floor.start.major, INT64_MIN);
    slots_free(&slots);
    ck_assert_int_eq(slots.count, 0);
}
END_TEST

START_TEST(test_what_outlasts_a_connection)
{
    prepare(2);
    struct slot *slot = &slots.list[1];
    raise_floor(slot, 50);
    holds_add(&slot->holds, name("a"), (struct position){.major = 40},
              mono_add_ms(mono_now(), 60000));
    breakers_open(&slot->breakers, "t", (struct position){.major = 30}, mono_now());
    slots_begin_anew(&slots);
    ck_assert_int_eq(slot->floor.start.major, INT64_MIN);
    ck_assert_uint_eq(slot->holds.count, 1);
    ck_assert(holds_back(&slot->holds, name("a"), (struct position){.major = 1}));
    ck_assert_int_eq(breakers_find(&slot->breakers, "t")->since.major, INT64_MIN);
    slot->waiting = true;
    slot->heads.count = 3;
    slots_forget(&slots);
    ck_assert_uint_eq(slot->holds.count, 0);
    ck_assert_ptr_nonnull(breakers_find(&slot->breakers, "t"));
    ck_assert(!slot->waiting);
    ck_assert_int_eq(slot->heads.count, 0);
    slots_free(&slots);
}
END_TEST

START_TEST(test_lowering_is_one_slots_own)
{
    prepare(2);
    for (int i = 0; i < 2; i++) {
        raise_floor(&slots.list[i], 50);
        breakers_open(&slots.list[i].breakers, "t", (struct position){.major = 40}, mono_now());
    }
    slot_lower_before(&slots.list[0], (struct position){.major = 10});
    ck_assert_int_eq(slots.list[0].floor.start.major, 9);
    ck_assert_int_eq(breakers_find(&slots.list[0].breakers, "t")->since.major, 9);
    ck_assert_int_eq(slots.list[1].floor.start.major, 50);
    ck_assert_int_eq(breakers_find(&slots.list[1].breakers, "t")->since.major, 40);
    slots_free(&slots);
}
END_TEST

// Another set of waiting rows, by whomever, frees followers of the ones that waited before.
START_TEST(test_heads_lower_the_floor_when_they_change)
{
    static const struct {
        struct heads before, after;
        int64_t start;
    } cases[] = {
        {{0}, {1, 20, 20}, 50},         {{1, 20, 20}, {1, 20, 20}, 50},      {{1, 20, 20}, {0}, 19},
        {{1, 20, 20}, {1, 30, 30}, 19}, {{2, 20, 20 ^ 40}, {1, 20, 20}, 19}, {{1, 60, 60}, {0}, 50},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        prepare(1);
        raise_floor(slots.list, 50);
        slots.list->heads = cases[i].before;
        slot_note_heads(slots.list, &(struct view){.heads = cases[i].after});
        ck_assert_int_eq(slots.list->floor.start.major, cases[i].start);
        ck_assert_int_eq(slots.list->waiting, cases[i].after.count > 0);
        slots_free(&slots);
    }
}
END_TEST

START_TEST(test_a_due_row_lowers_the_floor)
{
    prepare(1);
    raise_floor(slots.list, 50);
    slot_note_heads(slots.list,
                    &(struct view){.heads = {1, 30, 30}, .due = true, .due_after = {.major = 29}});
    ck_assert_int_eq(slots.list->floor.start.major, 29);
    slots_free(&slots);
}
END_TEST

START_TEST(test_holds_that_pass_lower_the_floor)
{
    prepare(1);
    raise_floor(slots.list, 50);
    holds_add(&slots.list->holds, name("a"), (struct position){.major = 40}, mono_now());
    slot_expire_holds(slots.list);
    ck_assert_uint_eq(slots.list->holds.count, 0);
    ck_assert_int_eq(slots.list->floor.start.major, 39);
    slots_free(&slots);
}
END_TEST

START_TEST(test_sweeps_are_seldom)
{
    prepare(2);
    struct slot *slot = slots.list;
    raise_floor(slot, 50);
    slot_maybe_sweep(slot, false);
    ck_assert(!slot->sweeping);
    slot->last_sweep = mono_add_ms(mono_now(), -2000);
    slot_maybe_sweep(slot, false);
    ck_assert(!slot->sweeping);
    slot_maybe_sweep(slot, true);
    ck_assert(slot->sweeping);
    ck_assert_int_eq(slot->floor.start.major, INT64_MIN);
    slot_note_sweep(slot, mono_add_ms(mono_now(), -10000));
    ck_assert(!slot->sweeping);
    slot->last_sweep = mono_add_ms(mono_now(), -70000); // but a sweep takes ten seconds
    slot_maybe_sweep(slot, false);
    ck_assert(!slot->sweeping);
    ck_assert(!slots.list[1].sweeping);
    slots_free(&slots);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("slots", test_the_same_number_changes_nothing, test_what_outlasts_a_connection,
                     test_lowering_is_one_slots_own, test_heads_lower_the_floor_when_they_change,
                     test_a_due_row_lowers_the_floor, test_holds_that_pass_lower_the_floor,
                     test_sweeps_are_seldom);
}
