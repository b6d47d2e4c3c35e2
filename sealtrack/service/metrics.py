"""What a worker counts and measures, for Prometheus: the one list of names. `docs/operations.md` tells what to
make of them.

No label has more values than there are partitions, kinds, severities or reasons: nothing that a producer sends becomes
one.
"""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

_QUICK_S = (0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0)
_SLOW_S = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0)


class Metrics:
    """All of them, in a registry of their own: of one worker. Each attribute's sentence is also its help text."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # memory, processor time, open files
        own: Any = {"namespace": "sealtrack", "registry": self.registry}

        # What comes in. After a recovery, what is judged again is counted again.
        self.records = Counter("records", "Records read from the positions topic.", **own)
        self.reports = Counter("reports", "Reports decoded from them.", **own)
        self.late_reports = Counter("late_reports", "Reports received later than the lateness horizon permits.", **own)
        self.newest_report_age = Gauge(
            "newest_report_age_seconds", "Age of the newest report judged, by when it was received.", **own
        )
        self.lag = Gauge("lag_records", "Records that are not dealt with yet.", ["partition"], **own)

        # What goes out. Counted once it is committed: these agree with what a read_committed reader sees.
        self.alerts = Counter("alerts", "Versions of alerts published.", ["kind", "severity"], **own)
        self.rejected = Counter("rejected", "Records set aside in the dead-letter topic.", ["reason"], **own)
        self.transactions = Counter("transactions", "Transactions that hold.", **own)
        self.undone = Counter("transactions_undone", "Transactions that did not hold; the lanes recover.", **own)

        # How long a turn of the loop takes.
        self.poll_s = Histogram("poll_seconds", "Waiting for records, and reading them.", buckets=_QUICK_S, **own)
        self.judge_s = Histogram("judge_seconds", "Decoding and judging what a poll gave.", buckets=_QUICK_S, **own)
        self.commit_s = Histogram("commit_seconds", "One transaction, from begin to end.", buckets=_QUICK_S, **own)
        self.turn_age = Gauge("turn_age_seconds", "Since the last turn of the loop.", **own)

        # The group.
        self.lanes = Gauge("lanes", "Partitions that this worker judges.", **own)
        self.recovering = Gauge("lanes_recovering", "Partitions of this worker that it does not judge yet.", **own)
        self.recovery_s = Histogram(
            "recovery_seconds", "From being given a partition to judging it.", buckets=_SLOW_S, **own
        )
        self.rebalances = Counter("rebalances", "Times that partitions came or went.", **own)
        self.broker_up = Gauge("broker_up", "1 while the broker answers, else 0.", **own)

        # What is kept.
        self.shipments = Gauge("shipments_known", "Shipments declared, finished ones too.", **own)
        self.open_shipments = Gauge("shipments_open", "Shipments under way in this worker's partitions.", **own)
        self.silent_seals = Gauge("seals_silent", "Seals under way that are not heard: loss of signal is open.", **own)
        self.held_reports = Gauge("reports_held", "Reports that wait for their shipment to be declared.", **own)
        self.checkpoint_bytes = Gauge(
            "checkpoint_bytes", "Size of the last checkpoint, as it is stored.", ["partition"], **own
        )

    def forget(self, partition: int) -> None:
        """A partition went to another worker, which now tells of it."""
        for gauge in (self.lag, self.checkpoint_bytes):
            gauge.remove(partition)
