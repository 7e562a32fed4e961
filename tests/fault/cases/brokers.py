# SPDX-License-Identifier: Apache-2.0
"""Kafka goes, comes back, or changes a topic under the relay's feet. The broker is a real one."""

import time

from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from fault.case import case
from support.process import wait_until

ROW = ("Kafka killed (-9) and restarted mid-stream; stopped for 60 s; topic deleted; "
       "min.insync.replicas above the replicas; message.max.bytes lowered")
# A window waits so long for a topic that does not answer; then the others flow.
DEADLINE = {"outbox": {"window_deadline": "4s"}}
FOUND_OUT = 5
BUSY = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND application_name = 'outrider' AND state LIKE 'idle in%'
"""


def configure(stage, topic, **configs):
    """Sets a topic's configuration ('.' written as '_')."""
    settings = {name.replace("_", "."): str(value) for name, value in configs.items()}
    stage.kafka.admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, settings)])


def others_flow(stage, bad, rows=1500, within=5):
    """A topic that is broken slows no other down, once the relay has found out which it is."""
    good = [topic for topic in stage.topics if topic != bad]
    stage.wait(FOUND_OUT)
    try:
        stage.flow(rows, timeout=within, topics=good)
    except AssertionError:
        stage.check(False, f"other topics flow while one is broken: {rows} rows within {within} s")


@case(ROW, "cluster", times=(1, 5), hidden=True)
def kafka_killed(stage):
    """The broker gets SIGKILL mid-stream and is started again on its data"""
    for _ in stage.times():
        stage.flow(60)
        stage.kafka.kill()
        stage.wait(0.2, 1.5)
        stage.resume_kafka()
    stage.flow(60)


@case(ROW, "cluster", times=(1, 1), config=DEADLINE)
def kafka_stopped(stage):
    """The broker is away for 10 s (long: 60 s); the table is not written to, nobody holds a transaction"""
    for _ in stage.times():
        stage.kafka.kill()
        stage.wait(7)  # the window in flight ends, and what it had is marked
        before, busy = stage.writes(), stage.value(BUSY)
        stage.wait(stage.lasting(3, 53))
        stage.check(stage.writes() == before, "no UPDATE while Kafka is away")
        stage.check(busy == 0 and stage.value(BUSY) == 0, "no transaction is open while Kafka is away")
        stage.resume_kafka()
    stage.heal()
    stage.flow(60)


@case(ROW, "topic", times=(1, 2), config=DEADLINE)
def topic_deleted(stage):
    """One of the topics is deleted for 10 s (long: 20 s) and made again; others flow meanwhile"""
    bad = stage.topics[0]
    for _ in stage.times():
        stage.flow(60)
        stage.load.pause()
        wait_until(lambda: stage.backlog() == 0, 20, "the table is empty before the deletion")
        stage.archive(bad)
        stage.kafka.admin.delete_topics([bad])
        began = time.monotonic()
        stage.load.resume()
        others_flow(stage, bad)
        stage.check("topic_blocked" in stage.log(), "the topic is named as blocked")
        stage.wait(max(0, stage.lasting(6, 20) - (time.monotonic() - began)))
        stage.probed(began)
        remake(stage, bad)
    stage.heal()
    stage.flow(60, topics=[bad])


def remake(stage, topic, **settings):
    """Deleting takes the broker a moment."""

    def made():
        try:
            return stage.kafka.create_topic(topic, 3, **{"brokers": (1,)} | settings)
        except KafkaError:
            return False

    wait_until(made, 20, f"{topic} can be made again", every=0.2)
    stage.forget_meter()


@case(ROW, "topic", times=(1, 1), config=DEADLINE)
def min_insync_replicas_above_the_replicas(stage):
    """min.insync.replicas is above the replicas that are left for 10 s (long: 30 s); others flow meanwhile

    Above the replicas that a topic has at all, Kafka 4 takes it as their number; so one is killed.
    """
    bad = stage.topics[0]
    second = stage.servers.own_broker()
    stage.load.pause()
    wait_until(lambda: stage.backlog() == 0, 20, "the table is empty before the topic is replaced")
    stage.archive(bad)
    stage.kafka.admin.delete_topics([bad])
    remake(stage, bad, brokers=(1, 2), min_insync_replicas=2)
    stage.load.resume()
    for _ in stage.times():
        stage.flow(60, topics=[bad])
        began = time.monotonic()
        second.kill()
        others_flow(stage, bad)
        stage.check(stage.stalls(1, bad), "the topic without its replica takes nothing")
        stage.wait(max(0, stage.lasting(6, 30) - (time.monotonic() - began)))
        stage.probed(began)
        configure(stage, bad, min_insync_replicas=1)
    stage.heal()
    stage.flow(60, topics=[bad])


@case(ROW, "message", times=(1, 3), ordered=False)
def max_message_bytes_lowered(stage):
    """A topic's max.message.bytes falls to 3000 and rows of 6000 bytes come among small ones

    Order is not judged: later batches of a key may have been accepted before an earlier one is
    refused, which cannot be taken back, and is documented and counted (order_breaks_total).
    """
    bad = stage.topics[0]
    configure(stage, bad, max_message_bytes=3000)
    for turn in stage.times():
        stage.flow(60)
        for number in range(4):
            stage.culprit(bad, aggregate=f"large-{turn}-{number}", pad=6000)
        stage.flow(200)
    stage.heal()
    stage.all_dead()
