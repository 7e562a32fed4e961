# SPDX-License-Identifier: Apache-2.0
"""Odd table and column names, another column order, and the table as Sequelize makes it."""

import pytest

from support.observer import judge
from support.outbox import Outbox

ODD_TABLE = '"Odd Schema"."Out""box"'
ODD_COLUMNS = {
    "id": "Message ID", "aggregate_type": 'quote"d', "aggregate_id": "aggregate id", "event_type": "select",
    "payload": "größe", "published": "{published}", "published_at": "$1", "retry_count": "order",
    "created_at": "per%cent",
}
CAMEL_COLUMNS = {
    "aggregate_type": "aggregateType", "aggregate_id": "aggregateId", "event_type": "eventType",
    "published_at": "publishedAt", "retry_count": "retryCount", "created_at": "createdAt",
}


@pytest.fixture
def odd(db, make_outbox):
    """Every name odd, the columns in another order, one column that outrider does not know."""
    table = Outbox(db, ODD_TABLE, ODD_COLUMNS)
    db.execute('CREATE SCHEMA "Odd Schema"')
    table.run("""CREATE TABLE {table} (
        {created_at} timestamptz NOT NULL DEFAULT now(), {payload} jsonb NOT NULL, note text DEFAULT 'mine',
        {retry_count} integer NOT NULL DEFAULT 0, {published} boolean NOT NULL DEFAULT false,
        {aggregate_id} varchar NOT NULL, {published_at} timestamptz, {event_type} varchar NOT NULL,
        {id} uuid PRIMARY KEY, {aggregate_type} varchar NOT NULL)""".replace("{table}", ODD_TABLE))
    return make_outbox(ODD_TABLE, ODD_COLUMNS, create=False)


@pytest.mark.parametrize("on_published", ["mark", "delete"])
@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("version", [1, 2])
def test_odd_names(outrider, odd, observer, topic):
    odd.fill(topic, 300)
    ledger = odd.ledger()
    ids = {entry.message_id for entry in ledger.committed}
    outrider.drain().expect(0)
    judge(observer.read(topic), ledger, odd.marked_ids(ids)).assert_perfect(order=False)


@pytest.mark.parametrize("version", [1, 2])
def test_odd_names_on_the_way_of_a_failed_row(outrider, odd, kafka, topic):
    refused = odd.insert(kafka.topic_name("refused"), aggregate="bad")
    good = odd.insert(topic, aggregate="good")
    config = {"message": {"topics_allow": ["orders.*"]},
              "outbox": {"retry_backoff": "50ms", "max_retries": 2}}
    outrider.drain("--max-seconds", "30", config=config).expect(0)
    assert odd.row(refused) == (False, 2) and odd.row(good)[0]


@pytest.fixture
def sequelize(db, make_outbox):
    """As sequelize.define('OutboxMessage', …) makes it: camelCase, `published` and count nullable."""
    db.execute("""CREATE TABLE "OutboxMessages" (
        "id" UUID, "aggregateType" VARCHAR(255) NOT NULL, "aggregateId" VARCHAR(255) NOT NULL,
        "eventType" VARCHAR(255) NOT NULL, "payload" JSONB NOT NULL, "published" BOOLEAN DEFAULT false,
        "publishedAt" TIMESTAMP WITH TIME ZONE, "retryCount" INTEGER DEFAULT 0,
        "createdAt" TIMESTAMP WITH TIME ZONE NOT NULL, PRIMARY KEY ("id"))""")
    return make_outbox("OutboxMessages", CAMEL_COLUMNS, create=False)


@pytest.mark.parametrize("on_published", ["mark", "delete"])
@pytest.mark.parametrize("version", [1, 2])
def test_sequelize_with_nulls(outrider, make_outbox, sequelize, observer, topic):
    sequelize.fill(topic, 100)
    sequelize.run("UPDATE {table} SET {published} = NULL, {retry_count} = NULL "
                  "WHERE ({payload}->>'n')::int %% 2 = 0")
    ledger = sequelize.ledger()
    ids = {entry.message_id for entry in ledger.committed}
    outrider.drain().expect(0)
    judge(observer.read(topic), ledger, sequelize.marked_ids(ids)).assert_perfect(order=False)


def test_a_null_retry_count_counts_as_0(outrider, sequelize, kafka):
    refused = sequelize.insert(kafka.topic_name("refused"))
    sequelize.run("UPDATE {table} SET {retry_count} = NULL")
    config = {"message": {"topics_allow": ["orders.*"]},
              "outbox": {"retry_backoff": "50ms", "max_retries": 2}}
    outrider.drain("--max-seconds", "30", config=config).expect(0)
    assert sequelize.row(refused) == (False, 2)


@pytest.mark.parametrize("version", [1, 2])
def test_a_table_in_a_schema_that_is_not_in_the_path(outrider, db, make_outbox, observer, topic):
    db.execute("CREATE SCHEMA shop")
    Outbox(db, "shop.outbox").create()
    outbox = make_outbox("shop.outbox", create=False)
    outbox.table = "shop.outbox"
    outbox.fill(topic, 20)
    outrider.drain().expect(0)
    assert observer.count(topic) == 20 and outbox.unpublished() == 0
