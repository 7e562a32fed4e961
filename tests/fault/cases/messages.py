# SPDX-License-Identifier: Apache-2.0
"""Rows that are at fault themselves, and rows that others hold locked."""

import psycopg

from fault.case import case

LOCKED = "a row locked by somebody for a minute; the table locked"
BAD = ("bad rows: 2 MB payload, topic `bad topic!`, empty strings, 1 MB key, NUL and invalid "
       "sequences where the types permit, 10,000 poison rows at the head of the queue")


@case(BAD, "message", times=(1, 4))
def rows_that_can_never_go(stage):
    """2 MB payload, topic `bad topic!`, empty topic, `..`, 1 MB key, each among good rows"""
    good = stage.topics[0]
    for turn in stage.times():
        stage.flow(40)
        stage.culprit(good, aggregate=f"large-{turn}", pad=2 << 20)
        stage.culprit("bad topic!", aggregate=f"name-{turn}")
        stage.culprit("", aggregate=f"empty-{turn}")
        stage.culprit("..", aggregate=f"dots-{turn}")
        stage.culprit("x" * 250, aggregate=f"long-{turn}")
        stage.culprit(good, aggregate="k" * (1 << 20))
        stage.flow(200)
    stage.heal()
    stage.all_dead()


@case(BAD, "none", times=(1, 4))
def empty_strings(stage):
    """An empty aggregate id, an empty aggregate type, an empty object: odd, and good enough to go"""
    good, ids = stage.topics[0], []
    for _ in stage.times():
        stage.flow(40)
        ids += [stage.odd_row(good, aggregate="", kind="order"),
                stage.odd_row(good, aggregate="odd", kind=""),
                stage.odd_row(good, aggregate="", kind="")]
    stage.heal()
    stage.all_published(ids)


@case(BAD, "message", times=(1, 4), database="ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'",
      payload="json NOT NULL")
def any_bytes(stage):
    """In a SQL_ASCII database: invalid UTF-8 in a key, a topic and a payload, NUL as JSON's escape"""
    good, ids = stage.topics[0], []
    for turn in stage.times():
        stage.flow(40)
        ids.append(stage.odd_row(good, aggregate="nul", payload='{"nul": "a\\u0000b"}'))
        ids.append(stage.odd_row(good, aggregate=b"bytes-\xff\xfe\x80", payload=b'{"b": "\xc3\x28"}'))
        stage.culprit(b"t\xff\xfe", aggregate=f"topic-{turn}")
        stage.flow(100)
    stage.heal()
    stage.all_published(ids)
    stage.all_dead()


@case(BAD, "message", times=(1, 1), seconds=60)
def poison_at_the_head(stage):
    """10,000 rows with an impossible topic at the head of the queue, before everything else"""
    for _ in stage.times():
        stage.load.pause()
        stage.culprits += [row[0] for row in stage.rows(
            "INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload)"
            " SELECT gen_random_uuid(), 'order', 'poison-' || n % 50, 'bad topic!', '{}'"
            " FROM generate_series(1, 10000) n RETURNING id")]
        stage.load.resume()
        seconds = stage.flow(200, timeout=40)
        stage.check(seconds <= 20, f"the rows behind go within 20 s (took {seconds:.1f})")
    stage.heal()
    stage.all_dead()


@case(LOCKED, "none", times=(1, 2))
def a_row_is_locked(stage):
    """Somebody holds the next row of an aggregate for 5 s (long: 60 s); the others go on"""
    for _ in stage.times():
        stage.flow(40)
        with stage.connect(autocommit=False) as holder:
            taken = None
            while taken is None:  # a row that the relay has not got yet
                try:
                    taken = holder.execute("SELECT id FROM outbox_messages WHERE published IS NOT TRUE"
                                           " ORDER BY seq DESC LIMIT 1 FOR UPDATE NOWAIT").fetchone()
                except psycopg.errors.LockNotAvailable:
                    holder.rollback()
            stage.wait(0.5)
            seconds = stage.flow(300)
            stage.check(seconds <= 3, f"the others go on (300 rows took {seconds:.1f} s)")
            stage.wait(stage.lasting(4, 58))
            holder.rollback()
    stage.heal()
    stage.check("rows_locked" in stage.log(), "the holder is named")


@case(LOCKED, "cluster", times=(1, 2), hidden=True)
def the_table_is_locked(stage):
    """ACCESS EXCLUSIVE on the table for 4 s (long: 60 s), the writers wait too"""
    for _ in stage.times():
        stage.flow(40)
        with stage.connect(autocommit=False) as holder:
            holder.execute("LOCK TABLE outbox_messages")
            stage.wait(stage.lasting(4, 60))
            holder.rollback()
    if stage.long:  # longer than an idle relay's look at the table may take
        stage.noticed()
    stage.heal()
    stage.flow(60)
