"""Files that appear whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from os import fsync
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from sealtrack.errors import TransportError


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A temporary file beside `path` that takes its place at the end, and vanishes after an error."""
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            try:
                yield file  # type: ignore[misc]  # a wrapper with the methods of BinaryIO
                file.flush()
                fsync(file.fileno())
                temporary.chmod(0o644)  # temporary files are private; what replaces an output is not
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise TransportError(f"{path}: cannot be written ({reason}); check the folder and the disk") from None
