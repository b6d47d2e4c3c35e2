"""The live service: poll, decode, judge, publish; exactly once. It knows sources and publishers, not Kafka.

A *lane* is one partition of the positions with an engine of its own. One transaction carries what follows from a poll
(versions of alerts, flags, dead letters), the lanes' state and the positions read: a reader sees all of it or nothing.
"""

from sealtrack.service.files import Files
from sealtrack.service.judge import Judge
from sealtrack.service.maps import Maps
from sealtrack.service.monitor import Monitor
from sealtrack.service.worker import Ports, Worker

__all__ = ["Files", "Judge", "Maps", "Monitor", "Ports", "Worker"]
