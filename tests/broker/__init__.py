"""A real Apache Kafka broker for the tests, fetched from Maven Central and run on this machine's Java."""

from tests.broker.broker import QUICK_BACK, Broker, free_ports
from tests.broker.fetch import BrokerUnavailableError, fetch

__all__ = ["QUICK_BACK", "Broker", "BrokerUnavailableError", "fetch", "free_ports"]
