"""The network between a worker and the broker: a TCP proxy that can be cut, at a request of one's choice."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Self

from tests.broker.broker import Broker, free_ports

TXN_OFFSET_COMMIT = 28
END_TXN = 26

_LISTENERS = """
listeners=PLAINTEXT://127.0.0.1:{plain},CONTROLLER://127.0.0.1:{controller},PROXIED://127.0.0.1:{behind}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},PROXIED://127.0.0.1:{front}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
"""


class Proxy:
    """In front of a broker that is not started yet: `bootstrap` leads through it, the broker's own goes past it."""

    def __init__(self, broker: Broker) -> None:
        self._front, self._behind = free_ports(2)
        ports = {"plain": broker.port, "controller": broker.controller_port}
        with (broker.folder / "server.properties").open("a") as config:
            config.write(_LISTENERS.format(**ports, front=self._front, behind=self._behind))
        self._passes = threading.Event()
        self._passes.set()
        self._at: tuple[int, bool] | None = None
        self._open: list[socket.socket] = []
        self._opening = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", self._front))
        self._run(self._accept)

    @property
    def bootstrap(self) -> str:
        """`host:port` for the worker."""
        return f"127.0.0.1:{self._front}"

    @property
    def is_cut(self) -> bool:
        """Whether nothing passes."""
        return not self._passes.is_set()

    def cut(self) -> None:
        """From now on nothing passes; connections stay open, as when a cable is pulled."""
        self._passes.clear()

    def cut_at(self, api_key: int, *, passed_on: bool) -> None:
        """Cut when the next request of this kind comes; the broker gets it (and its answer is lost), or not."""
        self._at = api_key, passed_on

    def mend(self) -> None:
        """The network is back; what was open is broken."""
        with self._opening:
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            self._open.clear()
            self._passes.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._listener.close()
        self.mend()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            try:
                broker = socket.create_connection(("127.0.0.1", self._behind))
            except OSError:  # the broker is away: so it is for the client
                client.close()
                continue
            with self._opening:
                self._open += [client, broker]
            self._run(partial(self._requests, client, broker))
            self._run(partial(self._answers, client, broker))

    def _requests(self, client: socket.socket, broker: socket.socket) -> None:
        stream = client.makefile("rb")
        while head := stream.read(4):
            frame = stream.read(int.from_bytes(head, "big"))
            at = self._at
            ours = at is not None and at[0] == int.from_bytes(frame[:2], "big")
            if ours:
                self._at = None
            if ours and at is not None and not at[1]:
                self.cut()
            if self.is_cut:
                return
            if ours:
                self.cut()  # first, or the answer would pass
            broker.sendall(head + frame)

    def _answers(self, client: socket.socket, broker: socket.socket) -> None:
        while data := broker.recv(1 << 16):
            if self.is_cut:
                return
            client.sendall(data)
        client.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _run(work: Callable[[], None]) -> None:
        def quietly() -> None:
            with suppress(OSError):
                work()

        threading.Thread(target=quietly, daemon=True).start()
