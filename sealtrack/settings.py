"""All settings of the service and the console, each declared once with its meaning, default and range.

`sealtrack.settings_file` reads them from flags, environment and file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Topic = Annotated[str, msgspec.Meta(pattern=r"^[a-zA-Z0-9._-]{1,249}$")]

_ADDRESS = r"^(\[[0-9a-fA-F:.]+\]|[^:\[\]\s]+):[0-9]{1,5}$"


class Secret:
    """Text that is neither printed nor logged; `reveal()` gives it to the library that needs it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"


class Kafka(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The broker, and how to reach it. The `ssl_` and `sasl_` settings mean what they mean in kafka-python."""

    bootstrap: Annotated[str, msgspec.Meta(min_length=1)] = "localhost:9092"
    """`host:port`, several joined by commas."""
    group: Annotated[str, msgspec.Meta(min_length=1, max_length=249)] = "sealtrack"
    instance: Annotated[str, msgspec.Meta(pattern=r"^[a-zA-Z0-9._-]{1,200}$")] | None = None
    """A name of this worker's own that outlives it: it keeps its partitions over a restart shorter than the session."""
    client_id: Annotated[str, msgspec.Meta(min_length=1)] = "sealtrack"
    start_timeout_s: Seconds = 300.0
    """How long to wait for a broker that is away at start."""
    publish_timeout_s: Seconds = 120.0
    """How long a message may stay unacknowledged before the service gives up."""
    session_timeout_s: Annotated[float, msgspec.Meta(ge=6, le=1800)] = 45.0
    """Silence after which the broker takes a worker for dead."""
    transaction_timeout_s: Annotated[float, msgspec.Meta(ge=1, le=900)] = 30.0
    """How long the broker keeps a transaction of a worker that died: so long its successor waits."""
    create_topics: bool = True
    """Create the topics that are missing, with the broker's default partitions."""
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    ssl_cafile: Path | None = None
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    ssl_password: Secret | None = None
    ssl_crlfile: Path | None = None
    ssl_ciphers: str | None = None
    ssl_check_hostname: bool = True
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "GSSAPI"] | None = None
    sasl_username: str | None = None
    sasl_password: Secret | None = None
    sasl_kerberos_service_name: str = "kafka"
    sasl_kerberos_domain_name: str | None = None


class Topics(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Names of the topics."""

    positions: Topic = "seal.positions"
    shipments: Topic = "seal.shipments"
    sightings: Topic = "seal.sightings"
    geofences: Topic = "seal.geofences"
    alerts: Topic = "seal.alerts"
    flagged: Topic = "seal.flagged"
    dead_letter: Topic = "seal.dead-letter"
    state: Topic = "seal.state"
    digests: Topic = "seal.digests"


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is judged, and how it is read."""

    geofences: tuple[Path, ...] = ()
    """Geofence files or folders; none: what the geofences topic holds, or while that is empty, the catalogue that comes
    with sealtrack."""
    geofences_look_s: Seconds = 5.0
    """How often to see whether these files have changed."""
    policy: Path | None = None
    codec: Literal["json", "traccar"] = "json"
    """Form of the values in the positions topic."""
    poll_records: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 50_000
    """Most records judged at once; so many come only of a backlog."""
    threads: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    """Threads that judge a backlog. More than one only on processors that no other worker, nor a broker, needs."""
    poll_timeout_s: Annotated[float, msgspec.Meta(gt=0, le=60)] = 1.0
    """How long to wait for a record; also how soon an idle service notices a signal or a new shipment."""
    checkpoint_reports: Annotated[int, msgspec.Meta(ge=1)] = 1_000_000
    """A partition's state is kept after so many records, which a restart judges again at most; later where keeping it
    would take more than a twentieth of the time."""
    checkpoint_s: Seconds = 300.0
    """… and at least so often, if anything came."""
    poison_ceiling: Annotated[int, msgspec.Meta(ge=0)] = 100_000
    """So many records of a partition in a row that cannot be read stop the service, with the reason: it reads the wrong
    topic, or with the wrong codec. They are dead letters all the same; the next start goes on after them. 0: never."""
    restart_limit_h: Annotated[float, msgspec.Meta(ge=0, le=24 * 365)] = 168.0
    """Where a checkpoint cannot be used, the trips under way are read again, at most this far back (168 h: Kafka's
    retention)."""
    http: Annotated[str, msgspec.Meta(pattern=_ADDRESS)] | None = None
    """Where `/metrics`, `/healthz` and `/readyz` answer: `host:port`, port 0 for any that is free; not set: nowhere.
    Nobody is asked for a password there: bind 127.0.0.1, or a network that only the monitoring reaches."""
    log_format: Literal["text", "json"] = "text"
    """Lines for people, or one JSON object each."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"


class Console(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The analysts' console: where it is served, what it keeps, and how quickly somebody must answer."""

    store: str = ""
    """`sqlite:///FILE`, `postgresql://USER@HOST/DATABASE` or a file name; empty: a file in the user's data folder."""
    host: Annotated[str, msgspec.Meta(min_length=1)] = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 8787
    hosts: tuple[str, ...] = ()
    """Names under which browsers may call it, besides `host` and this machine's own; `*`: any."""
    secure_cookies: bool = False
    """Send session cookies over HTTPS only: set it where a proxy speaks HTTPS to the browsers."""
    session_h: Annotated[float, msgspec.Meta(gt=0, le=24 * 30)] = 12.0
    """A session ends this long after login."""
    idle_h: Annotated[float, msgspec.Meta(gt=0, le=24 * 30)] = 4.0
    """A session ends this long after it was used last."""
    logins_per_minute: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 5
    """Failed logins that one user name, or one address, may make."""
    respond_critical_min: Annotated[float, msgspec.Meta(gt=0, le=10_080)] = 15.0
    """A critical incident that nobody has answered for so long is escalated to the head of unit."""
    respond_warning_min: Annotated[float, msgspec.Meta(gt=0, le=10_080)] = 60.0
    four_eyes: Literal["never", "critical", "always"] = "critical"
    """Which incidents need a second person to close them."""
    tiles: str = ""
    """Address of map tiles, `https://…/{z}/{x}/{y}.png`, or a PMTiles file with pictures, which the console serves
    itself; empty: the schematic map, which needs neither."""
    layers: tuple[Path, ...] = ()
    """GeoJSON files to draw on the map."""
    language: Literal["vi", "en"] = "vi"
    timezone: str = "Asia/Ho_Chi_Minh"
    keep_quiet_d: Annotated[float, msgspec.Meta(gt=0, le=3_650)] = 30.0
    """Reports of shipments without an incident are kept this long after the seal spoke."""
    keep_closed_d: Annotated[float, msgspec.Meta(gt=0, le=36_500)] = 1_825.0
    """Reports of closed incidents are kept this long after they were closed, and sightings this long. What was judged,
    decided and logged stays."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All settings of `sealtrack run` and `sealtrack console`."""

    kafka: Kafka = Kafka()
    topics: Topics = Topics()
    service: Service = Service()
    console: Console = Console()


def secrets(settings: Settings) -> list[str]:
    """The text of every secret among the settings, for whoever must hide them."""
    tables = (settings.kafka, settings.topics, settings.service)
    values = [getattr(table, name) for table in tables for name in table.__struct_fields__]
    return [value.reveal() for value in values if isinstance(value, Secret)]
