# SPDX-License-Identifier: Apache-2.0
"""run tells its supervisor how it is, and closes with what it did."""


def test_ready_with_its_servers_away_and_stopping(outrider, supervisor, away):
    daemon = outrider.run(env=supervisor.env, config={
        "database": {"dsn": f"postgresql://postgres@{away}/nowhere"}, "kafka": {"bootstrap.servers": away}})
    supervisor.wait_for("READY=1")
    supervisor.wait_for("STATUS=waiting for Kafka: ")
    assert daemon.terminate() == 0
    supervisor.wait_for("STOPPING=1")
    assert supervisor.heard[0] == "READY=1" and supervisor.heard[-1].startswith("STOPPING=1\n")


def test_the_status_line(outrider, outbox, settled, supervisor, topic):
    daemon = outrider.run(env=supervisor.env)
    supervisor.wait_for("STATUS=idle, 0 published")
    outbox.fill(topic, 500)
    settled(daemon)
    assert supervisor.wait_for("STATUS=relaying, ").endswith(" msg/s, 500 published")
    assert daemon.terminate() == 0


def test_the_closing_line(outrider, outbox, settled, topic):
    outbox.fill(topic, 500)
    daemon = outrider.run(config={"log": {"format": "json"}})
    settled(daemon)
    assert daemon.terminate() == 0
    events = {event["event"]: event for event in daemon.events()}
    assert list(events)[0] == "relay_started" and list(events)[-1] == "relay_stopped"
    closing = events["relay_stopped"]
    assert (closing["published"], closing["failed_attempts"], closing["dead"]) == (500, 0, 0)
    assert 0 < closing["delivery_p50_ms"] <= closing["delivery_p99_ms"] <= closing["delivery_p999_ms"]
    assert closing["cpu_us_per_message"] > 0 and closing["peak_memory_bytes"] > 1_000_000
