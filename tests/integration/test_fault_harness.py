# SPDX-License-Identifier: Apache-2.0
"""What judges the fault suite can itself fail a case: the observer, the verdict, the proxy."""

import importlib.machinery
import importlib.util
import os
import socket
import struct
import threading
import types

import pytest

from fault import ids, table
from fault.case import Case, TooLong
from fault.judge import Judge, Record
from fault.stage import Stage
from support.kafka_broker import TOP
from support.process import wait_until
from support.proxy import Proxy

TOPICS = ["t0", "t1"]


def record(transaction, aggregate, version, offset=0, **changes):
    """A message as the relay should send it, with changes."""
    text = f"{ids.TAG:08x}{transaction:08x}{aggregate:08x}{version:08x}"
    right = {
        "topic": ids.topic_of(TOPICS, version), "partition": 0, "offset": offset,
        "key": b"a-%d" % aggregate, "value": b'{"a": %d, "v": %d, "pad": ""}' % (aggregate, version),
        "message_id": text, "attempt": None,
    }
    return Record(**right | changes)


@pytest.fixture
def judge(tmp_path):
    """It knows of versions 1 to 4 of aggregate 7, and of a transaction that was rolled back."""
    ledger = tmp_path / "ledger"
    ledger.write_text("C 100 7 1 2\nR 101 7 3 4\nC 102 7 3 4\n")
    return Judge({"topics": TOPICS, "ledgers": [ledger]})


def arrive(judge, *records):
    for one in records:
        judge.take(one)
    return judge.found


WELL = [(100, 7, 1), (100, 7, 2), (102, 7, 3), (102, 7, 4)]


def test_all_is_well(judge):
    found = arrive(judge, *(record(*place) for place in WELL))
    assert not any(found.values()) and not judge.lost() and judge.duplicates == 0 and judge.sent() == 4


def test_a_lost_row(judge):
    arrive(judge, *(record(*place) for place in WELL[:3]))
    assert judge.lost() == [(102, 7, 4)]


def test_a_duplicate_is_no_violation_of_order(judge):
    found = arrive(judge, *(record(*place) for place in WELL + WELL[:2]))
    assert judge.duplicates == 2 and not found["order_violations"]


def test_a_first_delivery_behind_a_later_one(judge):
    found = arrive(judge, *(record(*WELL[at]) for at in (0, 1, 3, 2)))
    assert not found["order_violations"]  # versions 3 and 4 lie in two topics
    found = arrive(judge, record(100, 7, 1), record(102, 7, 3))
    assert judge.duplicates == 2


def test_order_within_a_topic(judge):
    found = arrive(judge, record(102, 7, 3), record(100, 7, 1))
    assert found["order_violations"] == ["t1 a-7: 1 behind 3"]


@pytest.mark.parametrize("place", [(101, 7, 3), (103, 7, 3), (100, 7, 3), (100, 8, 1)])
def test_a_phantom(judge, place):
    """Rolled back, never written, not of this transaction, of another aggregate."""
    assert len(arrive(judge, record(*place))["phantoms"]) == 1


@pytest.mark.parametrize("change", [{"topic": "t0"}, {"key": b"a-8"}, {"key": None},
                                    {"value": b'{"a": 7, "v": 2, "pad": ""}'}])
def test_a_misplaced_row(judge, change):
    assert len(arrive(judge, record(100, 7, 1, **change))["misplaced"]) == 1


def test_a_key_in_two_partitions(judge):
    found = arrive(judge, record(100, 7, 1), record(102, 7, 3, partition=1))
    assert len(found["misplaced"]) == 1


def test_an_attempt_is_seen_where_the_row_is_gone(judge):
    """With on_published: delete nothing else tells of it."""
    arrive(judge, *(record(*place) for place in WELL))
    assert judge.retries == 0
    arrive(judge, record(*WELL[0], attempt=b"2"))
    assert judge.retries == 1


GOOD = {"sent": 4, "lost": 0, "marked_but_absent": 0, "phantoms": 0, "misplaced": 0,
        "innocent_retries": 0, "unmarked": 0, "rows_unknown_to_ledger": 0,
        "ordered": True, "order_violations": 0, "duplicates": 3, "bound": 3, "memory_kb": 5,
        "descriptors": 1, "broken": []}


@pytest.mark.parametrize("change", [{name: 1} for name in GOOD if GOOD[name] == 0] + [
    {"duplicates": 4}, {"memory_kb": 6}, {"descriptors": 2}, {"broken": ["a demand"]}])
def test_the_verdict_fails_for_each(change):
    limits = {"memory_kb": 5, "descriptors": 1}
    assert table.verdict(GOOD, limits) == []
    assert len(table.verdict(GOOD | change, limits)) == 1


# --- the runner -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runner():
    """tests/fault/run as a module."""
    path = os.path.join(TOP, "tests", "fault", "run")
    loader = importlib.machinery.SourceFileLoader("fault_run", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("fault_run", loader))
    loader.exec_module(module)
    return module


def resume(seed, resume):
    return types.SimpleNamespace(seed=seed, resume=resume)


def test_a_resumed_run_repeats_the_last_seed(runner, tmp_path):
    results = table.Results(tmp_path / "results")
    assert 0 <= runner.choose_seed(resume(None, True), results) < 10000
    for seed in (20001, 20002):
        results.add({"case": "a", "seed": seed, "form": "short", "verdict": "FAILED"})
    assert runner.choose_seed(resume(None, True), results) == 20002
    assert runner.choose_seed(resume(7, True), results) == 7
    assert runner.choose_seed(resume(None, False), results) < 10000


def test_no_case_catches_that_it_takes_too_long(runner):
    with pytest.raises(TooLong):
        try:
            runner.too_long(None, None)
        except Exception:  # as a case does that goes on after a demand that did not hold
            pass


# --- the stage ------------------------------------------------------------------------------------


@pytest.fixture
def on_stage(tmp_path, monkeypatch):
    """A stage without servers, on which so many records have arrived, one count after the other."""

    def make(*counts, fault="none"):
        made = Stage(Case("case", "", None, "", fault), None, 0, False, str(tmp_path))
        said = iter(counts)
        monkeypatch.setattr(made, "arrived", lambda *_: next(said))
        return made

    return make


def test_no_answer_is_no_standstill(on_stage):
    assert on_stage(None, 5, None, 5).stalls(0)
    assert not on_stage(None, 5, None, 6).stalls(0)


def test_messages_flow_from_what_was_there(on_stage):
    stage = on_stage(None, 500, 500, 560)
    stage.flow(60)
    with pytest.raises(StopIteration):  # it asks on
        on_stage(None, 500, 559).flow(60)


def test_only_the_class_of_the_case_counts(on_stage, tmp_path):
    (tmp_path / "relay-1.log").write_text(
        '{"event":"topic_blocked","class":"topic"}\n{"event":"window_failed","class":"cluster"}\n'
        '{"event":"message_dead","error":"class topic"}\n{"event":"batch_refused"}\n')
    for fault, times in (("topic", 1), ("cluster", 1), ("message", 2)):
        stage = on_stage(fault=fault)
        stage.relays = types.SimpleNamespace(started=1)
        assert stage.named() == times


# --- the proxy --------------------------------------------------------------------------------------


@pytest.fixture
def echo():
    """A server that sends back what it gets, and notes it; and a proxy in front of it."""
    listener = socket.create_server(("127.0.0.1", 0))
    got = []

    def answer(connection):
        with connection:
            try:
                while data := connection.recv(65536):
                    got.append(data)
                    connection.sendall(data)
            except OSError:
                pass

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    proxy = Proxy(listener.getsockname()[1], postgres=True)
    proxy.got = got
    yield proxy
    proxy.close()
    listener.close()


@pytest.fixture
def client(echo):
    with socket.create_connection(("127.0.0.1", echo.port), timeout=5) as one:
        one.sendall(b"\0\0\0\x08\0\x03\0\0")  # as a PostgreSQL client begins
        assert one.recv(100) == b"\0\0\0\x08\0\x03\0\0"
        yield one


def quiet(client, seconds=0.2):
    client.settimeout(seconds)
    try:
        return client.recv(100) and False
    except TimeoutError:
        return True
    finally:
        client.settimeout(5)


@pytest.mark.parametrize("up, down", [(True, True), (True, False), (False, True)])
def test_silence_keeps_what_it_holds_back(echo, client, up, down):
    echo.silence(up=up, down=down)
    client.sendall(b"X\0\0\0\x05x")
    assert quiet(client)
    assert (b"X\0\0\0\x05x" in echo.got) is not up
    echo.heal()
    assert client.recv(100) == b"X\0\0\0\x05x"


def test_reset(echo, client):
    assert echo.reset() == 1
    with pytest.raises(ConnectionResetError):
        client.recv(100)


def test_half_open(echo, client):
    assert echo.half_open() == 1
    client.sendall(b"X\0\0\0\x05x")
    assert quiet(client)


def test_cut_at_a_byte(echo, client):
    echo.cut_after_bytes(3)
    with pytest.raises(ConnectionResetError):
        client.sendall(b"X\0\0\0\x05x")
        client.recv(100)
        client.recv(100)
    wait_until(lambda: b"".join(echo.got).endswith(b"X\0\0"), 5, "three bytes have gone")


def parse(text):
    body = b"\0" + text + b"\0\0\0"
    return b"P" + struct.pack("!i", len(body) + 4) + body


@pytest.mark.parametrize("when", ["before", "after"])
def test_cut_at_commit(echo, client, when):
    echo.cut_at_commit(when)
    client.sendall(parse(b"SELECT 1"))
    assert client.recv(100) == parse(b"SELECT 1")
    with pytest.raises(ConnectionResetError):
        client.sendall(parse(b"COMMIT"))
        client.recv(100)
        client.recv(100)
    assert echo.cuts == 1 and not echo.armed()
    assert (parse(b"COMMIT") in echo.got) is (when == "after")
