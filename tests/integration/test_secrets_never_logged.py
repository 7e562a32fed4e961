# SPDX-License-Identifier: Apache-2.0
"""No secret is ever in a log, an error text or a printed configuration, at any level."""

import os
import uuid

import pytest

from support.process import free_port


@pytest.fixture
def secret():
    return "Geheim" + uuid.uuid4().hex


def everything(outrider, *results):
    """All that was said by daemons and commands, files included."""
    return "".join(result.output for result in results) + outrider.said()


def dsns(secret):
    port = free_port()
    return {
        "uri": f"postgresql://shop:{secret}@127.0.0.1:{port}/orders",
        "keywords": f"host=127.0.0.1 port={port} user=shop password='{secret}' dbname=orders",
        "query": f"postgresql://127.0.0.1:{port}/orders?user=shop&password={secret}",
        "many hosts": f"postgresql://shop:{secret}@127.0.0.1:{port},127.0.0.1:{free_port()}/orders",
        "encoded keyword": f"postgresql://127.0.0.1:{port}/orders?user=shop&pass%77ord={secret}",
        "options": f"host=127.0.0.1 port={port} user=shop dbname=orders options='-c shop.password={secret}'",
        "encoded options": f"postgresql://shop@127.0.0.1:{port}/orders?options=-c%20shop.API_TOKEN%3D{secret}",
        "ssl": f"postgresql://shop:{secret}@127.0.0.1:{port}/orders?sslmode=require&sslpassword={secret}",
    }


@pytest.mark.parametrize("form", dsns("").keys())
def test_dsn_of_an_unreachable_server(outrider, secret, form):
    config = {"database": {"dsn": dsns(secret)[form]}}
    daemon = outrider.run(config=config)
    daemon.wait_until(lambda: daemon.warned_of("postgres|connect"), 20, "a word about PostgreSQL")
    result = outrider.drain("--give-up", "1s", config=config).expect(69)
    printed = outrider.command("config", "print", config=config).expect(0)
    assert daemon.terminate() == 0
    assert secret not in everything(outrider, result, printed)


def test_the_listener_s_dsn(outrider, outbox, secret):
    config = {"database": {"direct_dsn": dsns(secret)["uri"]}, "outbox": {"listen": True}}
    daemon = outrider.run(config=config)
    daemon.wait_until(lambda: daemon.failures("listen_failed"), 20, "a word about the listener")
    assert daemon.terminate() == 0
    assert secret not in everything(outrider) and outbox.count() == 0


@pytest.mark.parametrize("dsn", [
    "postgresql://shop:%ZZ{secret}@127.0.0.1/orders",
    "postgresql://shop:{secret}%0",
    "host=127.0.0.1 password='{secret}",
    "host=127.0.0.1 password={secret} {secret}",
    "postgresql://shop:{secret}@[::1/orders",
    "{secret}",
])
def test_dsn_that_cannot_be_parsed(outrider, secret, dsn):
    results = [outrider.command(command, config={"database": {"dsn": dsn.format(secret=secret)}})
               for command in ("drain", "run")]
    assert [result.code for result in results] == [78, 78]
    assert secret not in everything(outrider, *results)


def test_a_row_that_cannot_be_marked(outrider, outbox, topic, secret):
    """PostgreSQL quotes the whole row then."""
    outbox.run("ALTER TABLE {table} ADD CONSTRAINT stays CHECK (NOT {published})")
    outbox.insert(topic, payload=f'{{"card": "{secret}"}}')
    daemon = outrider.run()
    daemon.wait_for_log('"mark_refused".*23514.*violates check constraint')
    assert daemon.terminate() == 0
    assert secret not in everything(outrider)


def test_wrong_password(outrider, postgres, database, secret):
    dsn = f"postgresql://nobody_{secret[-4:]}:{secret}@127.0.0.1:{postgres.port}/{database}"
    daemon = outrider.run(config={"database": {"dsn": dsn}})
    daemon.wait_until(lambda: daemon.warned_of("role|postgres|connect"), 20, "a refused login")
    assert daemon.terminate() == 0
    assert secret not in everything(outrider)


@pytest.mark.parametrize("reachable", [False, True])
def test_sasl_password(outrider, outbox, kafka, topic, secret, reachable):
    outbox.insert(topic)
    properties = {
        "bootstrap.servers": kafka.bootstrap if reachable else f"127.0.0.1:{free_port()}",
        "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": "shop",
        "sasl.password": secret, "ssl.key.password": secret,
    }
    config = {"kafka": properties}
    daemon = outrider.run(config=config)
    daemon.wait_until(lambda: daemon.warned_of("kafka|broker|sasl"), 30, "a word about Kafka")
    printed = outrider.command("config", "print", config=config).expect(0)
    result = outrider.drain("--give-up", "1s", config=config).expect(69)
    assert daemon.terminate() == 0
    assert "sasl.password" in printed.stdout
    assert secret not in everything(outrider, result, printed)
    assert outbox.row_counts() == (0, 0)


def test_librdkafkas_own_debug_log_is_refused(outrider, secret):
    result = outrider.drain(config={"kafka": {"debug": "all", "sasl.password": secret}}).expect(78)
    assert "kafka.debug" in result.stderr and secret not in result.output


@pytest.mark.parametrize("bad", ["sasl.password: [{secret}]", "sasl.password: {{a: {secret}}}",
                                 "sasl.passwort: {secret}", "sasl.password: '{secret}",
                                 "ssl.key.password: {secret}\n  ssl.key.password: {secret}"])
def test_error_in_the_line_of_a_secret(outrider, secret, bad):
    path = os.path.join(outrider.base, "bad.yaml")
    with open(path, "w", encoding="utf-8") as out:
        out.write("kafka:\n  " + bad.format(secret=secret) + "\n")
    result = outrider.command("drain", "-c", path, file=False).expect(78)
    assert secret not in everything(outrider, result)


def test_references_are_resolved_and_masked(outrider, postgres, database, make_outbox, observer, topic, secret):
    make_outbox().insert(topic)
    dsn = postgres.dsn(database, password=secret)
    path = os.path.join(outrider.base, "dsn")
    with open(path, "w", encoding="utf-8") as out:
        out.write(dsn + "\n")
    config = {"database": {"dsn": "${env:SHOP_DSN}", "direct_dsn": f"${{file:{path}}}"}}
    env = {"SHOP_DSN": dsn}
    printed = outrider.command("config", "print", config=config, env=env).expect(0)
    drained = outrider.drain(config=config, env=env).expect(0)
    assert observer.count(topic) == 1
    assert secret not in everything(outrider, printed, drained)


def test_a_secret_by_option_only_as_a_reference(outrider, outbox, secret):
    result = outrider.drain("-o", f"kafka.sasl.password={secret}")
    assert result.code in (64, 78) and secret not in result.output
    named = outrider.command("config", "print", "-o", "kafka.sasl.password=${env:SHOP_PASSWORD}",
                             env={"SHOP_PASSWORD": secret}).expect(0)
    assert secret not in named.output


def test_a_reference_to_nothing(outrider, secret):
    result = outrider.drain(config={"database": {"dsn": "${env:NOT_SET_ANYWHERE}"},
                                    "kafka": {"sasl.password": secret}}).expect(78)
    assert "NOT_SET_ANYWHERE" in result.stderr and secret not in result.output
