"""`sealtrack run`: the live service on Kafka."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealtrack.cli.stopping import stop_on_signal

if TYPE_CHECKING:
    from sealtrack.settings import Settings

log = logging.getLogger(__name__)
_SLACK_S = 60.0
"""Longest that a turn of the loop takes beside waiting for the broker: the rules may have to be compiled first."""


def run(
    config: Annotated[Path | None, typer.Option(help="Settings (TOML); SEALTRACK_… and the flags here win.")] = None,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka, host:port; several joined by commas.")] = None,
    group: Annotated[str | None, typer.Option(help="Consumer group, whose offsets say what is done.")] = None,
    geofences: Annotated[
        list[Path] | None, typer.Option(help="Geofence file or folder; several times if need be.")
    ] = None,
    policy: Annotated[Path | None, typer.Option(help="Thresholds (TOML).")] = None,
    codec: Annotated[str | None, typer.Option(help="Form of the position reports: json or traccar.")] = None,
    until_end: Annotated[
        bool, typer.Option("--until-end", help="Stop when everything in the topics has been judged.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Also show what the Kafka client says.")] = False,
) -> None:
    """Judge position reports from Kafka as they arrive and publish alerts and flagged shipments.

    Ctrl-C or SIGTERM stops it after the batch in hand is published and committed.
    """
    from sealtrack.errors import TransportError
    from sealtrack.service.logs import log_to_stderr
    from sealtrack.settings import load, secrets

    flags: dict[tuple[str, str], Any] = {
        ("kafka", "bootstrap"): bootstrap,
        ("kafka", "group"): group,
        ("service", "geofences"): geofences or None,
        ("service", "policy"): policy,
        ("service", "codec"): codec,
    }
    settings = load(config, flags=flags)
    wanted = settings.service
    log_to_stderr(wanted.log_format, wanted.log_level, secrets=secrets(settings), kafka=verbose)
    with stop_on_signal() as stop:
        try:
            _serve(settings, stop, until_end=until_end)
        except TransportError:
            if not stop():  # else: asked to stop while it waited for the broker, and it stops
                raise


def _serve(settings: Settings, stop: Callable[[], bool], *, until_end: bool) -> None:
    from contextlib import ExitStack
    from functools import partial

    from sealtrack import data, policy_file
    from sealtrack.cli import talk
    from sealtrack.engine import Engine
    from sealtrack.io.codecs import codec
    from sealtrack.io.kafka import KafkaLanes, KafkaPublisher, KafkaSource, KafkaState, announce, ensure_topics
    from sealtrack.io.topic_plan import plan
    from sealtrack.service import Files, Maps, Monitor, Ports, Worker
    from sealtrack.service.http import answering
    from sealtrack.service.memory import settle_down

    kafka, topics, wanted = settings.kafka, settings.topics, settings.service
    policies = policy_file.load(wanted.policy)
    monitor = Monitor(kafka.transaction_timeout_s + kafka.publish_timeout_s + _SLACK_S)
    with ExitStack() as stack:
        if wanted.http is not None:
            stack.enter_context(answering(monitor, wanted.http))
        ensure_topics(kafka, plan(topics), stop=stop)
        reading = partial(KafkaSource, kafka, poll_records=wanted.poll_records, stop=stop)
        state = stack.enter_context(KafkaState(kafka, topics.state, stop))
        shipments = stack.enter_context(reading([topics.shipments]))
        sightings = stack.enter_context(reading([topics.sightings]))
        digests = stack.enter_context(reading([topics.digests]))
        editions = stack.enter_context(reading([topics.geofences]))
        lanes = stack.enter_context(KafkaLanes(kafka, topics.positions, poll_records=wanted.poll_records, stop=stop))
        publisher = stack.enter_context(KafkaPublisher(kafka, lanes, stop))
        maps = Maps(
            editions,
            topics.geofences,
            lambda message: announce(kafka, message, stop),
            Files(wanted.geofences or [data.path("geofences")], wanted.geofences_look_s),
            spare=not wanted.geofences,
        )

        def engine() -> Engine:
            made = Engine(maps.editions[0].catalogue, policies, shares_digests=True, threads=wanted.threads)
            made.follow(maps.editions)
            return made

        if talk.is_first_use():
            seconds = {"event": "compiling", "seconds": 30}
            log.info("first use on this machine: compiling the rules, some %(seconds)d s", seconds)
        worker = Worker(
            engine,
            Ports(shipments, sightings, digests, lanes, state, publisher),
            codec(wanted.codec),
            topics,
            wanted,
            stop=stop,
            horizon_ms=int(policies.default.horizon_s * 1000),
            patience_s=kafka.publish_timeout_s,
            maps=maps,
            monitor=monitor,
        )
        settle_down()
        worker.run(until_end=until_end)
