# SPDX-License-Identifier: Apache-2.0
"""Kafka takes the messages and PostgreSQL does not take the marks."""

import time

from fault.case import case

ROW = "marking fails after publishing: right revoked, trigger raises, WAL disk full"
RAISE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'not now'; END $$
"""
# On the spot, or only when COMMIT asks: then the window has looked well to its end.
TRIGGERS = {
    "at_once": "CREATE TRIGGER refuse BEFORE UPDATE ON outbox_messages"
               " FOR EACH ROW EXECUTE FUNCTION refuse()",
    "at_commit": "CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON outbox_messages"
                 " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()",
    "by_passing_rows_over": "CREATE TRIGGER refuse BEFORE UPDATE ON outbox_messages"
                            " FOR EACH ROW EXECUTE FUNCTION pass_over()",
}
PASS_OVER = "CREATE FUNCTION pass_over() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"


def outage(stage, begin, end):
    """Marks fail from `begin` to `end`; meanwhile the same messages must not be sent for ever."""
    for _ in stage.times():
        stage.flow(60)
        began = time.monotonic()
        stage.admin.execute(begin)
        stage.wait(stage.lasting(4, 20))
        stage.probed(began)
        stage.admin.execute(end)
    stage.heal()
    stage.flow(60)
    stage.noticed()


@case(ROW, "cluster", times=(1, 3))
def right_to_mark_revoked(stage):
    """REVOKE UPDATE for 4 s (long: 20 s), then GRANT"""
    outage(stage, "REVOKE UPDATE ON outbox_messages FROM relay",
           "GRANT UPDATE ON outbox_messages TO relay")


@case(ROW, "cluster", times=(1, 3), deletes=True)
def right_to_delete_revoked(stage):
    """on_published: delete, and REVOKE DELETE for 4 s (long: 20 s), then GRANT"""
    outage(stage, "REVOKE DELETE ON outbox_messages FROM relay",
           "GRANT DELETE ON outbox_messages TO relay")


def refused(how):
    """Registers the case of a trigger that refuses marks in this way."""

    def run(stage):
        stage.admin.execute(RAISE)
        stage.admin.execute(PASS_OVER)
        outage(stage, TRIGGERS[how], "DROP TRIGGER refuse ON outbox_messages")

    run.__name__ = f"marks_refused_{how}"
    run.__doc__ = f"A trigger refuses every mark {how.replace('_', ' ')} for 4 s (long: 20 s)"
    case(ROW, "cluster", times=(1, 3))(run)


for word in TRIGGERS:
    refused(word)
