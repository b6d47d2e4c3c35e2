"""A broker with TLS, client certificates, passwords and an authoriser, with certificates made for the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import trustme
from cryptography.hazmat.primitives import serialization
from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ResourcePattern,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from tests.broker.broker import Broker, free_ports

USER, PASSWORD = "duty", "open sesame"
CLIENT = "duty-by-certificate"
_LISTENERS = {"TLS": "SSL", "MUTUAL": "SSL", "PASSWORD": "SASL_SSL", "STRANGE": "SSL"}
_PROPERTIES = """
listeners=PLAINTEXT://127.0.0.1:{plain},CONTROLLER://127.0.0.1:{controller},{listeners}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},{listeners}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,{protocols}
ssl.keystore.type=PEM
ssl.keystore.location={folder}/server.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.pem
ssl.principal.mapping.rules=RULE:^.*CN=([^,]+).*$/$1/,DEFAULT
listener.name.mutual.ssl.client.auth=required
listener.name.strange.ssl.keystore.type=PEM
listener.name.strange.ssl.keystore.location={folder}/strange.pem
listener.name.password.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.password.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}="{password}";
listener.name.password.scram-sha-256.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.password.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""


class Guarded(NamedTuple):
    """Such a broker, running. Who comes by PLAINTEXT may do everything, anybody else what ACLs allow."""

    broker: Broker
    ports: dict[str, int]
    """`TLS`, `MUTUAL` (asks for a client's certificate), `PASSWORD`, `STRANGE` (its certificate is another host's)."""
    folder: Path
    """`ca.pem`, `other-ca.pem`, `client.pem` and `client.key`."""

    def at(self, listener: str) -> str:
        return f"127.0.0.1:{self.ports[listener]}"

    def allow(self, principal: str, *granted: tuple[ACLOperation, ResourcePattern]) -> list[ACL]:
        """Create these ACLs, and return them."""
        acls = [ACL(f"User:{principal}", "*", operation, ACLPermissionType.ALLOW, what) for operation, what in granted]
        with KafkaAdminClient(bootstrap_servers=self.broker.bootstrap) as admin:
            failed = admin.create_acls(acls)["failed"]
        assert not failed, failed
        return acls

    def revoke(self, acls: Sequence[ACL]) -> None:
        with KafkaAdminClient(bootstrap_servers=self.broker.bootstrap) as admin:
            admin.delete_acls(list(acls))


@contextmanager
def guarded(folder: Path, make: Callable[[Path], Broker]) -> Iterator[Guarded]:
    """Run one."""
    broker = make(folder)
    _issue_certificates(folder)
    ports = dict(zip(_LISTENERS, free_ports(len(_LISTENERS)), strict=True))
    said = _PROPERTIES.format(
        plain=broker.port,
        controller=broker.controller_port,
        listeners=",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items()),
        protocols=",".join(f"{name}:{protocol}" for name, protocol in _LISTENERS.items()),
        folder=folder,
        user=USER,
        password=PASSWORD,
    )
    with (folder / "server.properties").open("a") as config:
        config.write(said)
    with broker:
        with KafkaAdminClient(bootstrap_servers=broker.bootstrap) as admin:
            for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
                admin.alter_user_scram_credentials([UserScramCredentialUpsertion(USER, mechanism, PASSWORD)])
        yield Guarded(broker, ports, folder)


def _issue_certificates(folder: Path) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(folder / "ca.pem")
    trustme.CA().cert_pem.write_to_path(folder / "other-ca.pem")
    for name, issued in (
        ("server", ca.issue_cert("127.0.0.1", "localhost")),
        ("strange", ca.issue_cert("another.example")),
        ("client", ca.issue_cert(f"{CLIENT}.example", common_name=CLIENT)),
    ):
        chain = b"".join(one.bytes() for one in issued.cert_chain_pems)
        key = _pkcs8(issued.private_key_pem.bytes())
        (folder / f"{name}.pem").write_bytes(chain if name == "client" else key + chain)
        (folder / f"{name}.key").write_bytes(key)


def _pkcs8(key: bytes) -> bytes:
    """The form of a private key that Kafka reads."""
    return serialization.load_pem_private_key(key, None).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
