# SPDX-License-Identifier: Apache-2.0
"""What a message id of the load says: who wrote it, in which transaction, and its place.

32 bits each: a tag, the transaction's number, the aggregate's, and the version of the aggregate.
So the observer needs no table of ids to tell where a message belongs, and the ledger needs one line
a transaction instead of one a message. A number is used once, so what a transaction that was rolled
back would have written is never mistaken for what the next one wrote.
"""

TAG = 0x0FA01700

# Over the number of a transaction (t), of an aggregate (a) and a version (v), all in SQL.
SQL = ("(lpad(to_hex({tag}), 8, '0') || lpad(to_hex({t}), 8, '0') || lpad(to_hex({a}), 8, '0')"
       " || lpad(to_hex({v}), 8, '0'))::uuid")


def parse(text):
    """(tag, transaction, aggregate, version) of an id as text."""
    digits = text.replace("-", "")
    return tuple(int(digits[at:at + 8], 16) for at in (0, 8, 16, 24))


def sql(transaction, aggregate, version):
    """The id as an SQL expression over three others."""
    return SQL.format(tag=TAG, t=transaction, a=aggregate, v=version)


def aggregate_name(number):
    return f"a-{number}"


def topic_of(topics, version):
    """The rows of an aggregate go round the topics."""
    return topics[version % len(topics)]
