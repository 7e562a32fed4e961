# SPDX-License-Identifier: Apache-2.0
"""What docs/migrate-from-debezium.md says of the records: the same rows, relayed by Debezium and by outrider into
the same topic, side by side."""

import json
import os
import uuid

import pytest

from support import guide as guides
from support.process import wait_until

PAYLOADS = [
    '{"total": 12}', "{}", "[]", '"text"', "12", "null", '{"deep": {"x": [{"a": 1}, {"b": "c"}]}}',
    '{"z":1,"a":[1,2.50,1e3,123456789012345678901234567890,0.1],"s":"Zoë \\u0001 \\" / \\\\ \\n","n":null}',
]
JSON = {"key.converter": "org.apache.kafka.connect.json.JsonConverter", "key.converter.schemas.enable": "false",
        "value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable": "false"}
BYTES = {"value.converter": "org.apache.kafka.connect.converters.ByteArrayConverter"}


@pytest.fixture
def table(db, guide):
    """Makes the guide's table as it is after step 2, but for the default: rows are for both."""

    def make(payload="jsonb", more="", before=(), after=()):
        db.execute(guide.example().replace("payload       jsonb", f"payload {payload}{more}"))
        guide.follow("Topic, key, partition, value, headers")
        for heading in (*before, "Step 2: the columns", *after):
            guide.follow(heading)
        db.execute("ALTER TABLE outbox ALTER COLUMN published SET DEFAULT false")

    return make


@pytest.fixture
def insert(db, aggregate_type):
    """Inserts rows with these payloads; their ids."""

    def rows(payloads, **columns):
        ids = []
        for number, payload in enumerate(payloads):
            values = {"id": str(uuid.uuid4()), "aggregatetype": aggregate_type, "aggregateid": f"Zoë-{number}",
                      "type": "order.placed", "payload": payload} | columns
            db.execute(f"INSERT INTO outbox ({', '.join(values)}) VALUES ({', '.join(['%s'] * len(values))})",
                       tuple(values.values()))
            ids.append(values["id"])
        return ids

    return rows


@pytest.fixture
def both(connect_worker, observer, topic, guide, outrider):
    """Waits for Debezium's records of these rows, lets outrider send them too, and returns id -> (its, ours)."""

    def wait(ids):
        wait_until(lambda: observer.count(topic) >= len(ids), 60, connect_worker.tail_of_log, every=0.1)
        theirs = {one.message_id: one for one in observer.read(topic)}
        assert set(theirs) == set(ids)
        outrider.command("drain", "-c", guide.path, file=False, env=guide.environment).expect(0)
        records = observer.read(topic)
        assert len(records) == 2 * len(ids)
        ours = {one.message_id: one for one in records if one not in theirs.values()}
        return {key: (theirs[key], ours[key]) for key in ids}

    return wait


def headers(record):
    """By name, without those that say which connector it was."""
    named = dict(record.headers)
    assert len(named) == len(record.headers), "a header was sent twice"
    return {name: value for name, value in named.items() if not name.startswith("__debezium.context.")}


def assert_the_same(pairs):
    for theirs, ours in pairs.values():
        assert (ours.key, ours.partition, ours.value) == (theirs.key, theirs.partition, theirs.value)
        assert headers(ours) == headers(theirs) and "__debezium.context.taskId" not in dict(ours.headers)


@pytest.mark.parametrize("payload", ["jsonb", "json", "text", "bytea"])
def test_by_default(table, connector, insert, both, payload):
    table(payload)
    connector.start(**(BYTES if payload == "bytea" else {}))
    values = [*PAYLOADS, None, *(["", "no JSON"] if payload == "text" else [])]
    ids = insert([b"\x00\xff" + value.encode() if payload == "bytea" and value else value for value in values])
    pairs = both(ids)
    assert_the_same(pairs)
    assert len({ours.partition for _, ours in pairs.values()}) > 2
    assert all(set(headers(ours)) == {"id"} for _, ours in pairs.values())
    assert {name for theirs, _ in pairs.values() for name, _ in theirs.headers if name != "id"} == {
        f"__debezium.context.{word}" for word in ("connectorLogicalName", "taskId", "connectorName", "runId")}
    assert (pairs[ids[len(PAYLOADS)]][1].value is None), "SQL NULL is a tombstone"


def test_without_the_context(table, connector, insert, both):
    table()
    connector.start(extended__headers__enabled="false")
    pairs = both(insert(PAYLOADS))
    assert_the_same(pairs)
    assert all(theirs.headers == ours.headers for theirs, ours in pairs.values())


def test_additional_headers(table, connector, insert, both):
    table(more=", tenant text", after=["Additional headers"])
    connector.start(transforms__outbox__table__fields__additional__placement="type:header:eventType,tenant:header")
    pairs = both(insert(PAYLOADS[:2], tenant='Zoë "q"') + insert(["{}"], tenant=None))
    assert_the_same(pairs)
    assert [headers(ours)["tenant"] for _, ours in pairs.values()] == ['Zoë "q"'.encode()] * 2 + [None]
    assert {headers(ours)["eventType"] for _, ours in pairs.values()} == {b"order.placed"}


def test_additional_headers_of_other_types(db, table, connector, insert, both):
    """As the guide says of numbers, booleans, UUIDs, jsonb, and of what is to be computed."""
    table(more=", n int, num numeric(10,2), b boolean, u uuid, context jsonb, d date, t timestamp, at timestamptz")
    db.execute("""
        CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            NEW.headers := jsonb_build_object('n', NEW.n, 'num', NEW.num, 'b', NEW.b, 'u', NEW.u,
                'context', NEW.context::text, 'd', NEW.d - DATE '1970-01-01',
                't', (extract(epoch FROM NEW.t) * 1000000)::bigint,
                'at', to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'));
            RETURN NEW; END $$;
        CREATE TRIGGER fill BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION fill()""")
    names = ["n", "num", "b", "u", "context", "d", "t", "at"]
    connector.start(transforms__outbox__table__fields__additional__placement=",".join(f"{n}:header" for n in names))
    pairs = both(insert(["{}"], n=-1, num="12.50", b=True, u=str(uuid.uuid4()), context='{"a": [1]}', d="2024-03-01",
                        t="2024-03-01 00:59:59.123456", at="2024-03-01 00:59:59.123456+01"))
    assert_the_same(pairs)
    assert all(set(headers(ours)) == {"id", *names} for _, ours in pairs.values())


def test_json_converter_quotes(guide, table, connector, insert, both):
    guide.environment |= {"OUTRIDER_OUTBOX_COLUMNS_AGGREGATE_ID": "key_json",
                          "OUTRIDER_OUTBOX_COLUMNS_PAYLOAD": "payload_json"}
    table(before=["JsonConverter: quoted texts"])
    connector.start(**JSON)
    ids = insert([*PAYLOADS, None])
    pairs = both(ids)
    assert_the_same(pairs)
    theirs, _ = pairs[ids[0]]
    assert theirs.key == '"Zoë-0"'.encode() and theirs.value == b'"{\\"total\\": 12}"'


def test_json_converter_with_schemas(table, connector, insert, both):
    table()
    connector.start(**{"value.converter": JSON["value.converter"]})
    for theirs, ours in both(insert(PAYLOADS)).values():
        assert json.loads(theirs.value)["payload"].encode() == ours.value
        assert theirs.value.startswith(b'{"schema":{') and theirs.partition == ours.partition


def test_expanded_payloads(table, connector, insert, both):
    table()
    connector.start(transforms__outbox__table__expand__json__payload="true",
                    **{name: JSON[name] for name in JSON if name.startswith("value")})
    ids = insert(['{"total": 12, "to": ["a", "b"]}', '{"x": [{"a": 1}, {"b": "c"}]}', '{"x": [1, "a"]}'])
    plain, unlike, mixed = both(ids).values()
    assert plain[0].value == b'{"to":["a","b"],"total":12}' and plain[1].value == b'{"to": ["a", "b"], "total": 12}'
    assert unlike[0].value == b'{"x":[{"a":1,"b":null},{"a":null,"b":"c"}]}'
    assert mixed[0].value == b'"{\\"x\\": [1, \\"a\\"]}"' and mixed[1].value == b'{"x": [1, "a"]}'


def test_a_row_that_is_deleted_at_once_is_debeziums_only(db, table, connector, insert, outrider, guide, observer,
                                                          topic, connect_worker):
    table()
    connector.start()
    with db.transaction():
        ids = insert(["{}"])
        db.execute("DELETE FROM outbox")
    wait_until(lambda: observer.count(topic) == 1, 60, connect_worker.tail_of_log, every=0.1)
    outrider.command("drain", "-c", guide.path, file=False, env=guide.environment).expect(0)
    assert [one.message_id for one in observer.read(topic)] == ids


def test_an_empty_text_with_the_tombstone_option(table, connector, insert, both):
    table("text")
    connector.start(transforms__outbox__route__tombstone__on__empty__payload="true")
    (theirs, ours), = both(insert([""])).values()
    assert theirs.value is None and ours.value == b""


def test_the_guide_names_what_is_tested():
    """The versions of the pom."""
    pom = os.path.join(os.path.dirname(guides.__file__), "debezium", "pom.xml")
    with open(pom, encoding="utf-8") as text:
        versions = text.read()
    with open(os.path.join(guides.TOP, "docs", "migrate-from-debezium.md"), encoding="utf-8") as text:
        said = text.read()
    assert "Debezium 3.6.1 on Kafka Connect 4.3.1" in said
    assert "<debezium.version>3.6.1.Final<" in versions and "<kafka.version>4.3.1<" in versions
