# SPDX-License-Identifier: Apache-2.0
"""Two rows with one id cannot be marked apart: the relay sends neither, and says that, and what to do."""

import re

import pytest


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("on_published", ["mark", "delete"])
def test_two_rows_with_one_id(outrider, outbox, observer, topic, on_published, version):
    outbox.run("ALTER TABLE {table} DROP CONSTRAINT outbox_messages_pkey, ALTER {id} DROP NOT NULL")
    outbox.run("CREATE INDEX ON {table} ({id})")
    first = outbox.insert(topic, '{"n": 1}', age=2)
    outbox.insert(topic, '{"n": 2}', message_id=first, age=1)
    daemon = outrider.run("-o", "outbox.batch_size=1")
    daemon.wait_for_log("SHARED_ID")
    said = re.search(r'"code":"SHARED_ID","error":"([^"]*)', daemon.text())[1]
    assert said.endswith("2 rows changed instead of 1: rows of the table share an id; give each its own and make the id "
                         "unique, `outrider check` names the statement (id-not-unique)"), said
    assert "trigger" not in said and outbox.published() == 0 and outbox.count() == 2
    assert not observer.read(topic)
    outbox.run("UPDATE {table} SET {id} = gen_random_uuid() WHERE {payload}->>'n' = '2'")
    daemon.wait_until(lambda: outbox.unpublished() == 0, 30, "both rows")
    assert [record.value for record in observer.read(topic)] == [b'{"n": 1}', b'{"n": 2}']
