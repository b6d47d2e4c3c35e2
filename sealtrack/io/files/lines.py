"""Lines of a byte stream, in blocks, with their numbers."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from sealtrack.io.codecs.load import LARGEST_VALUE
from sealtrack.io.files.opening import BLOCK_BYTES

_BOM = b"\xef\xbb\xbf"


def line_blocks(stream: pa.NativeFile) -> Iterator[list[tuple[int, bytes]]]:
    """(line number from 1, line) of the lines that are not blank, block after block.

    A line longer than any record may be is cut short behind that limit, so that it is refused as too large and does not
    fill the memory.
    """
    number, rest = 0, b""
    while block := stream.read(BLOCK_BYTES):
        if number == 0 and not rest:
            block = block.removeprefix(_BOM)
        *lines, rest = (rest + block).split(b"\n")
        rest = rest[: LARGEST_VALUE + 1]
        yield [(number + i, line) for i, line in enumerate(lines, 1) if line.strip()]
        number += len(lines)
    if rest.strip():
        yield [(number + 1, rest)]
