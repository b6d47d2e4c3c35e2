"""`sealtrack warmup`: compile everything now, so that the first replay or service start does not wait for it."""

from __future__ import annotations

import time

import typer


def warmup() -> None:
    """Compile all kernels and keep them on disk, e.g. while a container image is built."""
    from sealtrack import core

    started_s = time.monotonic()
    core.warmup()
    typer.echo(f"kernels compiled in {time.monotonic() - started_s:.1f} s", err=True)
