"""Large pieces from the socket are the same bytes, and the same end."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kafka.errors import KafkaConnectionError
from kafka.protocol.frame import KafkaBytes

from sealtrack.io.kafka.pieces import THEIRS, Frame, receive

Receive = Callable[[Any], tuple[bytes | memoryview, Exception | None]]


class Transport:
    """As much of one as receiving needs."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    here, there = socket.socketpair()
    here.setblocking(False)
    with here, there:
        yield here, there


@pytest.mark.parametrize("take", [receive, THEIRS], ids=["large", "theirs"])
def test_all_that_has_arrived_is_taken_and_a_connection_that_ends_says_so(
    pair: tuple[socket.socket, socket.socket], take: Receive
) -> None:
    here, there = pair
    sent = random.Random(1).randbytes(100_000)
    assert take(Transport(here)) == (b"", None)
    there.sendall(sent)
    assert take(Transport(here)) == (sent, None)
    there.sendall(sent[:10])
    there.close()
    data, problem = take(Transport(here))
    assert data == sent[:10]
    assert isinstance(problem, KafkaConnectionError)
    here.close()
    assert isinstance(take(Transport(here))[1], KafkaConnectionError)


@pytest.mark.parametrize("make", [Frame, KafkaBytes], ids=["ours", "theirs"])
def test_a_response_is_read_as_it_arrived(make: Callable[[int], Any]) -> None:
    sent = random.Random(2).randbytes(1_000)
    frame = make(len(sent))
    for start in range(0, 1_000, 300):
        frame.write(memoryview(sent)[start : start + 300])
    assert (frame.tell(), len(frame)) == (1_000, 1_000)
    frame.seek(0)
    assert frame.read(4) == sent[:4]
    assert isinstance(frame.read(0), bytes)
    assert frame.read() == sent[4:]
    assert frame.read() == b""
