"""`sealtrack run`: the live service on Kafka."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealtrack.cli import options
from sealtrack.cli.stopping import stop_on_signal

if TYPE_CHECKING:
    from contextlib import ExitStack

    from sealtrack.engine import Engine
    from sealtrack.policy import Policies
    from sealtrack.service import Maps, Ports
    from sealtrack.settings import Settings

log = logging.getLogger(__name__)
_SLACK_S = 60.0
"""Longest that a turn of the loop takes beside waiting for the broker: the rules may have to be compiled first."""


def run(
    config: options.Config = None,
    bootstrap: options.Bootstrap = None,
    group: Annotated[str | None, typer.Option(help="Consumer group, whose offsets say what is done.")] = None,
    geofences: Annotated[
        list[Path] | None, typer.Option(help="Geofence file or folder; several times if need be.")
    ] = None,
    policy: options.Policy = None,
    codec: options.Codec = None,
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
    from sealtrack.settings import secrets
    from sealtrack.settings_file import load

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

    from sealtrack import policy_file
    from sealtrack.cli import talk
    from sealtrack.io.codecs import codec
    from sealtrack.io.kafka import ensure_topics
    from sealtrack.io.topic_plan import plan
    from sealtrack.service import Monitor, Worker
    from sealtrack.service.http import answering
    from sealtrack.service.memory import settle_down

    kafka, topics, wanted = settings.kafka, settings.topics, settings.service
    policies = policy_file.load(wanted.policy)
    monitor = Monitor(kafka.transaction_timeout_s + kafka.publish_timeout_s + _SLACK_S)
    with ExitStack() as stack:
        if wanted.http is not None:
            stack.enter_context(answering(monitor, wanted.http))
        ensure_topics(kafka, plan(topics), stop=stop)
        maps = _maps(settings, stack, stop)
        ports = _ports(settings, stack, stop)
        if talk.is_first_use():
            seconds = {"event": "compiling", "seconds": 30}
            log.info("first use on this machine: compiling the rules, some %(seconds)d s", seconds)
        worker = Worker(
            _engines(maps, policies, wanted.threads),
            ports,
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


def _maps(settings: Settings, stack: ExitStack, stop: Callable[[], bool]) -> Maps:
    """The editions of the geofences: what their topic holds, and the files that are watched for changes."""
    from sealtrack import data
    from sealtrack.io.kafka import KafkaSource, announce
    from sealtrack.service import Files, Maps

    kafka, topic, wanted = settings.kafka, settings.topics.geofences, settings.service
    editions = stack.enter_context(KafkaSource(kafka, [topic], poll_records=wanted.poll_records, stop=stop))
    files = Files(wanted.geofences or [data.path("geofences")], wanted.geofences_look_s)
    return Maps(editions, topic, lambda message: announce(kafka, message, stop), files, spare=not wanted.geofences)


def _ports(settings: Settings, stack: ExitStack, stop: Callable[[], bool]) -> Ports:
    """Everything else that the worker reads from Kafka and writes to it; `stack` closes it."""
    from functools import partial

    from sealtrack.io.kafka import KafkaLanes, KafkaPublisher, KafkaSource, KafkaState
    from sealtrack.service import Ports

    kafka, topics, poll_records = settings.kafka, settings.topics, settings.service.poll_records
    reading = partial(KafkaSource, kafka, poll_records=poll_records, stop=stop)
    state = stack.enter_context(KafkaState(kafka, topics.state, stop))
    shipments = stack.enter_context(reading([topics.shipments]))
    sightings = stack.enter_context(reading([topics.sightings]))
    digests = stack.enter_context(reading([topics.digests]))
    lanes = stack.enter_context(KafkaLanes(kafka, topics.positions, poll_records=poll_records, stop=stop))
    publisher = stack.enter_context(KafkaPublisher(kafka, lanes, stop))
    return Ports(shipments, sightings, digests, lanes, state, publisher)


def _engines(maps: Maps, policies: Policies, threads: int) -> Callable[[], Engine]:
    """What makes an engine for a lane."""
    from sealtrack.engine import Engine

    def engine() -> Engine:
        made = Engine(maps.editions[0].catalogue, policies, shares_digests=True, threads=threads)
        made.follow(maps.editions)
        return made

    return engine
