# SPDX-License-Identifier: Apache-2.0
"""drain works beside a running daemon: every row once, and the daemon goes on afterwards."""

import pytest

from support.observer import judge


@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("version", [1, 2])
def test_every_row_once(outrider, outbox, settled, observer, topic):
    daemon = outrider.run("-o", "outbox.batch_size=50")
    warm = outbox.insert(topic, aggregate="warm")
    daemon.wait_until(lambda: outbox.row(warm)[0], 10, "the daemon at work")
    outbox.slow_marks(0.02)
    outbox.fill(topic, 3000)
    outrider.drain("--max-seconds", "60").expect(0)
    assert outbox.unpublished() == 0
    outbox.insert(topic, aggregate="after")
    settled(daemon, timeout=10)
    judge(observer.read(topic), outbox.ledger(), outbox.marked_ids()).assert_perfect(order=False)
    assert daemon.terminate() == 0


@pytest.mark.parametrize("version", [1, 2])
def test_while_writers_write(outrider, outbox, writers, settled, observer, topic, version):
    daemon = outrider.run("-o", "outbox.batch_size=50")
    load = writers(threads=3, transactions=300)
    daemon.wait_until(lambda: outbox.published() > 50, 20, "rows on their way")
    outrider.drain("--max-seconds", "60").expect(0)
    ledger = load.join()
    settled(daemon)
    judge(observer.read(topic), ledger, outbox.marked_ids()).assert_perfect(order=version > 1)


def test_it_says_how_it_goes_about_it(outrider, outbox, settled, topic):
    daemon = outrider.run()
    warm = outbox.insert(topic)
    daemon.wait_until(lambda: outbox.row(warm)[0], 10, "the daemon at work")
    outbox.slow_marks(0.05)
    outbox.fill(topic, 2000)
    result = outrider.drain("--max-seconds", "60", config={"log": {"level": "info"}}).expect(0)
    assert "slot" in result.output or "backlog" in result.output, result.output
