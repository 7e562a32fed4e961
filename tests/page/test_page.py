# SPDX-License-Identifier: Apache-2.0
"""The page in a real browser: it keeps its own policy, fits a phone, and can be read.

PICTURES=<folder> keeps a picture of each state at each width, for somebody to look at.
"""

import os

import pytest

from support.monitor import ANYWHERE, Monitor

WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}
BACK = "rgb(11, 15, 20)"
PICTURES = os.environ.get("PICTURES")


@pytest.fixture
def look(chromium):
    """Opens the page at each width, and checks what is true of every state; the phone's stays open."""

    def at(monitor, state):
        for name, (width, height) in WIDTHS.items():
            chromium.complaints.clear()
            chromium.open(f"http://127.0.0.1:{monitor.port}/", width, height)
            if PICTURES:
                os.makedirs(PICTURES, exist_ok=True)
                chromium.picture(os.path.join(PICTURES, f"{state}-{name}.png"))
            assert chromium.complaints == [], "the console"
            assert chromium.value("document.documentElement.scrollWidth") <= width, "nothing sticks out"
            assert chromium.value("document.styleSheets.length") == 1, "the stylesheet was let in"
            assert chromium.value("getComputedStyle(document.documentElement).backgroundColor") == BACK
            loaded = chromium.value(
                "performance.getEntriesByType('resource').map(e => new URL(e.name).host).join()")
            assert set(loaded.split(",")) <= {f"127.0.0.1:{monitor.port}"}, "nothing from elsewhere"
        return chromium

    return at


def seen(chromium, selector):
    return chromium.value(f"(document.querySelector({selector!r}) || {{}}).innerText || ''")


def contrast(chromium, selector):
    """Of an element's text on the page's card, by WCAG's formula."""
    return chromium.value("""(() => {
        const light = text => text.match(/[0-9.]+/g).slice(0, 3).map(v => v / 255)
            .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
        const style = getComputedStyle(document.querySelector('%s'));
        const back = getComputedStyle(document.querySelector('.verdict')).backgroundColor;
        const [a, b] = [light(style.color), light(back)].sort((x, y) => y - x);
        return (a + 0.05) / (b + 0.05);
    })()""" % selector)


def test_all_is_well(look, outrider, outbox):
    outbox.fill("orders.placed", 2000)
    outbox.fill("payments.settled", 300)
    monitor = Monitor(outrider.run(config=ANYWHERE))
    monitor.wait_for(lambda m: len(m.status()["points"]) >= 3, 60, "some points")
    page = look(monitor, "healthy")
    assert seen(page, ".verdict strong").startswith("All is well")
    assert page.value("document.querySelectorAll('.tile svg polyline').length") >= 3
    assert seen(page, ".servers").count("is reachable") == 2
    for selector in (".verdict strong", ".verdict p", "h2", ".none", ".mark.good"):
        if page.value(f"!!document.querySelector('{selector}')"):
            assert contrast(page, selector) >= 4.5, selector


def test_kafka_is_away(look, outrider, outbox, away):
    outbox.fill("orders.placed", 12345, minutes_ago=7)
    monitor = Monitor(outrider.run(config=ANYWHERE | {"kafka": {"bootstrap.servers": away}}))
    monitor.wait_for(lambda m: m.status()["sample"] and m.status()["recent"], 30, "a sample and a warning")
    page = look(monitor, "broker-down")
    assert seen(page, ".verdict.bad strong").startswith("Kafka cannot be reached")
    assert away in seen(page, ".verdict p") and "kafka_unavailable" in seen(page, "main")
    assert seen(page, ".tile b") == "12,345"
    assert contrast(page, ".mark.bad") >= 4.5


def test_dead_letters(look, outrider, outbox):
    for topic, error, count in (("orders.placed", "Broker: Message size too large", 14),
                                ("payments.settled", "the payload is no JSON object", 2),
                                ("a-topic.with-a.very-long.name." * 5, "x" * 180, 1)):
        outbox.fill(topic[:249], count, retry_count=5)
        outbox.run("UPDATE {table} SET dead_at = now() - interval '3 minutes', error_class = 'message', "
                   "last_error = %s WHERE {event_type} = %s", error, topic[:249])
    monitor = Monitor(outrider.run(config=ANYWHERE))
    monitor.wait_for(lambda m: m.status()["sample"] and m.status()["active"], 30, "a sample")
    page = look(monitor, "dead-letters")
    assert seen(page, ".verdict.warn strong") == "17 dead letters wait for somebody to decide."
    assert seen(page, "li code").startswith("outrider dead list -c ")
    assert page.value("document.querySelectorAll('button, form, input, script').length") == 0
    assert contrast(page, ".mark.warn") >= 4.5
