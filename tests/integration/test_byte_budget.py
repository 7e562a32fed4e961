# SPDX-License-Identifier: Apache-2.0
"""A large backlog of large rows travels within the byte budget: memory does not grow with it."""

import pytest

from support.observer import judge
from support.outrider import BINARY

MIB = 1 << 20
# 3 x (batch_bytes + one row), twice for what libpq and librdkafka hold on the way, and the program.
BOUND = 2 * 2 * (4 * MIB + 100_000) + 24 * MIB
LARGE = "jsonb_build_object('n', n, 't', repeat(md5(n::text), 3125))"


def sanitized():
    """Whether the binary carries a sanitizer's shadow memory, which no bound of ours describes."""
    with open(BINARY, "rb") as binary:
        return b"__asan_init" in (text := binary.read()) or b"__tsan_init" in text


@pytest.mark.parametrize("version", [1, 2])
def test_large_rows(outrider, outbox, settled, observer, topic):
    outbox.fill(topic, 500, payload=LARGE)
    ledger = outbox.ledger()
    daemon = outrider.run(config={"outbox": {"batch_bytes": "4MiB", "batch_size": 1000}})
    settled(daemon)
    peak = daemon.peak_memory()
    records = observer.read(topic)
    judge(records, ledger, outbox.marked_ids()).assert_perfect()
    texts = {entry.message_id: entry.payload for entry in ledger.committed}
    assert all(record.value == texts[record.message_id].encode() for record in records)
    assert sanitized() or peak < BOUND, f"{peak / MIB:.0f} MiB of {BOUND / MIB:.0f}"


@pytest.mark.parametrize("version", [1, 2])
def test_one_row_larger_than_the_budget_still_goes(outrider, outbox, observer, topic):
    outbox.fill(topic, 5, payload="jsonb_build_object('t', repeat('x', 500000))")
    outrider.drain(config={"outbox": {"batch_bytes": "64KiB"}}).expect(0)
    assert {len(record.value) for record in observer.read(topic)} == {500009}


@pytest.mark.parametrize("version", [1, 2])
def test_small_and_large_rows_mixed_keep_their_order(outrider, outbox, observer, topic):
    outbox.fill(topic, 600, aggregates=7,
                payload="jsonb_build_object('t', repeat('x', CASE WHEN n %% 20 = 0 THEN 300000 ELSE 10 END))")
    ledger = outbox.ledger()
    outrider.drain(config={"outbox": {"batch_bytes": "1MiB"}}).expect(0)
    judge(observer.read(topic), ledger, outbox.marked_ids()).assert_perfect()
