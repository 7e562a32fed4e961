# SPDX-License-Identifier: Apache-2.0
"""Reads topics back from the beginning, in another language with another client than the relay's,
and judges what is there against what the writers noted and what the table says."""

import collections
import dataclasses
import time

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient

from support.process import Deadline


@dataclasses.dataclass(frozen=True)
class Record:
    """A message as a consumer sees it. `headers` keep their order; values are bytes or None."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple
    timestamp_ms: int

    def header(self, name):
        """The last header of that name as text, or None."""
        found = [value for key, value in self.headers if key == name]
        return found[-1].decode() if found and found[-1] is not None else None

    @property
    def message_id(self):
        """The outbox row's id, under whichever name the header profile gives it."""
        return self.header("message-id") or self.header("id") or self.header("ce_id")


class Observer:
    """A reader of one broker."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap

    def _consumer(self):
        # check_crcs in pure Python takes 0.6 s a megabyte; the broker has checked each batch's sum.
        return KafkaConsumer(
            bootstrap_servers=self.bootstrap, enable_auto_commit=False, group_id=None,
            auto_offset_reset="earliest", allow_auto_create_topics=False, check_crcs=False,
            fetch_max_wait_ms=50, max_partition_fetch_bytes=8 << 20, max_poll_records=5000,
        )

    def topics(self):
        """The topics there are; none is made by asking."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            return set(admin.list_topics())
        finally:
            admin.close()

    def _partitions(self, topics):
        """The partitions of those topics that exist, in order."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            wanted = sorted(set(topics) & set(admin.list_topics()))
            return sorted(
                TopicPartition(topic["name"], partition["partition_index"])
                for topic in (admin.describe_topics(wanted) if wanted else ())
                for partition in topic["partitions"]
            )
        finally:
            admin.close()

    def read(self, *topics, timeout=60):
        """Every record of the topics from offset 0 to where each partition ends now.

        In partition and offset order. A topic that does not exist holds nothing.
        """
        wanted = self._partitions(topics)
        if not wanted:
            return []
        records = []
        consumer = self._consumer()
        try:
            ends = consumer.end_offsets(wanted)
            left = {tp for tp in wanted if ends[tp] > 0}
            consumer.assign(wanted)
            consumer.seek_to_beginning(*wanted)
            end = time.monotonic() + timeout
            while left:
                for batch in consumer.poll(timeout_ms=500).values():
                    records.extend(_record(message) for message in batch)
                left = {tp for tp in left if consumer.position(tp) < ends[tp]}
                if left and time.monotonic() > end:
                    raise Deadline(f"topics could not be read within {timeout} s: {sorted(left)}")
        finally:
            consumer.close()
        return sorted(records, key=lambda r: (r.topic, r.partition, r.offset))

    def count(self, *topics):
        """How many records the topics hold."""
        wanted = self._partitions(topics)
        if not wanted:
            return 0
        consumer = self._consumer()
        try:
            return sum(consumer.end_offsets(wanted).values())
        finally:
            consumer.close()


def _record(message):
    return Record(message.topic, message.partition, message.offset, message.key, message.value,
                  tuple(message.headers or ()), message.timestamp)


@dataclasses.dataclass(frozen=True)
class Entry:
    """One outbox row as its writer knows it. `place` counts within its aggregate, from 1."""

    message_id: str
    topic: str
    key: str
    place: int
    payload: str | None = None


class Ledger:
    """What the writers did. `committed` rows must arrive, `rolled_back` ones must not; of those
    `in_doubt` the COMMIT was not answered."""

    def __init__(self):
        self.committed = []
        self.rolled_back = []
        self.in_doubt = []

    def merge(self, other):
        self.committed += other.committed
        self.rolled_back += other.rolled_back
        self.in_doubt += other.in_doubt

    def survivors(self, ids):
        """The ledger as a server knows it that has the rows `ids`."""
        whole = Ledger()
        whole.committed = [entry for entry in self.committed + self.in_doubt if entry.message_id in ids]
        return whole

    @property
    def topics(self):
        return sorted({entry.topic for entry in self.committed + self.rolled_back})


def _around(late, ahead, records, entries):
    """The records of a key from shortly before the one that came too early to shortly after the late one."""
    of_key = [r for r in records if (r.topic, r.key) == (late.topic, late.key) and r.message_id in entries]
    first, last = of_key.index(ahead), of_key.index(late)
    return f"{late.key.decode()} in partition {late.partition}: " + ", ".join(
        f"{entries[r.message_id].place} at offset {r.offset} ({r.timestamp_ms % 1_000_000} ms)"
        for r in of_key[max(0, first - 3):last + 4])


@dataclasses.dataclass
class Verdict:
    """What the judge found. Each list holds message ids, or (earlier, later) pairs for order."""

    sent: int
    arrived: int
    lost: list
    duplicates: list
    order_violations: list
    marked_but_absent: list
    unmarked_but_arrived: list
    phantoms: list
    misplaced: list
    overtaken: list  # for a reader: what lies in Kafka around each order violation

    def __str__(self):
        return (
            f"sent {self.sent}, arrived {self.arrived}, lost {len(self.lost)}, "
            f"duplicates {len(self.duplicates)}, order violations {len(self.order_violations)}, "
            f"marked but absent {len(self.marked_but_absent)}, "
            f"arrived but unmarked {len(self.unmarked_but_arrived)}, "
            f"phantoms {len(self.phantoms)}, misplaced {len(self.misplaced)}"
        )

    def assert_perfect(self, order=True):
        """Every row once, in its place, marked, and (with `order`) first deliveries in row order."""
        self.assert_nothing_lost()
        assert not self.duplicates, f"{self}: {self.duplicates[:5]}"
        assert not self.unmarked_but_arrived, f"{self}: {self.unmarked_but_arrived[:5]}"
        if order:
            assert not self.order_violations, f"{self}: {self.order_violations[:5]}"

    def assert_nothing_lost(self):
        """What must hold after any fault at all."""
        assert not self.lost, f"{self}: {self.lost[:5]}"
        assert not self.marked_but_absent, f"{self}: {self.marked_but_absent[:5]}"
        assert not self.phantoms, f"{self}: {self.phantoms[:5]}"
        assert not self.misplaced, f"{self}: {self.misplaced[:5]}"


def judge(records, ledger, marked):
    """Compares the topics with the ledger and with the ids of the rows that count as published.

    lost: committed, and in no topic. phantom: in a topic, and never committed. misplaced: in
    another topic or under another key than the writer gave it, or one key in two partitions.
    Order is judged on first deliveries per (topic, key), by the writers' own count within the
    aggregate: a later copy behind is a duplicate and no violation.
    """
    entries = {entry.message_id: entry for entry in ledger.committed}
    first, duplicates, phantoms, misplaced = {}, [], [], []
    partitions = collections.defaultdict(set)
    for record in records:
        entry = entries.get(record.message_id)
        if entry is None:
            phantoms.append(record.message_id)
            continue
        if record.message_id in first:
            duplicates.append(record.message_id)
            continue
        first[record.message_id] = record
        partitions[record.topic, record.key].add(record.partition)
        key = None if record.key is None else record.key.decode()
        if record.topic != entry.topic or key != entry.key:
            misplaced.append(record.message_id)
    misplaced += [f"{topic}: {key!r} in {sorted(numbers)}"
                  for (topic, key), numbers in partitions.items() if len(numbers) > 1]

    violations, overtaken, reached = [], [], {}
    for record in sorted(first.values(), key=lambda r: (r.topic, r.partition, r.offset)):
        entry = entries[record.message_id]
        ahead = reached.get((record.topic, record.key))
        if ahead is not None and ahead.place > entry.place:
            violations.append((ahead.message_id, entry.message_id))
            overtaken.append(_around(record, first[ahead.message_id], records, entries))
        else:
            reached[record.topic, record.key] = entry

    marked = set(marked) & set(entries)
    return Verdict(
        sent=len(entries), arrived=len(first),
        lost=[i for i in entries if i not in first],
        duplicates=duplicates, order_violations=violations,
        marked_but_absent=[i for i in marked if i not in first],
        unmarked_but_arrived=[i for i in first if i not in marked],
        phantoms=phantoms, misplaced=misplaced, overtaken=overtaken,
    )
