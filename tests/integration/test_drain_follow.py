# SPDX-License-Identifier: Apache-2.0
"""drain --follow takes later rows too, and ends when the table has none left."""

import pytest


@pytest.mark.parametrize("version", [1, 2])
def test_later_rows_are_taken_too(outrider, outbox, observer, topic):
    outbox.fill(topic, 200)
    outbox.run("""
        CREATE FUNCTION one_more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, {payload},
                                 {created_at})
            SELECT gen_random_uuid(), 'order', 'later', (SELECT {event_type} FROM {table} LIMIT 1), '{{}}',
                   clock_timestamp()
             WHERE (SELECT count(*) FROM {table}) < 220;
            RETURN NULL; END $$;
        CREATE TRIGGER one_more AFTER UPDATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION one_more()""")
    outrider.drain("--follow", "-o", "outbox.batch_size=50", "--max-seconds", "60").expect(0)
    assert outbox.unpublished() == 0 and outbox.count() == 220
    assert observer.count(topic) == 220


def test_an_empty_table_ends_it(outrider, outbox):
    assert outrider.drain("--follow").expect(0).seconds < 5
