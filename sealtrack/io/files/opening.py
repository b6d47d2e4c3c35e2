"""What a file is, by its name, and its bytes, decompressed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from sealtrack.errors import InputError, UsageError
from sealtrack.schema import fields

Progress = Callable[[int, int], None]
"""Called with (bytes read, bytes in all) of the file as it is on disk."""

BLOCK_BYTES = 8 << 20
"""Text is read in blocks of this size: about 100,000 reports."""

COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}


def format_of(path: Path, formats: dict[str, str]) -> tuple[str, str | None]:
    """The format and compression that `path`'s suffixes name; `formats` maps suffix to format. UsageError if none."""
    compression = COMPRESSIONS.get(path.suffix.lower())
    suffix = (Path(path.stem) if compression else path).suffix.lower()
    if suffix not in formats:
        raise UsageError(f"{path}: suffix {suffix or 'none'} is not known; use one of {', '.join(formats)}")
    return formats[suffix], compression


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what the system and the decoders raise about `path` into one line."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder; name a file") from None
    except UnicodeEncodeError:
        raise InputError(f"{path}: the name is no text in UTF-8; rename the file") from None
    except (OSError, EOFError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: cannot be read: {reason}") from None


@contextmanager
def open_bytes(path: Path, compression: str | None) -> Iterator[tuple[pa.NativeFile, Callable[[], int]]]:
    """The decompressed bytes of `path` as a stream, and a function that tells how far the file on disk is read."""
    if path.is_dir():
        raise IsADirectoryError(path)
    with pa.OSFile(str(path), "rb") as raw:
        if compression is None:
            yield raw, raw.tell
            return
        with pa.CompressedInputStream(raw, compression) as stream:
            yield stream, raw.tell


def require_columns(path: Path, names: list[str], record: type) -> None:
    """InputError unless `names` holds every required field of `record`, and none twice."""
    for item in fields(record):
        if item.required and item.name not in names:
            found = ", ".join(names)[:200] or "none"
            raise InputError(f"{path}: column {item.name} is missing; columns found: {found}")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{path}: column {twice[0]} stands twice; remove or rename one")
