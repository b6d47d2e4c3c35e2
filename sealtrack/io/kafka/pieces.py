"""What arrives is taken from the socket in large pieces.

kafka-python takes 4 KB at a time, and its thread then waits for Python's lock after each: a worker that reads a backlog
judged a fifth less.
"""

from __future__ import annotations

from kafka.errors import KafkaConnectionError
from kafka.net.transport import KafkaTCPTransport

PIECE_BYTES = 1 << 18
THEIRS = KafkaTCPTransport._sock_recv  # noqa: SLF001
"""The client's own way."""


def take_large_pieces() -> None:
    """From now on, in every client of this process without TLS, which has pieces of its own."""
    KafkaTCPTransport._sock_recv = receive  # noqa: SLF001


def receive(transport: KafkaTCPTransport) -> tuple[bytes, Exception | None]:
    """All that has arrived, and why nothing more will; as the client's own `_sock_recv`."""
    pieces: list[bytes] = []
    problem: Exception | None = None
    while problem is None:
        try:
            piece = transport._sock.recv(PIECE_BYTES)  # noqa: SLF001
        except (BlockingIOError, InterruptedError):
            break
        except Exception as error:  # noqa: BLE001 - the client's own closes the connection whatever it is
            problem = KafkaConnectionError(error)
        else:
            pieces.append(piece)
            problem = None if piece else KafkaConnectionError("socket disconnected")
    return b"".join(pieces), problem
