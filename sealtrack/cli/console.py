"""`sealtrack console`: the analysts' console in the browser."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealtrack.cli import options

if TYPE_CHECKING:
    from sealtrack.console.intake.files import Files
    from sealtrack.console.store import Store
    from sealtrack.settings import Settings


def console(
    feed: Annotated[list[Path] | None, typer.Option(help="Position reports to show; several times if need be.")] = None,
    shipments: Annotated[Path | None, typer.Option(help="Shipments of these feeds.")] = None,
    geofences: Annotated[
        list[Path] | None, typer.Option(help="Geofence file or folder; several times. Default: the catalogue.")
    ] = None,
    alerts: Annotated[
        Path | None,
        typer.Option(help="Alerts of these feeds, from `sealtrack replay`; without it they are judged here."),
    ] = None,
    sightings: Annotated[list[Path] | None, typer.Option(help="Sightings that were judged along.")] = None,
    policy: Annotated[Path | None, typer.Option(help="Thresholds that they were judged by (TOML).")] = None,
    config: options.Config = None,
    live: Annotated[
        bool, typer.Option("--live", help="Take what a live service publishes, from the topics in the settings.")
    ] = False,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka of that service, host:port; implies --live.")] = None,
    store: Annotated[
        str | None, typer.Option(help="sqlite:///FILE, postgresql://USER@HOST/DATABASE, or a file name.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on. Default: this machine only.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 8787.")] = None,
) -> None:
    """Look at incidents, replay them on the map, decide, and prove: in the browser, without any other network.

    Fills its store from the files given, or with --live from Kafka as it comes; without either it shows what the store
    holds. Ctrl-C stops it.
    """
    from sealtrack.console.needs import check
    from sealtrack.service.logs import log_to_stderr
    from sealtrack.settings import secrets
    from sealtrack.settings_file import load

    check()
    flags: dict[tuple[str, str], Any] = {("console", "store"): store, ("console", "host"): host}
    flags |= {("kafka", "bootstrap"): bootstrap, ("console", "port"): port}
    flags |= {("service", "geofences"): geofences or None, ("service", "policy"): policy}
    settings = load(config, flags=flags)
    log_to_stderr(settings.service.log_format, settings.service.log_level, secrets=secrets(settings))
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of each plugin of its own
    files = _files(feed or [], shipments, settings, alerts, sightings or [])
    opened = _open(settings)
    try:
        if files is not None:
            _fill(opened, files, settings)
        if live or bootstrap:
            _keep_rules(opened, settings)
        _serve(opened, settings, live=bool(live or bootstrap))
    finally:
        opened.close()


def _files(
    feeds: list[Path], shipments: Path | None, settings: Settings, alerts: Path | None, sightings: list[Path]
) -> Files | None:
    from sealtrack import data
    from sealtrack.console.intake.files import Files
    from sealtrack.errors import UsageError

    if not feeds and shipments is None and alerts is None:
        return None
    if not feeds or shipments is None:
        raise UsageError("--feed and --shipments go together: the console shows reports, and whose they are")
    geofences = list(settings.service.geofences) or [data.path("geofences")]
    return Files(feeds, shipments, geofences, alerts, sightings, settings.service.policy)


def _open(settings: Settings) -> Store:
    from sealtrack.console.store import default_store, open_store

    return open_store(settings.console.store or default_store())


def _fill(store: Store, files: Files, settings: Settings) -> None:
    from sealtrack.cli import talk
    from sealtrack.console.intake.files import fill, read_files

    if files.alerts is None:
        talk.first_use()
    with talk.progress() as on_progress:
        judged, catalogue, policies, rejected = read_files(files, on_progress)
    talk.notes([str(row) for row in rejected], "rows set aside")
    fill(store, judged, catalogue, policies, files, settings.console)
    talk.note(f"{len(judged.reports):,} reports and {len(judged.alerts):,} versions of alerts are in {store.url}")


def _keep_rules(store: Store, settings: Settings) -> None:
    """The thresholds that the live service judges by, and its geofences while their topic holds none."""
    from sealtrack import data, geofence, policy_file
    from sealtrack.console.clock import now_ms
    from sealtrack.console.intake.documents import keep_geofences, keep_policy

    paths = list(settings.service.geofences) or [data.path("geofences")]
    catalogue, policies = geofence.load(*paths), policy_file.load(settings.service.policy)
    with store.writing() as connection:
        keep_geofences(connection, catalogue, paths, now_ms())
        keep_policy(connection, policies, settings.service.policy, now_ms())


def _serve(store: Store, settings: Settings, *, live: bool) -> None:
    from sealtrack.cli import talk
    from sealtrack.console.intake.live import following
    from sealtrack.console.serve import first_login, serve

    password = first_login(store)
    if password is not None:
        talk.note(f"First login: user admin, one-time password {password} (it must be changed then)")
    if not live:
        serve(store, settings.console, talk.note)
        return
    with following(store, settings):
        serve(store, settings.console, talk.note)
