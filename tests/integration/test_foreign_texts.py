# SPDX-License-Identifier: Apache-2.0
"""What others wrote (a server, a row, a trigger, a peer at our port, an environment) moves no cursor and forges no line,
whichever way it gets out."""

import contextlib
import json
import os
import socket
import threading
import unicodedata

import pytest

from support.monitor import ANYWHERE, Monitor

UNAVAILABLE, CONFIGURATION, USAGE = 69, 78, 64

# Colour, window title, C1 controls, DEL, a forged line, directions turned, characters that show nothing.
HOSTILE = ("\x1b[31mred\x1b]0;owned\x07 \x85\x9b2J \x7f \r\nlevel=error event=forged \u202egnihtyna\u202c \u2066x\u2069"
           " \u200e\u200f\u061c \u200b\ufeff\u2028\u2029 \U000e0041\U0001d173")
BROKEN = b" \x9b2J \xff \xe2\x82"


def unsafe(text):
    """The characters of it that a terminal obeys or a reader does not see."""
    return {f"U+{ord(char):04X}" for char in text if char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp")}


def assert_safe(text):
    assert not unsafe(text), text
    assert not any(line.startswith(("level=error event=forged", "outrider: forged")) for line in text.splitlines()), text


@contextlib.contextmanager
def squatter(answer):
    """A program that has the relay's port, and answers everything with these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        def serve():
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                with client:
                    client.recv(1000)
                    client.sendall(answer)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def http(status, body):
    return f"HTTP/1.1 {status} x\r\n\r\n".encode() + body


HOSTILE_BYTES = HOSTILE.encode() + BROKEN


@pytest.mark.parametrize("options", [(), ("--ready",)])
@pytest.mark.parametrize("status, code", [(200, 0), (503, 1)])
def test_health_of_a_squatter(outrider, options, status, code):
    with squatter(http(status, b'{"healthy":true,"reasons":' + HOSTILE_BYTES)) as listen:
        result = outrider.command("health", *options, config={"http": {"listen": listen}}).expect(code)
    assert_safe(result.output)
    assert result.stdout.count("\n") == 1 and "\\u001b[31mred" in result.stdout


@pytest.mark.parametrize("answer", [http(200, b"<h1>welcome</h1>" + HOSTILE_BYTES), http(500, HOSTILE_BYTES),
                                    HOSTILE_BYTES, b"HTTP/1.1 200" + HOSTILE_BYTES])
def test_health_knows_another_program(outrider, answer):
    with squatter(answer) as listen:
        result = outrider.command("health", config={"http": {"listen": listen}}).expect(UNAVAILABLE)
    assert_safe(result.output)


def test_status_of_a_squatter(outrider, outbox):
    with squatter(http(200, HOSTILE_BYTES + 10000 * b"x")) as listen:
        result = outrider.command("status", config={"http": {"listen": listen}}).expect(0)
    assert_safe(result.stdout)
    told = result.stdout.splitlines()[-1]
    assert told.startswith(f"relay at {listen}: \\u001b[31mred") and len(told) < 1200


@pytest.fixture
def hostile_rows(outbox):
    """Rows whose every text is hostile, waiting and dead."""
    for number in range(2):
        outbox.insert(f"topic{HOSTILE}{number}", aggregate=f"aggregate{HOSTILE}", aggregate_type=HOSTILE,
                      payload=json.dumps({"text": HOSTILE}, ensure_ascii=False))
    return outbox


@pytest.mark.usefixtures("hostile_rows")
def test_commands_that_show_rows(outrider, outbox):
    """Before and after the relay gave them up."""
    for command in (("status",), ("check",), ("drain", "--dry-run")):
        assert_safe(outrider.command(*command).output)
    drained = outrider.drain("--give-up", "1s")
    assert_safe(drained.output)
    assert outbox.given_up() == 2
    listed = outrider.command("dead", "list", "--json").expect(0).stdout
    assert_safe(listed)
    letters = [json.loads(line) for line in listed.splitlines()]
    assert {letter["topic"] for letter in letters} == {f"topic{HOSTILE}0", f"topic{HOSTILE}1"}
    assert_safe(outrider.command("dead", "list").expect(0).stdout)
    for options in ((), ("--json",)):
        assert_safe(outrider.command("dead", "show", letters[0]["id"], *options).expect(0).stdout)
    shown = json.loads(outrider.command("dead", "show", letters[0]["id"], "--json").expect(0).stdout)
    assert shown["payload"] == {"text": HOSTILE}
    for command in (("status",), ("check",), ("dead", "retry", "--all", "--dry-run"), ("dead", "discard", "--all")):
        assert_safe(outrider.command(*command).output)


@pytest.mark.usefixtures("hostile_rows")
def test_the_monitor(outrider, outbox):
    daemon = outrider.run(config=ANYWHERE)
    monitor = Monitor(daemon)
    daemon.wait_until(lambda: "2 dead letters" in monitor.get("/status.txt"), 40, "a sample")
    for path in ("/", "/metrics", "/status.json", "/status.txt", "/readyz", "/healthz"):
        assert_safe(monitor.get(path))
    assert daemon.terminate() == 0
    assert_safe(daemon.text())


TRIGGER = """
CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    FOR i IN 1..30 LOOP
        RAISE {level} USING MESSAGE = '{text}' || coalesce(NEW.{{payload}}::text, '');
    END LOOP;
    RETURN NEW;
END $$;
CREATE TRIGGER shout BEFORE UPDATE ON {{table}} FOR EACH ROW EXECUTE FUNCTION shout()"""


def shout(outbox, level):
    outbox.run(TRIGGER.format(level=level, text=HOSTILE))


@pytest.mark.parametrize("level", ["NOTICE", "WARNING"])
def test_notices_of_a_trigger(outrider, outbox, topic, level):
    """Beyond level debug nothing of them is anywhere."""
    shout(outbox, level)
    outbox.fill(topic, 5, payload="""jsonb_build_object('card', 'Geheim')""")
    daemon = outrider.run(config={"log": {"level": "info"}})
    daemon.wait_until(lambda: outbox.unpublished() == 0, 20, "all rows")
    assert daemon.terminate() == 0
    assert "Geheim" not in outrider.said() and "forged" not in outrider.said()
    assert all(json.loads(line)["event"] for line in daemon.text().splitlines())


def test_notices_at_level_debug(outrider, outbox, topic):
    """Each is one line, and the trigger does not decide how many."""
    shout(outbox, "NOTICE")
    outbox.fill(topic, 5)
    daemon = outrider.run(config={"log": {"level": "debug"}})
    daemon.wait_until(lambda: outbox.unpublished() == 0, 20, "all rows")
    assert daemon.terminate() == 0
    assert_safe(daemon.text())
    events = [json.loads(line) for line in daemon.text().splitlines()]
    notices = [event for event in events if event["event"] == "postgres_notice"]
    assert len(notices) == 20 and "forged" not in {event["event"] for event in events}
    assert {(notice["level"], notice["severity"], notice["code"]) for notice in notices} == {("debug", "NOTICE", "00000")}
    assert all(notice["text"].startswith("\\u001b[31mred") and len(notice["text"].encode()) < 256 for notice in notices)
    assert {event["of"]: event["suppressed"] for event in events if event["event"] == "lines_suppressed"} == {
        "postgres_notice": 150 - 20}


def test_notices_of_commands(outrider, outbox, topic):
    """On the other kind of connection too."""
    shout(outbox, "WARNING")
    outbox.insert(topic, retry_count=9)
    result = outrider.command("dead", "retry", "--all", config={"log": {"level": "info"}}).expect(0)
    assert "forged" not in result.output and "owned" not in result.output


def test_errors_of_a_server(outrider, outbox, topic):
    """Through exits.c, and through the log."""
    outbox.insert(topic, retry_count=9)
    shout(outbox, "EXCEPTION")
    result = outrider.command("dead", "retry", "--all")
    assert result.code != 0 and "\\u001b[31mred" in result.stderr
    assert_safe(result.output)


def test_a_hostile_server(outrider):
    """Whoever listens at PostgreSQL's port may say anything before there is a login."""
    fields = b"SFATAL\0C\x1b[31m\0M" + HOSTILE.encode() + BROKEN + b"\0D" + HOSTILE.encode() + b"\0\0"
    answer = b"E" + (len(fields) + 4).to_bytes(4, "big") + fields
    with squatter(answer) as listen:
        host, port = listen.split(":")
        dsn = f"host={host} port={port} user=x dbname=x sslmode=disable"
        for command in (("status",), ("check",), ("drain", "--give-up", "1s"), ("schema", "status")):
            result = outrider.command(*command, config={"database": {"dsn": dsn}})
            assert result.code != 0
            assert_safe(result.output)


def test_a_password_file_that_libpq_refuses(outrider):
    """libpq would say so on stderr by itself, at each connection."""
    path = f"{outrider.base}/pgpass"
    with open(path, "w", encoding="utf-8") as out:
        out.write("*:*:*:*:Geheim\n")
    os.chmod(path, 0o644)
    with squatter(b"R" + (8).to_bytes(4, "big") + (3).to_bytes(4, "big")) as listen:  # asks for a password
        host, port = listen.split(":")
        dsn = f"host={host} port={port} user=x dbname=x sslmode=disable passfile={path}"
        for place in ({"database": {"dsn": dsn}}, {"database": {"dsn": dsn.replace(f" passfile={path}", "")}}):
            env = None if "passfile" in place["database"]["dsn"] else {"PGPASSFILE": path}
            result = outrider.command("status", config=place, env=env).expect(UNAVAILABLE)
            assert f"the password file {path} is not used" in result.stderr and result.stderr.count("\n") == 1
    assert "Geheim" not in outrider.said()


def test_arguments_files_and_variables(outrider):
    """A name in an environment, a path, an option: whoever starts the program need not have chosen them."""
    for command in ((HOSTILE,), ("status", f"--{HOSTILE}"), ("status", "--max-age", HOSTILE),
                    ("dead", "show", HOSTILE), ("dead", "list", "--limit", HOSTILE)):
        result = outrider.command(*command).expect(USAGE)
        assert_safe(result.output)
    assert_safe(outrider.command("status", "-c", f"/{HOSTILE}", file=False).expect(CONFIGURATION).output)
    assert_safe(outrider.command("status", "-o", f"{HOSTILE}=1").expect(CONFIGURATION).output)
    assert_safe(outrider.command("config", "print", env={f"OUTRIDER_{HOSTILE}".replace("=", "."): "x"}).output)
    named = {"outbox": {"table": f"t{HOSTILE}"}}
    for command in (("config", "print"), ("status",), ("schema", "status"), ("purge", "--older-than", "1d")):
        assert_safe(outrider.command(*command, config=named).output)
