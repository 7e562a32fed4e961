# SPDX-License-Identifier: Apache-2.0
"""Kafka answers errors: every code of outrider's table, one by one, by the mock's injected errors.

librdkafka's own codes (their names begin with an underscore) are no broker's answers; the network's
cases raise those that a network can.

The mock takes a request behind one that it has refused, which a broker does only of a producer that the
partition does not know yet; librdkafka counts the refused one as delivered then (outrider does not:
NO_OFFSET). So one request is under way at a time here. Order is not judged: what a broker refuses for good is tried
again behind what it has taken since, which is documented and counted (order_breaks_total).
"""

from fault.case import case
from support.process import wait_until
from support.mock_kafka import PRODUCE, PRODUCER_ID

ROW = "Kafka answers errors: every code in the table, one by one"
PATIENCE = {"outbox": {"window_deadline": "5s", "topic_retry": "500ms"},
            "kafka": {"max.in.flight.requests.per.connection": 1}}
RETRIED = "SELECT count(*) FROM outbox_messages WHERE retry_count > 0"
# What a broker says only when it is true, and the mock when it is not: why it cannot be injected.
UNTRUE = {
    "DUPLICATE_SEQUENCE_NUMBER": "it says that the batch is there already, which a mock that dropped it "
                                 "would make a lie",
    "TOPIC_EXCEPTION": "it is said of the name that all rows of the request share, and all are dead, "
                       "as the case rows-that-can-never-go has it",
}
AT_START = ("COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR",
            "CLUSTER_AUTHORIZATION_FAILED")


def answer(stage, code, count=1, request=PRODUCE):
    """One code: how long the flow takes to come back, and whether anybody was blamed."""
    stage.faults += 1
    stage.load.pause()
    wait_until(lambda: stage.backlog() == 0, 20, "nobody still tries what the code before has refused")
    stage.load.resume()
    blamed = stage.value(RETRIED)
    stage.mock.fail(code.number, count, request)
    try:
        stage.flow(60, timeout=20)
    except AssertionError:
        stage.check(False, f"{code.name}: messages flow again within 20 s")
    stage.mock.forgive(request)
    now = stage.value(RETRIED)
    stage.check(now == blamed, f"{code.name}: {now - blamed} rows blamed that are not at fault")


def every_code(fault, count):
    """Registers the case of all codes of a class: `count` produce requests in a row get each."""

    def run(stage):
        own = [code.name for code in stage.mock.codes() if code.fault == fault and code.name[0] == "_"]
        if own:
            stage.notes.append("not possible here, for librdkafka says them and no broker does: "
                               + ", ".join(own))
        for code in stage.mock.codes():
            if code.fault != fault or code.name[0] == "_":
                continue
            if code.name in UNTRUE:
                stage.notes.append(f"{code.name} is not possible here: {UNTRUE[code.name]}")
            else:
                for _ in range(stage.case.times[stage.long]):
                    answer(stage, code, count)
        stage.heal()
        stage.flow(60)

    run.__name__ = f"kafka_answers_each_{fault}_code"
    run.__doc__ = f"{count} produce request{'s' * (count > 1)} answered with each code of the class {fault}"
    case(ROW, fault, times=(1, 3), mock=True, config=PATIENCE,
         ordered=False)(run)


every_code("topic", 2)
every_code("cluster", 2)
# One request only: sent again one by one, nothing fails, so nobody is to blame.
every_code("message", 1)


@case(ROW, "cluster", times=(1, 3), mock=True, config=PATIENCE)
def kafka_refuses_a_producer_id(stage):
    """A relay is restarted, and its request for a producer id is answered with errors"""
    codes = {code.name: code for code in stage.mock.codes()}
    for _ in range(stage.case.times[stage.long]):
        for name in AT_START:
            stage.kill_relay()
            stage.faults += 1
            stage.mock.fail(codes[name].number, 2, PRODUCER_ID)
            stage.revive()
            stage.flow(60, timeout=30)
            stage.mock.forgive(PRODUCER_ID)
