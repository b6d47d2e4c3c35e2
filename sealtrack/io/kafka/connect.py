"""Reaching the broker: security, patience at start, errors of one line."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from kafka.errors import AuthorizationError, KafkaConfigurationError, KafkaError, KafkaTimeoutError
from kafka.net.compat import KafkaNetClient

from sealtrack.errors import TransportError, UsageError
from sealtrack.io.kafka.refusals import explained, hopeless
from sealtrack.settings import Kafka

log = logging.getLogger(__name__)
Client = TypeVar("Client")

_ATTEMPT_S = 3.0
"""One try to reach the broker; between two of them a stop is noticed."""
QUESTION_MS = 3_000
"""Longest wait for an answer about offsets while the service runs."""


@contextmanager
def one_line(what: str, remedy: str = "") -> Iterator[None]:
    """Turn what kafka-python raises into a TransportError of one line; into a UsageError where it is not permitted."""
    try:
        yield
    except AuthorizationError as error:
        raise UsageError(f"{what}: {explained(error)}") from None
    except (KafkaError, OSError) as error:
        raise TransportError(f"{what}: {explained(error)}" + (f"; {remedy}" if remedy else "")) from None


def connect(
    client: Callable[..., Client],
    options: dict[str, Any],
    kafka: Kafka,
    stop: Callable[[], bool],
    patience_s: float | None = None,
) -> Client:
    """Make a client as soon as the broker answers, within `patience_s` (None: `start_timeout_s`)."""
    patience_s = kafka.start_timeout_s if patience_s is None else patience_s
    options = options | _security(kafka) | {"bootstrap_servers": kafka.bootstrap.split(",")}
    deadline = time.monotonic() + patience_s
    told = False
    while True:
        try:
            found = _attempt(client, options, min(_ATTEMPT_S, patience_s))  # cut short, it has no reason
        except KafkaConfigurationError as error:
            raise UsageError(f"kafka: {error}") from None
        except (KafkaError, OSError) as error:
            if mend := hopeless(error):
                who = f" {name}" if (name := options.get("transactional_id")) else ""
                raise TransportError(f"Kafka at {kafka.bootstrap}: {mend} ({error}{who})") from None
            away = f"Kafka at {kafka.bootstrap} does not answer ({explained(error)})"
            if stop() or time.monotonic() >= deadline:
                raise TransportError(f"{away}; start it, or mend the [kafka] settings") from None
            if not told:
                log.warning(
                    "%(away)s; trying for %(patience_s).0f s",
                    {"event": "broker_away", "away": away, "patience_s": patience_s},
                )
            told = True
        else:
            if told:
                log.info("%(bootstrap)s answers", {"event": "broker_back", "bootstrap": kafka.bootstrap})
            return found


def _attempt(client: Callable[..., Client], options: dict[str, Any], timeout_s: float) -> Client:
    networks: list[KafkaNetClient] = []

    def network(**config: Any) -> KafkaNetClient:
        networks.append(KafkaNetClient(**config))
        return networks[-1]

    with _bootstrap_warnings() as reasons:
        try:
            return client(**options, bootstrap_timeout_ms=int(timeout_s * 1000), kafka_client=network)
        except BaseException as error:
            for one in networks:  # a client that failed to start leaves its thread behind
                with suppress(RuntimeError):  # its thread is still at it, and ends with the process
                    one.close()
            if isinstance(error, KafkaTimeoutError) and reasons:
                # A refused password shows as a bare disconnection every other time.
                telling = (reason for reason in reasons if "disconnected" not in reason)
                raise ConnectionError(next(telling, reasons[0])) from None
            raise


@contextmanager
def _bootstrap_warnings() -> Iterator[list[str]]:
    """Collect why connections fail: kafka-python tells that to its log only."""
    reasons: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            arguments = record.args if isinstance(record.args, tuple) else ()
            faults = (one for one in arguments if isinstance(one, Exception) and not isinstance(one, KafkaTimeoutError))
            reasons.extend(map(str, faults))

    logger, handler = logging.getLogger("kafka.net"), Collect(logging.WARNING)
    level, propagate = logger.level, logger.propagate
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield reasons
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)  # the attribute alone would leave it to its children, which remember what is told
        logger.propagate = propagate


def _security(kafka: Kafka) -> dict[str, Any]:
    files = {name: getattr(kafka, name) for name in ("ssl_cafile", "ssl_certfile", "ssl_keyfile", "ssl_crlfile")}
    for name, path in files.items():
        if path is not None and not path.is_file():
            raise UsageError(f"kafka.{name} = {path}: no such file")
    options = {name: path and str(path) for name, path in files.items()} | {
        "security_protocol": kafka.security_protocol,
        "ssl_check_hostname": kafka.ssl_check_hostname,
        "ssl_password": kafka.ssl_password and kafka.ssl_password.reveal(),
        "ssl_ciphers": kafka.ssl_ciphers,
        "sasl_mechanism": kafka.sasl_mechanism,
        "sasl_plain_username": kafka.sasl_username,
        "sasl_plain_password": kafka.sasl_password and kafka.sasl_password.reveal(),
        "sasl_kerberos_service_name": kafka.sasl_kerberos_service_name,
        "sasl_kerberos_domain_name": kafka.sasl_kerberos_domain_name,
    }
    return {name: value for name, value in options.items() if value is not None}
