# SPDX-License-Identifier: Apache-2.0
"""What a running relay shows by HTTP: true figures under the promised names, and nothing that it must not."""

import html.parser
import re
import shlex
import shutil
import socket
import subprocess
import uuid

import pytest

from support import kafka_broker, need
from support.monitor import ANYWHERE, Monitor
from support.process import free_port, wait_until

CONFIGURATION = 78
PROMISED = """messages_published_total publish_errors_total messages_dead_total possible_duplicates_total
    order_breaks_total batches_total claim_seconds publish_seconds settle_seconds delivery_latency_seconds
    backlog_messages oldest_message_age_seconds dead_messages in_flight_messages lane_phase breaker_open
    postgres_up kafka_up active build_info""".split()


@pytest.fixture
def version():
    return 2


@pytest.fixture
def start(outrider):
    def run(config=None, **options):
        return Monitor(outrider.run(config=ANYWHERE | (config or {}), **options))

    return run


def reasons(monitor):
    status, answer = monitor.answers("/readyz")
    assert (status == 200) == answer["ready"] == (not answer["reasons"])
    return {reason["reason"] for reason in answer["reasons"]}


def ready(monitor):
    return not reasons(monitor)


def test_metrics_are_the_promised_ones_and_true(start, outbox, settled, topic):
    if shutil.which("promtool") is None:
        need.missing("promtool (Debian's package prometheus)")
    monitor = start()
    monitor.wait_for(ready, 20, "readiness")
    outbox.fill(topic, 3000)
    settled(monitor.daemon)
    monitor.wait_for(lambda m: m.metric("outrider_messages_published_total", topic=topic) == 3000, 10, "the count")
    text = monitor.get("/metrics")
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True,
                             timeout=60, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    typed = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    assert {f"outrider_{name}" for name in PROMISED} <= set(typed)
    metrics = monitor.metrics()
    assert metrics["outrider_delivery_latency_seconds_count"][()] == 3000
    assert metrics["outrider_delivery_latency_seconds_bucket"][(("le", "+Inf"),)] == 3000
    buckets = list(metrics["outrider_delivery_latency_seconds_bucket"].values())
    assert buckets == sorted(buckets), "cumulative"
    batches = metrics["outrider_batches_total"][()]
    for verb in ("claim", "publish", "settle"):
        assert metrics[f"outrider_{verb}_seconds_count"][()] == batches > 0
        assert metrics[f"outrider_{verb}_seconds_sum"][()] > 0
    assert metrics["outrider_postgres_up"][()] == metrics["outrider_kafka_up"][()] == 1
    assert metrics["outrider_active"][()] == 1
    assert sum(metrics["outrider_lane_phase"].values()) == 1
    assert metrics["outrider_breaker_open"][(("topic", topic),)] == 0
    assert metrics["outrider_publish_errors_total"] == {
        (("class", name),): 0 for name in ("message", "topic", "cluster")}
    assert metrics["process_open_fds"][()] > 5 and metrics["process_resident_memory_bytes"][()] > 1e6
    assert monitor.daemon.terminate() == 0


@pytest.mark.parametrize("version", [1, 2])
def test_the_table_is_sampled_while_kafka_is_away(start, outbox, version, away, outrider, connect):
    outbox.fill("orders", 30)
    outbox.insert("payments", age=90)
    for _ in range(3):
        outbox.insert("refunds", age=1000, retry_count=5)
    if version == 2:
        outbox.run("UPDATE {table} SET dead_at = now(), error_class = 'message', "
                   "last_error = 'it''s \"too\" large' WHERE {retry_count} = 5")
    other = connect(application_name="outrider")
    other.execute("SELECT pg_advisory_lock('outbox_messages'::regclass::oid::int, 0)")  # its slot
    wait_until(lambda: other.execute("SELECT backend_start < now() - interval '1 s' FROM pg_stat_activity"
                                     " WHERE pid = pg_backend_pid()").fetchone()[0], 10, "an age at which it is counted")
    monitor = start({"kafka": {"bootstrap.servers": away}})
    sample = monitor.wait_for(lambda m: m.status()["sample"], 20, "a sample")
    assert (sample["messages"], sample["dead"], sample["at_least"]) == (31, 3, False)
    assert sample["table_version"] == version
    assert [(relay["sessions"], relay["works"]) for relay in sample["other_relays"]] == [(1, True)]
    assert [topic["topic"] for topic in sample["topics"]] == ["orders", "payments", "refunds"]
    assert 90_000 <= sample["oldest_age_ms"] < 150_000
    monitor.wait_for(lambda m: reasons(m) == {"kafka_unavailable"}, 20, "the reason")
    assert monitor.answers("/healthz") == (200, {"healthy": True, "reasons": []})
    metrics = monitor.metrics()
    assert metrics["outrider_backlog_messages"][()] == 31 and metrics["outrider_dead_messages"][()] == 3
    assert metrics["outrider_backlog_capped"][()] == 0
    assert 90 <= metrics["outrider_oldest_message_age_seconds"][()] < 150
    assert (metrics["outrider_kafka_up"][()], metrics["outrider_postgres_up"][()]) == (0, 1)
    assert monitor.status()["verdict"]["level"] == "bad"
    [reason] = sample["dead_reasons"]
    assert (reason["topic"], reason["messages"]) == ("refunds", 3)
    assert reason["error"] == ("it's \"too\" large" if version == 2 else None)
    # The command that it shows, typed as it stands, shows those rows.
    shown = outrider.command(*shlex.split(reason["command"])[1:], "--json", file=False).expect(0)
    assert len(shown.stdout.splitlines()) == 3
    assert monitor.daemon.terminate() == 0


@pytest.mark.parametrize("created_at", ["infinity", "-infinity"])
def test_a_message_without_an_age(start, outbox, away, created_at):
    outbox.insert("orders")
    outbox.run("UPDATE {table} SET {created_at} = %s", created_at)
    monitor = start({"kafka": {"bootstrap.servers": away}})
    sample = monitor.wait_for(lambda m: m.status()["sample"], 20, "a sample")
    assert (sample["messages"], sample["oldest_age_ms"], sample["topics"][0]["oldest_age_ms"]) == (1, None, None)
    assert monitor.metrics()["outrider_oldest_message_age_seconds"][()] == 0


@pytest.mark.parametrize("version", [2])
def test_a_death_without_a_time(start, outbox, away):
    """How long ago it was is not said."""
    outbox.insert("refunds", retry_count=5)
    outbox.run("UPDATE {table} SET dead_at = 'infinity', last_error = 'no'")
    monitor = start({"kafka": {"bootstrap.servers": away}})
    monitor.wait_for(lambda m: m.status()["sample"], 20, "a sample")
    page = monitor.get("/")
    assert "for refunds" in page and '<span class="dim">last ' not in page
    assert monitor.daemon.terminate() == 0


def test_a_figure_that_nobody_knows_is_left_out(start, away):
    monitor = start({"database": {"dsn": f"postgresql://postgres:Hunter2@{away}/nowhere"}})
    monitor.wait_for(lambda m: reasons(m) == {"postgres_unavailable"}, 20, "the reason")
    assert monitor.answers("/healthz")[0] == 200
    metrics = monitor.metrics()
    assert (metrics["outrider_postgres_up"][()], metrics["outrider_kafka_up"][()]) == (0, 1)
    for name in ("backlog_messages", "oldest_message_age_seconds", "dead_messages"):
        assert f"outrider_{name}" not in metrics
    for path in ("/", "/status.json", "/readyz", "/metrics"):
        assert b"Hunter2" not in monitor.ask(path)[2]
    assert monitor.daemon.terminate() == 0


def test_a_missing_table_is_no_outage(start):
    monitor = start({"outbox": {"table": "elsewhere"}})
    monitor.wait_for(lambda m: reasons(m) == {"table_unfit"}, 20, "the reason")
    assert monitor.daemon.terminate() == 0


def test_a_standby_is_ready_and_sees_the_other(start, outbox, observer, topic):
    outbox.slow_marks(4)
    outbox.fill(topic, 10)
    active = start()
    active.wait_for(lambda m: observer.count(topic) > 0, 20, "the first message")
    standby = start()
    standby.wait_for(lambda m: m.metric("outrider_lane_phase", lane="0", phase="standby") == 1, 20, "its phase")
    assert ready(standby)
    assert standby.metric("outrider_active") == 0 and active.metric("outrider_active") == 1
    seen = standby.wait_for(lambda m: m.status()["sample"], 20, "a sample")["other_relays"]
    assert [other["sessions"] for other in seen] == [2], "a lane and a sampler"
    assert standby.status()["verdict"]["line"] == "Standing by."
    for monitor in (standby, active):
        assert monitor.daemon.terminate() == 0


def test_a_first_window_that_lasts_is_no_standby(start, outbox, topic):
    outbox.slow_marks(2)
    outbox.insert(topic)
    monitor = start(config={"outbox": {"lanes": 2}})
    lines = set()

    def is_active(monitor):
        seen = monitor.status()
        if not seen["active"]:
            lines.add(seen["verdict"]["line"])
        return seen["active"]

    monitor.wait_for(is_active, 20, "the end of the first window")
    assert "Starting." in lines and "Standing by." not in lines
    assert monitor.daemon.terminate() == 0


class Parts(html.parser.HTMLParser):
    """Elements and all text of a page."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.attributes, self.text = [], set(), ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


def test_the_page_shows_anything_as_text_and_no_payload(start, outbox):
    """Topics of the table's content, of a kind that is refused for good."""
    evil = "<script>alert(1)</script>\"'&"
    outbox.insert(evil, payload='{"secret": "Tr0ub4dor"}')
    monitor = start()
    monitor.wait_for(lambda m: m.metric("outrider_messages_dead_total") == 1, 20, "a dead letter")
    page = monitor.wait_for(lambda m: "message_dead" in m.get("/") and m.get("/"), 20, "the page")
    parts = Parts(page)
    assert not {"script", "style", "form", "button", "input", "iframe", "img"} & set(parts.elements)
    assert not [name for name in parts.attributes if name.startswith("on") or name == "style"]
    assert evil in parts.text, "it can be read all the same"
    for path in ("/", "/status.json", "/metrics"):
        assert b"Tr0ub4dor" not in monitor.ask(path)[2]
    _, headers, _ = monitor.ask("/")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "script" not in policy
    for path, kind in (("/style.css", "text/css"), ("/icon.svg", "image/svg+xml")):
        status, headers, body = monitor.ask(path)
        assert status == 200 and headers["Content-Type"].startswith(kind) and body
    assert monitor.daemon.terminate() == 0


def test_only_get_and_head(start, outbox):
    monitor = start()
    status, headers, body = monitor.ask("/metrics", "HEAD")
    assert status == 200 and body == b"" and int(headers["Content-Length"]) > 1000
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        status, headers, _ = monitor.ask("/metrics", method, b"x" * 10)
        assert (status, headers["Allow"]) == (405, "GET, HEAD")
    assert monitor.ask("/etc/passwd")[0] == 404
    assert monitor.ask("/metrics", headers={"X": "x" * 20_000}.items())[0] in (413, 431)
    assert monitor.ask("/metrics", "GET", b"x" * 100_000)[0] == 200
    assert monitor.daemon.terminate() == 0


def test_silent_clients_keep_nobody_out_for_long(start, outbox):
    """Many say nothing; each is dropped when its first second and the time for a head have passed."""
    monitor = start()
    silent = [socket.create_connection(("127.0.0.1", monitor.port), 20) for _ in range(40)]
    try:
        assert monitor.answers("/healthz")[0] == 200
        assert silent[0].recv(1) == b"", "dropped"
    finally:
        for one in silent:
            one.close()
    assert monitor.daemon.terminate() == 0


def test_a_port_that_is_taken(outrider, outbox, topic, settled):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        config = {"http": {"listen": f"127.0.0.1:{port}"}}
        outbox.insert(topic)
        result = outrider.command("run", config=config).expect(CONFIGURATION)
        assert f"http.listen: 127.0.0.1:{port}: another program has that port" in result.stderr
        assert outbox.unpublished() == 1, "nothing was begun"
        outrider.drain(config=config).expect(0)  # does not want it
        outrider.command("status", config=config).expect(0)


def test_what_a_reload_does(start, outbox, settled, outrider, topic):
    monitor = start()
    daemon = monitor.daemon
    outbox.fill(topic, 100)
    settled(daemon)

    def published(at):
        return at.metric("outrider_messages_published_total", topic=topic)

    monitor.wait_for(lambda m: published(m) == 100, 10, "the count")
    # Another key: the same socket, and counters that do not go back.
    daemon.reload(outrider.text(ANYWHERE | {"outbox": {"batch_size": 7}}))
    monitor.wait_for(lambda m: "batch_size: 7 " in m.get("/") and ready(m), 20, "the new configuration")
    assert published(monitor) == 100
    # One that lanes have nothing to do with is shown, too.
    daemon.reload(outrider.text(ANYWHERE | {"outbox": {"batch_size": 7}, "stop_timeout": "7s"}))
    monitor.wait_for(lambda m: "stop_timeout: 7s " in m.get("/"), 20, "the new configuration")
    # Taken: refused as a whole, and all stays as it was.
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = f"127.0.0.1:{holder.getsockname()[1]}"
        daemon.reload(outrider.text({"http": {"listen": taken}, "outbox": {"batch_size": 9}}))
        daemon.wait_for_log("reload_failed")
        monitor.wait_for(lambda m: m.metric("outrider_config_last_reload_successful") == 0, 10, "its metric")
        assert "batch_size: 7 " in monitor.get("/")
        assert monitor.status()["verdict"]["line"] == "The last reload was refused."
    # Another address: the old one is closed.
    moved = Monitor(daemon, free_port())
    daemon.reload(outrider.text({"http": {"listen": f"127.0.0.1:{moved.port}"}}))
    daemon.wait_for_log(f'"http_listening".*{moved.port}')
    moved.wait_for(lambda m: m.metric("outrider_config_last_reload_successful") == 1, 10, "its metric")
    assert published(moved) == 100
    with pytest.raises(ConnectionRefusedError):
        monitor.ask("/healthz")
    # None: nobody listens.
    daemon.reload(outrider.text({"http": {"listen": None}}))

    def refused():
        try:
            moved.ask("/healthz")
        except ConnectionError:
            return True
        return False

    wait_until(refused, 20, "a closed port")
    assert daemon.terminate() == 0


def test_it_is_not_ready_while_it_stops(start, outbox, observer, topic):
    outbox.slow_marks(3)
    outbox.fill(topic, 10)
    monitor = start()
    monitor.wait_for(lambda m: observer.count(topic) > 0, 20, "the first message")
    monitor.daemon.child.terminate()
    wait_until(lambda: reasons(monitor) == {"stopping"}, 5, "the reason")
    assert monitor.answers("/healthz")[0] == 200
    assert monitor.daemon.child.wait(15) == 0


def test_a_blocked_topic_is_shown(start, outbox, kafka, topic, settled):
    """And it is no reason for not being ready while others go on."""
    missing = f"missing-{uuid.uuid4().hex[:8]}"
    outbox.insert(missing)
    monitor = start({"outbox": {"topic_retry": "100ms"},
                     "kafka": {"allow.auto.create.topics": False, "topic.metadata.propagation.max.ms": 500}})
    monitor.wait_for(lambda m: m.metric("outrider_breaker_open", topic=missing) == 1, 30, "its breaker")
    outbox.insert(topic)
    monitor.wait_for(lambda m: m.metric("outrider_messages_published_total", topic=topic) == 1, 20, "the other")
    kafka.create_topic(missing)
    settled(monitor.daemon)
    monitor.wait_for(lambda m: m.metric("outrider_breaker_open", topic=missing) == 0, 20, "its release")
    assert monitor.daemon.terminate() == 0


def test_topics_that_lead_nowhere_use_up_no_labels(start, outbox, topic):
    """A writer's 210 names that no broker knows are blocked, and share the few labels for such."""
    for n in range(210):
        outbox.insert(f"junk-{n}-{topic}", aggregate=f"junk-{n}")
    monitor = start({"outbox": {"topic_retry": "60s"},
                     "kafka": {"allow.auto.create.topics": False, "topic.metadata.propagation.max.ms": 500}})
    monitor.wait_for(lambda m: m.metric("outrider_breaker_open", topic="other") == 1, 60, "more than have a label")
    outbox.insert(topic)
    monitor.wait_for(lambda m: m.metric("outrider_messages_published_total", topic=topic) == 1, 60, "its own label")
    monitor.wait_for(lambda m: m.metric("outrider_breaker_open", topic=topic) == 0, 10, "its own label")
    open_ = monitor.metrics()["outrider_breaker_open"]
    assert len([labels for labels in open_ if labels[0][1].startswith("junk-")]) == 32
    assert monitor.daemon.terminate() == 0


def test_an_outage_shows_while_nothing_is_sent(start, outbox, tmp_path, settled):
    """Kafka goes while the relay is idle: it is known before the first row has to wait for it."""
    with kafka_broker.running(str(tmp_path), kafka_broker.Kafka) as broker:
        monitor = start({"kafka": {"bootstrap.servers": broker.bootstrap}})
        outbox.insert(broker.create_topic("orders"))
        settled(monitor.daemon)
        assert ready(monitor)
    monitor.wait_for(lambda m: reasons(m) == {"kafka_unavailable"}, 30, "the reason")
    assert monitor.metric("outrider_kafka_up") == 0
    assert monitor.daemon.terminate() == 0
