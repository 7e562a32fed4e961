# SPDX-License-Identifier: Apache-2.0
"""With N slots, N lanes, of one relay or of several, work side by side, and every aggregate keeps its
order; the number of slots changes under load, and nothing is lost, sent twice or out of order."""

import pytest

from support.observer import judge

pytestmark = [pytest.mark.parametrize("version", [2])]

CONNECTED = "SELECT count(DISTINCT application_name) FROM pg_stat_activity WHERE application_name LIKE 'relay-%' " \
            "AND datname = current_database()"
READ = "SELECT coalesce(idx_tup_read, 0) FROM pg_stat_user_indexes WHERE indexrelname = %s"


def set_slots(outrider, number):
    return outrider.command("schema", "apply", "--slots", str(number), timeout=120).expect(0)


def start_relays(outrider, db, count, *options):
    daemons = [outrider.run("-o", "outbox.batch_size=50", "-o", f"database.application_name=relay-{n}", *options)
               for n in range(count)]
    daemons[0].wait_until(lambda: db.execute(CONNECTED).fetchone()[0] == count, 10, "all relays connected")
    return daemons


@pytest.mark.parametrize("on_published", ["mark", "delete"])
def test_two_relays_share_the_work(outrider, outbox, settled, observer, db, topic):
    set_slots(outrider, 4)
    outbox.note_who_marks()
    outbox.slow_marks(0.02)
    daemons = start_relays(outrider, db, 2)
    outbox.fill(topic, 4000, aggregates=40)
    ledger = outbox.ledger()
    settled(daemons[0])
    ids = {entry.message_id for entry in ledger.committed}
    judge(observer.read(topic), ledger, outbox.marked_ids(ids)).assert_perfect()
    shares = outbox.who_marked()
    assert sum(shares.values()) == 4000
    assert min(shares.get("relay-0", 0), shares.get("relay-1", 0)) >= 400, shares


@pytest.mark.parametrize("slots", [2, 64])
def test_lanes_share_the_work(outrider, outbox, writers, settled, observer, topic, slots):
    set_slots(outrider, slots)
    outbox.fill(topic, 2000, aggregates=40)
    filled = outbox.ledger()
    daemon = outrider.run("-o", "outbox.batch_size=50", "-o", "outbox.lanes=3")
    load = writers(threads=4, transactions=150, aggregates=20)
    ledger = load.join()
    ledger.merge(filled)
    settled(daemon)
    judge(observer.read(topic), ledger, outbox.marked_ids({entry.message_id for entry in ledger.committed})
          ).assert_perfect()
    assert daemon.terminate() == 0


def test_the_number_changes_under_load(outrider, outbox, connect, writers, settled, observer, db, topic):
    daemons = start_relays(outrider, db, 2, "-o", "outbox.lanes=2")
    load = writers(threads=4, transactions=100_000, aggregates=24, hold_ms=20)
    for number in (4, 2, 1, 8, 1):
        before = outbox.published()
        set_slots(outrider, number)
        daemons[0].wait_until(lambda before=before: outbox.published() > before + 200, 30, "rows on their way")
    load.stop()
    ledger = load.join()
    settled(daemons[0])
    assert [daemon.terminate() for daemon in daemons] == [0, 0]
    judge(observer.read(topic), ledger, outbox.marked_ids({entry.message_id for entry in ledger.committed})
          ).assert_perfect()


def test_claims_read_the_slots_own_index(outrider, outbox, settled, topic, db):
    """Also when the statistics say that all rows are in one slot."""
    set_slots(outrider, 4)
    outbox.fill(topic, 3000, aggregates=1)
    db.execute("ANALYZE outbox_messages")
    outbox.fill(topic, 3000, aggregates=60, prefix="b")
    db.execute("SELECT pg_stat_reset()")
    daemon = outrider.run("-o", "outbox.batch_size=50", "-o", "outbox.lanes=2")
    settled(daemon)
    assert daemon.terminate() == 0
    daemon.wait_until(lambda: db.execute(READ, ("outbox_messages_outrider_slots_4",)).fetchone()[0] >= 6000, 10,
                      "the statistics arrive")
    assert db.execute(READ, ("outbox_messages_outrider_claim",)).fetchone()[0] < 600


def test_another_key_than_the_aggregate_is_refused(outrider, outbox, settled, topic):
    set_slots(outrider, 4)
    outbox.insert(topic)
    daemon = outrider.run("-o", "message.key=event_type")
    daemon.wait_for_log("KEY.*schema apply --slots 1", 20)
    assert outbox.published() == 0
    set_slots(outrider, 1)
    settled(daemon)


def test_an_idle_relay_notices_the_number(outrider, outbox, settled, topic, db):
    daemon = outrider.run()
    for number in (4, 1):
        set_slots(outrider, number)
        outbox.insert(topic)
        settled(daemon)
    set_slots(outrider, 4)
    outbox.insert(topic)
    settled(daemon)
    before = daemon.text().count("table_version_changed")
    set_slots(outrider, 2)
    daemon.wait_until(lambda: daemon.text().count("table_version_changed") > before, 10,
                      "without a row, the number is read again")


def test_failed_rows_keep_their_aggregates_back_in_their_slot(outrider, outbox, settled, observer, topic):
    """Rows that wait, a dead one that is retried, and one without an aggregate."""
    set_slots(outrider, 4)
    outbox.run("ALTER TABLE {table} ALTER COLUMN {aggregate_id} DROP NOT NULL")
    wrong = outbox.insert("bad topic!", aggregate="a-1")
    outbox.run("UPDATE {table} SET {event_type} = 'not-allowed' WHERE {id} = %s", wrong)
    outbox.fill(topic, 200, aggregates=20)
    outbox.insert(topic, aggregate=None)
    daemon = outrider.run("-o", "outbox.lanes=2", "-o", "outbox.retry_backoff=1s", "-o", "outbox.max_retries=2",
                          config={"message": {"topics_allow": [topic]}})
    daemon.wait_until(lambda: outbox.value("SELECT count(*) FROM {table} WHERE dead_at IS NOT NULL") == 1, 20, "dead")
    daemon.wait_until(lambda: outbox.unpublished() == 1, 20, "its followers go once it is dead")
    outbox.run("UPDATE {table} SET {event_type} = %s WHERE {id} = %s", topic, wrong)
    outrider.command("dead", "retry", wrong).expect(0)
    settled(daemon)
    assert len(observer.read(topic)) == 202


def test_a_locked_row_holds_only_its_aggregate(outrider, outbox, connect, settled, topic):
    set_slots(outrider, 2)
    first = outbox.insert(topic, aggregate="locked")
    outbox.insert(topic, aggregate="locked")
    outbox.fill(topic, 100, aggregates=20)
    holder = connect(autocommit=False)
    holder.execute("SELECT FROM outbox_messages WHERE id = %s FOR UPDATE", (first,))
    daemon = outrider.run("-o", "outbox.lanes=2")
    daemon.wait_until(lambda: outbox.published() == 100, 20, "all others")
    assert outbox.unpublished() == 2
    holder.rollback()
    settled(daemon)


def test_a_drain_of_all_slots(outrider, outbox, observer, topic, db):
    """Beside a relay, with fewer lanes than slots."""
    set_slots(outrider, 8)
    start_relays(outrider, db, 1)
    outbox.fill(topic, 3000, aggregates=50)
    ledger = outbox.ledger()
    outrider.command("drain", timeout=60).expect(0)
    assert outbox.unpublished() == 0
    judge(observer.read(topic), ledger, outbox.marked_ids({entry.message_id for entry in ledger.committed})
          ).assert_perfect()


@pytest.mark.parametrize("slots", [1, 4])
@pytest.mark.parametrize("ordering", ["none"])
def test_without_order_it_works_beside_no_slot_that_is_held(outrider, outbox, connect, settled, topic, slots):
    """A relay that keeps no order stands by while another has any slot for itself."""
    holder = connect(autocommit=False)
    holder.execute("SELECT pg_advisory_xact_lock('outbox_messages'::regclass::oid::integer, %s)", (slots - 1,))
    outbox.fill(topic, 100)
    standby = outrider.run("-o", "outbox.lanes=1", env={"OUTRIDER_FAULT_AT": "standby:3:KILL"})
    assert standby.child.wait(20) == -9, "it enters the phase again and again"
    assert outbox.published() == 0
    daemon = outrider.run()
    holder.rollback()
    settled(daemon)


@pytest.mark.parametrize("slots", [1, 2])
def test_waiting_rows_that_another_sent_free_their_followers(outrider, outbox, topic, slots):
    """While the relay is idle two rows that wait give way to two others whose numbers look alike: 2n and 2n + 1 do."""
    outbox.run("INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, {payload}) "
               "SELECT gen_random_uuid(), 'order', 'a-' || n %% 4, %s, '{{}}' FROM generate_series(0, 15) n", topic)
    first = outbox.value("SELECT min(seq) FROM {table}")
    heads = [first + first % 2, first + first % 2 + 1]
    outbox.run("UPDATE {table} SET next_attempt_at = now() + interval '1 hour' WHERE seq = ANY(%s)", heads)
    kept = outbox.value("SELECT count(*) FROM {table} o WHERE EXISTS (SELECT FROM {table} h WHERE h.seq <= o.seq "
                        "AND h.seq = ANY(%s) AND h.{aggregate_id} = o.{aggregate_id})", heads)
    daemon = outrider.run()
    daemon.wait_until(lambda: outbox.unpublished() == kept, 20, "all but the two aggregates")
    outbox.run("WITH sent AS (UPDATE {table} SET {published} = true WHERE seq = ANY(%s)) "
               "INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, {payload}, seq, next_attempt_at) "
               "SELECT gen_random_uuid(), 'order', 'z-' || n, %s, '{{}}', n, now() + interval '1 hour' "
               "FROM generate_series(%s, %s) n", heads, topic, heads[0] - 1000, heads[1] - 1000)
    daemon.wait_until(lambda: outbox.unpublished() == 2, 20, "their followers go")
