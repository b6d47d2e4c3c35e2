"""What arrives is taken from the socket in large pieces, and copied as seldom as can be.

kafka-python takes 4 KB at a time, and its thread then waits for Python's lock after each; and it copies all that it
reads eight times before a record is looked at, each time to memory that is had anew. Here it is twice.
"""

from __future__ import annotations

import threading

from kafka.errors import KafkaConnectionError
from kafka.net.transport import KafkaTCPTransport
from kafka.protocol import parser
from kafka.protocol.frame import KafkaBytes

PIECE_BYTES = 1 << 18
THEIRS = KafkaTCPTransport._sock_recv  # noqa: SLF001
"""The client's own way."""


class _Room(threading.local):
    """What arrives is read at once by the thread that takes it, so that it needs no memory of its own."""

    def __init__(self) -> None:
        self.piece = memoryview(bytearray(PIECE_BYTES))


_room = _Room()


def take_large_pieces() -> None:
    """From now on, in every client of this process. One with TLS has pieces of its own."""
    KafkaTCPTransport._sock_recv = receive  # noqa: SLF001
    parser.KafkaBytes = Frame


def receive(transport: KafkaTCPTransport) -> tuple[memoryview, Exception | None]:
    """What has arrived, and why nothing more will; as the client's own `_sock_recv`. Holds until the next call."""
    piece, filled = _room.piece, 0
    problem: Exception | None = None
    while problem is None and filled < PIECE_BYTES:
        try:
            count = transport._sock.recv_into(piece[filled:])  # noqa: SLF001
        except (BlockingIOError, InterruptedError):
            break
        except Exception as error:  # noqa: BLE001 - the client's own closes the connection whatever it is
            problem = KafkaConnectionError(error)
        else:
            filled += count
            problem = None if count else KafkaConnectionError("socket disconnected")
    return piece[:filled], problem


class Frame(KafkaBytes):
    """One response, as it arrives and is read."""

    def write(self, data: bytes | memoryview) -> None:
        """Put `data` where the last piece ended."""
        start, stop = self.tell(), self.tell() + len(data)
        with memoryview(self) as whole:
            whole[start:stop] = data
        self.seek(stop)

    def read(self, nbytes: int | None = None) -> bytes | memoryview:
        """The next bytes; all the rest are not copied."""
        if nbytes is not None:
            return bytes(super().read(nbytes))
        start = self.tell()
        self.seek(len(self))
        return memoryview(self)[start:]
