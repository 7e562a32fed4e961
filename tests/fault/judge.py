# SPDX-License-Identifier: Apache-2.0
"""The independent observer: a program of its own that judges one case.

    python -m fault.judge SPEC.json
    python -m fault.judge --archive FILE BOOTSTRAP TOPIC    before a topic is deleted

It knows the ledgers, the table and the topics, and nothing of what was done: it reads each topic
from its beginning with its own client and prints its findings as JSON.
"""

import collections
import json
import pickle
import sys

import psycopg
from kafka import KafkaConsumer, TopicPartition

from fault import ids

EXAMPLES = 10
VALUE_BYTES = 60  # enough of a payload to see whose it is

Record = collections.namedtuple("Record", "topic partition offset key value message_id attempt")


def read_ledgers(paths):
    """(transaction -> (aggregate, first, last), the same of what was rolled back)."""
    kept, undone = {}, {}
    for path in paths:
        with open(path, encoding="ascii") as ledger:
            for line in ledger:
                word, transaction, *place = line.split()
                (kept if word == "C" else undone)[int(transaction)] = tuple(map(int, place))
    return kept, undone


def read_topics(bootstrap, topics, api_version=None, patience=60):
    """Every record now in the topics, partition by partition in offset order."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, group_id=None, check_crcs=False,
        auto_offset_reset="earliest", allow_auto_create_topics=False, fetch_max_wait_ms=50,
        max_partition_fetch_bytes=8 << 20, max_poll_records=20000,
        api_version=tuple(api_version) if api_version else None)
    try:
        known = [TopicPartition(topic, number) for topic in topics
                 for number in consumer.partitions_for_topic(topic) or ()]
        ends = consumer.end_offsets(known) if known else {}
        consumer.assign(known)
        if known:
            consumer.seek_to_beginning(*known)
        left = {tp for tp in known if ends[tp] > 0}
        idle = 0
        while left:
            polled = consumer.poll(timeout_ms=500)
            for records in polled.values():
                for record in records:
                    yield _brief(record)
            left = {tp for tp in left if consumer.position(tp) < ends[tp]}
            idle = 0 if polled else idle + 1
            if idle > 2 * patience:
                raise RuntimeError(f"cannot be read to the end: {sorted(left)}")
    finally:
        consumer.close()


def _brief(record):
    headers = dict(record.headers)
    text = headers.get("message-id")
    return Record(record.topic, record.partition, record.offset, record.key,
                  (record.value or b"")[:VALUE_BYTES], text.decode() if text else None,
                  headers.get("relay-attempt"))


def archive(path, bootstrap, topic):
    """Writes a topic's records to a file."""
    with open(path, "wb") as out:
        pickle.dump([tuple(record) for record in read_topics(bootstrap, [topic])], out)


def read_archive(path):
    with open(path, "rb") as records:
        return [Record(*record) for record in pickle.load(records)]


class Judge:
    def __init__(self, spec):
        self.topics = spec["topics"]
        self.kept, self.undone = read_ledgers(spec["ledgers"])
        self.seen = {number: bytearray(place[2] - place[1] + 1)
                     for number, place in self.kept.items()}
        self.reached, self.homes = {}, {}
        self.duplicates = self.others = self.retries = 0
        self.found = {name: [] for name in ("phantoms", "misplaced", "order_violations")}

    def take(self, record):
        """One record of the topics."""
        text = record.message_id
        tag, transaction, aggregate, version = ids.parse(text) if text else (0, 0, 0, 0)
        if tag != ids.TAG:
            self.others += 1  # the case's own rows, which it judges itself
            return
        self.retries += record.attempt is not None  # none of the load's rows is at fault
        place = self.kept.get(transaction)
        if place is None or place[0] != aggregate or not place[1] <= version <= place[2]:
            self.found["phantoms"].append(text)
            return
        seen = self.seen[transaction]
        if seen[version - place[1]]:
            self.duplicates += 1
            return
        seen[version - place[1]] = 1
        self._check_place(record, aggregate, version)

    def _check_place(self, record, aggregate, version):
        key = (record.topic, aggregate)
        if (record.topic != ids.topic_of(self.topics, version)
                or record.key != b"a-%d" % aggregate
                or self.homes.setdefault(key, record.partition) != record.partition
                or not record.value.startswith(b'{"a": %d, "v": %d,' % (aggregate, version))):
            self.found["misplaced"].append(f"{record.topic}/{record.partition}@{record.offset}")
        if version < self.reached.get(key, 0):
            self.found["order_violations"].append(
                f"{record.topic} a-{aggregate}: {version} behind {self.reached[key]}")
        else:
            self.reached[key] = version

    def lost(self):
        """(transaction, aggregate, version) of every committed row that is in no topic."""
        return [(number, self.kept[number][0], self.kept[number][1] + at)
                for number, seen in self.seen.items() for at, one in enumerate(seen) if not one]

    def sent(self):
        return sum(len(seen) for seen in self.seen.values())


# What the table says of the load's rows, the culprits that the case wrote left out.
ROWS = """
SELECT count(*), count(*) FILTER (WHERE retry_count > 0),
       count(*) FILTER (WHERE published IS NOT TRUE)
  FROM outbox_messages WHERE id >= %s AND id <= %s
"""
RANGE = (f"{ids.TAG:08x}-0000-0000-0000-000000000000", f"{ids.TAG:08x}-ffff-ffff-ffff-ffffffffffff")


def judge(spec):
    case = Judge(spec)
    for path in spec["archives"]:
        for record in read_archive(path):
            case.take(record)
    for record in read_topics(spec["bootstrap"], spec["topics"], spec["api_version"]):
        case.take(record)
    lost = case.lost()
    with psycopg.connect(spec["dsn"], autocommit=True) as connection:
        rows, retried, unmarked = connection.execute(ROWS, RANGE).fetchone()
        absent = [one for one in lost if _marked(connection, one, spec["deletes"])]
    return {
        "sent": case.sent(), "arrived": case.sent() - len(lost), "lost": len(lost),
        "duplicates": case.duplicates, "order_violations": len(case.found["order_violations"]),
        "phantoms": len(case.found["phantoms"]), "misplaced": len(case.found["misplaced"]),
        "marked_but_absent": len(absent), "innocent_retries": retried + case.retries, "unmarked": unmarked,
        "rows_unknown_to_ledger": 0 if spec["deletes"] else rows - case.sent(),
        "others": case.others,
        "examples": {name: found[:EXAMPLES] for name, found in case.found.items() if found}
        | ({"lost": [ids.aggregate_name(a) + f" version {v}" for _, a, v in lost[:EXAMPLES]]}
           if lost else {}),
    }


def _marked(connection, row, deletes):
    number, aggregate, version = row
    found = connection.execute(
        f"SELECT published FROM outbox_messages WHERE id = {ids.sql('%s::bigint', '%s::bigint', '%s::bigint')}",
        (number, aggregate, version)).fetchone()
    return deletes if found is None else found[0] is True


if __name__ == "__main__":
    if sys.argv[1] == "--archive":
        archive(*sys.argv[2:])
    else:
        with open(sys.argv[1], encoding="utf-8") as spec_file:
            print(json.dumps(judge(json.load(spec_file))))
