"""TLS and passwords, against a Kafka that asks for both."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sealtrack.errors import TransportError, UsageError
from sealtrack.io.kafka import KafkaPublisher, KafkaSource, ensure_topics
from sealtrack.io.ports import Message
from sealtrack.io.topic_plan import Plan
from sealtrack.settings import Kafka, Secret
from tests.broker import Broker, free_ports

PASSWORD = "open sesame"  # noqa: S105 - opens a broker that lives for this test
KEY = ["-storetype", "PKCS12", "-storepass", "changeit", "-alias", "broker"]
PROPERTIES = """
listeners=PLAINTEXT://127.0.0.1:{plain},CONTROLLER://127.0.0.1:{controller},SECURE://127.0.0.1:{secure}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},SECURE://127.0.0.1:{secure}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL
listener.name.secure.ssl.keystore.location={keystore}
listener.name.secure.ssl.keystore.type=PKCS12
listener.name.secure.ssl.keystore.password=changeit
listener.name.secure.sasl.enabled.mechanisms=PLAIN
listener.name.secure.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_duty="{password}";
"""


class Secured(NamedTuple):
    bootstrap: str
    certificate: Path


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory, make_broker: Callable[..., Broker]) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("secured")
    broker = make_broker(folder)
    keytool = shutil.which("keytool")
    assert keytool is not None, "comes with Java"
    keystore, certificate = folder / "broker.p12", folder / "ca.pem"
    store = ["-keystore", str(keystore), *KEY]
    who = ["-dname", "CN=localhost", "-ext", "SAN=ip:127.0.0.1,dns:localhost", "-keyalg", "RSA", "-validity", "2"]
    subprocess.run([keytool, "-genkeypair", *store, *who], check=True, capture_output=True)
    subprocess.run([keytool, "-exportcert", "-rfc", *store, "-file", str(certificate)], check=True, capture_output=True)
    (secure,) = free_ports(1)
    ports = {"plain": broker.port, "controller": broker.controller_port, "secure": secure}
    with (folder / "server.properties").open("a") as config:
        config.write(PROPERTIES.format(**ports, keystore=keystore, password=PASSWORD))
    with broker:
        yield Secured(f"127.0.0.1:{secure}", certificate)


def settings(secured: Secured, **changed: Any) -> Kafka:
    given: dict[str, Any] = {
        "bootstrap": secured.bootstrap,
        "start_timeout_s": 60,
        "security_protocol": "SASL_SSL",
        "ssl_cafile": secured.certificate,
        "sasl_mechanism": "PLAIN",
        "sasl_username": "duty",
        "sasl_password": Secret(PASSWORD),
    }
    return Kafka(**(given | changed))


def test_with_certificate_and_password_records_travel(secured: Secured) -> None:
    kafka = settings(secured)
    ensure_topics(kafka, {"t": Plan({})})
    with KafkaPublisher(kafka) as publisher, KafkaSource(kafka, ["t"]) as source:
        publisher.publish([Message("t", b"k", b"v")], {})
        values: list[bytes | None] = []
        while not values:
            values = [value for batch in source.poll(1) for value in batch.values]
    assert values == [b"v"]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"sasl_password": Secret("wrong")}, "SaslAuthenticationFailedError"),
        ({"ssl_cafile": None, "start_timeout_s": 2}, "certificate"),
    ],
    ids=["wrong password", "unknown certificate"],
)
def test_what_is_wrong_is_said_in_one_line_without_the_password(
    secured: Secured, changed: dict[str, Any], reason: str
) -> None:
    with pytest.raises(TransportError, match=f"(?i){reason}") as refusal:
        KafkaPublisher(settings(secured, **changed))
    assert "\n" not in str(refusal.value)
    assert PASSWORD not in str(refusal.value)
    assert "wrong" not in str(refusal.value)


def test_a_certificate_file_that_is_not_there_is_the_users_to_mend(secured: Secured, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"absent\.pem"):
        KafkaPublisher(settings(secured, ssl_cafile=tmp_path / "absent.pem"))
