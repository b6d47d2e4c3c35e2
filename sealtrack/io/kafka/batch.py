"""Records of kafka-python as columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from kafka.consumer.fetcher import ConsumerRecord
from kafka.structs import TopicPartition

from sealtrack.io.ports import RecordBatch


def batch_of(part: TopicPartition, records: Sequence[ConsumerRecord]) -> RecordBatch:
    """What one poll gave of one partition."""
    n = len(records)
    return RecordBatch(
        part.topic,
        part.partition,
        np.fromiter((record.offset for record in records), np.int64, n),
        np.fromiter((record.timestamp for record in records), np.int64, n),
        [record.key for record in records],
        [record.value for record in records],
    )
