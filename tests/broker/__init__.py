"""A real Apache Kafka broker for the tests, fetched from Maven Central and run on this machine's Java."""

from tests.broker.broker import Broker, free_ports
from tests.broker.fetch import BrokerUnavailableError, fetch

__all__ = ["Broker", "BrokerUnavailableError", "fetch", "free_ports"]
