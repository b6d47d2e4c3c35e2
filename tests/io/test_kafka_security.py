"""TLS, client certificates, passwords and ACLs, against a Kafka that asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka.admin import ACLOperation, ACLResourcePatternType, ResourcePattern, ResourceType

from sealtrack.errors import TransportError, UsageError
from sealtrack.io.kafka import KafkaPublisher, KafkaSource, ensure_topics
from sealtrack.io.ports import Message
from sealtrack.io.topic_plan import Plan
from sealtrack.settings import Kafka, Secret
from sealtrack.settings_file import load
from tests.broker import Broker
from tests.broker.expect import GEOFENCES, SCENARIOS, assert_told_once, replayed
from tests.broker.guarded import CLIENT, PASSWORD, USER, Guarded, guarded
from tests.broker.worker import PATIENCE_S, Worker

SCRAM = {"security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512"}
MUTUAL = {"security_protocol": "SSL", "ssl_certfile": "client.pem", "ssl_keyfile": "client.key"}
WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "TLS": ("TLS", {"security_protocol": "SSL"}),
    "a client's certificate": ("MUTUAL", MUTUAL),
    "PLAIN": ("PASSWORD", SCRAM | {"sasl_mechanism": "PLAIN"}),
    "SCRAM-SHA-256": ("PASSWORD", SCRAM | {"sasl_mechanism": "SCRAM-SHA-256"}),
    "SCRAM-SHA-512": ("PASSWORD", SCRAM),
}


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory, make_broker: Callable[[Path], Broker]) -> Iterator[Guarded]:
    with guarded(tmp_path_factory.mktemp("guarded"), make_broker) as running:
        anything = ResourcePattern(ResourceType.TOPIC, "open", ACLResourcePatternType.PREFIXED)
        ids = ResourcePattern(ResourceType.TRANSACTIONAL_ID, "open", ACLResourcePatternType.PREFIXED)
        for who in (USER, CLIENT, "ANONYMOUS"):
            running.allow(who, (ACLOperation.ALL, anything), (ACLOperation.ALL, ids))
        yield running


def settings(guard: Guarded, listener: str, **changed: Any) -> Kafka:
    given: dict[str, Any] = {
        "bootstrap": guard.at(listener),
        "group": "open",
        "start_timeout_s": PATIENCE_S,
        "ssl_cafile": guard.folder / "ca.pem",
    } | changed
    if given.get("security_protocol", "").startswith("SASL"):
        given = {"sasl_username": USER, "sasl_password": Secret(PASSWORD)} | given
    files = ("ssl_certfile", "ssl_keyfile", "ssl_cafile")
    given |= {name: guard.folder / given[name] for name in files if given.get(name)}
    return Kafka(**given)


@pytest.mark.parametrize("way", WAYS)
def test_records_travel(guard: Guarded, way: str) -> None:
    listener, changed = WAYS[way]
    kafka, topic = settings(guard, listener, **changed), f"open-{listener}-{changed.get('sasl_mechanism', '')}"
    ensure_topics(kafka, {topic: Plan({})})
    with KafkaPublisher(kafka) as publisher, KafkaSource(kafka, [topic]) as source:
        publisher.publish([Message(topic, b"k", b"v")], {})
        values: list[bytes | None] = []
        while not values:
            values = [value for batch in source.poll(1) for value in batch.values]
    assert values == [b"v"]


REFUSALS: dict[str, tuple[str, dict[str, Any], str]] = {
    "wrong password": ("PASSWORD", SCRAM | {"sasl_password": Secret("wrong")}, "sasl_password"),
    "wrong password, PLAIN": (
        "PASSWORD",
        SCRAM | {"sasl_mechanism": "PLAIN", "sasl_password": Secret("wrong")},
        "sasl_password",
    ),
    "unknown user": ("PASSWORD", SCRAM | {"sasl_username": "nobody"}, "sasl_username"),
    "unknown CA": ("TLS", {"security_protocol": "SSL", "ssl_cafile": "other-ca.pem"}, "ssl_cafile"),
    "no CA": ("TLS", {"security_protocol": "SSL", "ssl_cafile": None}, "ssl_cafile"),
    "wrong host name": ("STRANGE", {"security_protocol": "SSL"}, "certificate is for another host"),
    "no client certificate": ("MUTUAL", {"security_protocol": "SSL"}, "ssl_certfile"),
    "another key": ("MUTUAL", MUTUAL | {"ssl_keyfile": "server.key"}, "ssl_keyfile"),
    "no TLS where TLS is spoken": ("TLS", {}, "security_protocol"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_says_at_once_in_one_line_what_to_mend_and_no_password(guard: Guarded, case: str) -> None:
    listener, changed, remedy = REFUSALS[case]
    with pytest.raises(TransportError, match=remedy) as refusal:
        KafkaSource(settings(guard, listener, **changed), ["t"])
    assert "does not answer" not in str(refusal.value), "it would have been tried again"
    assert "\n" not in str(refusal.value)
    assert PASSWORD not in str(refusal.value)
    assert "wrong" not in str(refusal.value)


def test_a_certificate_file_that_is_not_there_is_the_users_to_mend(guard: Guarded) -> None:
    with pytest.raises(UsageError, match=r"absent\.pem"):
        KafkaPublisher(settings(guard, "TLS", security_protocol="SSL", ssl_cafile="absent.pem"))


def secured(guard: Guarded, folder: Path, **changed: Any) -> Worker:
    """A service that comes with name and password, the password in a file."""
    secret = folder / "password"
    secret.write_text(PASSWORD + "\n")
    secret.chmod(0o600)
    kafka = SCRAM | {
        "bootstrap": guard.at("PASSWORD"),
        "ssl_cafile": str(guard.folder / "ca.pem"),
        "sasl_username": USER,
        "sasl_password_file": str(secret),
    }
    return Worker(guard.broker, folder, GEOFENCES, kafka | changed)


def granted(worker: Worker) -> dict[str, tuple[ACLOperation, ResourcePattern]]:
    """The list of docs/kafka.md."""
    reads = ("positions", "shipments", "sightings", "geofences", "state", "digests")
    writes = ("geofences", "state", "digests", "alerts", "flagged", "dead_letter")

    def topic(name: str) -> ResourcePattern:
        return ResourcePattern(ResourceType.TOPIC, getattr(worker.topics, name))

    ids = ResourcePattern(ResourceType.TRANSACTIONAL_ID, f"{worker.name}-", ACLResourcePatternType.PREFIXED)
    return (
        {f"read {name}": (ACLOperation.READ, topic(name)) for name in reads}
        | {f"write {name}": (ACLOperation.WRITE, topic(name)) for name in writes}
        | {"group": (ACLOperation.READ, ResourcePattern(ResourceType.GROUP, worker.name))}
        | {"transactions": (ACLOperation.WRITE, ids)}
    )


def stage(worker: Worker) -> None:
    worker.create_topics(2)
    worker.declare(SCENARIOS / "late-burst" / "shipments.csv")
    worker.play(SCENARIOS / "late-burst" / "feed.csv.gz")


SAMPLE = ("write geofences", "read positions", "read state", "write state", "write alerts", "group", "transactions")
"""The first of them while there is no edition of the geofences yet."""


def test_with_the_acls_of_the_docs_the_service_works_and_without_one_of_them_it_names_what_is_missing(
    guard: Guarded, tmp_path: Path
) -> None:
    worker = secured(guard, tmp_path)
    stage(worker)
    wanted = granted(worker)
    acls = dict(zip(wanted, guard.allow(USER, *wanted.values()), strict=True))
    for missing in SAMPLE:
        guard.revoke([acls[missing]])
        code = worker.start("--until-end", log=missing).wait(PATIENCE_S)
        said = worker.said(missing)
        assert code == 2, f"{missing}: {said}"
        assert wanted[missing][1].resource_name.rstrip("-") in said.splitlines()[-1], f"{missing}: {said}"
        assert "Traceback" not in said
        guard.allow(USER, wanted[missing])
        if missing == SAMPLE[0]:
            worker.run_until_end()
            assert_told_once(worker.alerts(), replayed("late-burst"))
            assert PASSWORD not in worker.said()


def test_topics_create_needs_to_create_them_and_no_more(guard: Guarded, tmp_path: Path) -> None:
    worker = secured(guard, tmp_path)
    assert worker.run_other("topics", "create", "--partitions", "2", "--replication", "1") == 2
    assert "may not be created" in worker.said().splitlines()[-1]
    assert "Traceback" not in worker.said()
    for name in worker.topics.__struct_fields__:
        made = ResourcePattern(ResourceType.TOPIC, getattr(worker.topics, name))
        guard.allow(USER, (ACLOperation.CREATE, made), (ACLOperation.DESCRIBE, made))
    assert worker.run_other("topics", "create", "--partitions", "2", "--replication", "1") == 0, worker.said()


@pytest.mark.parametrize(
    ("changed", "remedy"),
    [({"sasl_username": "nobody"}, "sasl_username"), ({"ssl_cafile": "other-ca.pem"}, "ssl_cafile")],
    ids=["wrong name", "unknown CA"],
)
def test_the_command_ends_with_the_reason_and_exit_code_2(
    guard: Guarded, tmp_path: Path, changed: dict[str, str], remedy: str
) -> None:
    if "ssl_cafile" in changed:
        changed = {"ssl_cafile": str(guard.folder / changed["ssl_cafile"])}
    worker = secured(guard, tmp_path, **changed)
    assert worker.start().wait(PATIENCE_S) == 2
    line = worker.said().splitlines()[-1]
    assert line.startswith("sealtrack: Kafka at ")
    assert remedy in line
    assert PASSWORD not in worker.said()
    assert "Traceback" not in worker.said()


@pytest.mark.parametrize("place", ["secret file", "settings", "key"])
def test_a_secret_that_everybody_can_read_is_warned_of(
    tmp_path: Path, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    secret, config = tmp_path / "secret", tmp_path / "sealtrack.toml"
    secret.write_text(PASSWORD)
    said = {
        "secret file": f'sasl_password_file = "{secret}"',
        "settings": f'sasl_password = "{PASSWORD}"',
        "key": f'ssl_keyfile = "{secret}"',
    }[place]
    config.write_text(f"[kafka]\n{said}\n")
    (open_, other) = (config, secret) if place == "settings" else (secret, config)
    other.chmod(0o600)
    open_.chmod(0o644)
    load(config, environment={})
    assert f"{open_} (" in caplog.text
    assert PASSWORD not in caplog.text
    caplog.clear()
    open_.chmod(0o640)
    load(config, environment={})
    assert caplog.text == ""
