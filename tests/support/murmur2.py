# SPDX-License-Identifier: Apache-2.0
"""The Java client's partition of a key, from org.apache.kafka.common.utils.Utils.murmur2 and
BuiltInPartitioner.partitionForKey: toPositive(murmur2(key)) % partitions. Written from the
algorithm, so that it shares nothing with librdkafka's."""

_M = 0x5BD1E995
_SEED = 0x9747B28C
_MASK = 0xFFFFFFFF


def murmur2(data):
    """The 32-bit hash as Java's signed int."""
    h = (_SEED ^ len(data)) & _MASK
    whole = len(data) - len(data) % 4
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at : at + 4], "little") * _M & _MASK
        k ^= k >> 24
        k = k * _M & _MASK
        h = (h * _M & _MASK) ^ k
    if whole < len(data):
        h ^= int.from_bytes(data[whole:], "little")
        h = h * _M & _MASK
    h ^= h >> 13
    h = h * _M & _MASK
    h ^= h >> 15
    return h - (1 << 32) if h & 0x80000000 else h


def partition(key, partitions):
    """Where a Java producer would put this key."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
