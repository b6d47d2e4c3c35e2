"""`sealtrack record`: a topic to a file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sealtrack.cli import options
from sealtrack.cli.stopping import stop_on_signal

if TYPE_CHECKING:
    from sealtrack.io.kafka import KafkaSpan, Place
    from sealtrack.recording import Recorded
    from sealtrack.settings import Settings


class Topic(StrEnum):
    """What can be recorded, by the name of its setting."""

    positions = "positions"
    shipments = "shipments"
    sightings = "sightings"
    alerts = "alerts"
    flagged = "flagged"
    dead_letter = "dead_letter"


def record(
    out: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Reports: .ndjson, .csv or .parquet; the others: .ndjson. .gz and .zst too."
        ),
    ],
    topic: Annotated[Topic, typer.Option(help="Which of the topics in the settings.")] = Topic.positions,
    config: options.Config = None,
    bootstrap: options.Bootstrap = None,
    codec: options.Codec = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME|OFFSET", help="First record: by its stamp (RFC 3339), or its offset."),
    ] = None,
    to: Annotated[
        str | None, typer.Option(metavar="TIME|OFFSET", help="Record before which to stop; without it, the end now.")
    ] = None,
    partition: Annotated[list[int] | None, typer.Option(min=0, help="Only this one; several times.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what comes, until Ctrl-C.")] = False,
) -> None:
    """Write a topic to a file: reports to a feed that `sealtrack replay` judges as the service did.

    The file appears when it is whole. What cannot be read is left out, counted and named.
    """
    from sealtrack.errors import UsageError
    from sealtrack.io.kafka import KafkaSpan
    from sealtrack.settings_file import load

    if follow and to is not None:
        raise UsageError("--follow and --to exclude each other: leave one away")
    start, end = _place("--from", from_), _place("--to", to)
    settings = load(config, flags={("kafka", "bootstrap"): bootstrap, ("service", "codec"): codec})
    name = getattr(settings.topics, topic)
    with (
        stop_on_signal() as stop,
        KafkaSpan(settings.kafka, name, partition or (), start=start, end=end, stop=stop) as span,
    ):
        done = _write(out, topic, settings, span, follow=follow)
    _tell(out, name, done)


def _place(flag: str, text: str | None) -> Place | None:
    from sealtrack.errors import UsageError
    from sealtrack.io.codecs.times import text_ms
    from sealtrack.io.kafka import Place

    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return Place(offset=int(text))
    try:
        return Place(time_ms=text_ms(text))
    except (ValueError, LookupError):
        raise UsageError(f"{flag} {text}: is neither an offset nor a time such as 2026-03-10T06:00:00Z") from None


def _write(out: Path, topic: Topic, settings: Settings, span: KafkaSpan, *, follow: bool) -> Recorded:
    from sealtrack import recording
    from sealtrack.cli import talk
    from sealtrack.io.codecs import codec

    polls = span.polls(follow=follow)
    with talk.progress() if not follow else talk.counting() as show:
        total = span.count()

        def tell(records: int) -> None:
            show("read", records, total)

        if topic is Topic.positions:
            return recording.record_reports(out, polls, codec(settings.service.codec), tell)
        compacted = topic in (Topic.shipments, Topic.flagged)
        return recording.record_objects(out, polls, tell, compacted=compacted, received=topic is Topic.sightings)


def _tell(out: Path, name: str, done: Recorded) -> None:
    from sealtrack.cli import talk

    talk.notes([str(one) for one in done.faults[: talk.LINES_SHOWN]], "")
    if done.faulty > talk.LINES_SHOWN:
        talk.note(f"… and {done.faulty - talk.LINES_SHOWN:,} more")
    talk.note(f"{out}: {done.rows:,} rows of {done.records:,} records of {name}; {done.faulty:,} with a fault")
