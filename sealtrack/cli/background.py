"""A console that goes on running after the command that started it: the demo's."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from sealtrack.errors import UsageError

FIRST_PORT, PORTS = 8787, 20
_START_S, _STOP_S, _LOOK_EVERY_S = 120.0, 10.0, 0.1
_ADDRESS = re.compile(r"The console is at (\S+)")
_PASSWORD = re.compile(r"one-time password (\S+)")


class Console(NamedTuple):
    """Where it is, and the one-time password of its user `admin`."""

    address: str
    password: str


def start(folder: Path, arguments: Sequence[str]) -> Console:
    """`sealtrack console` with these arguments, its pid and log in `folder`, on FIRST_PORT or the next one free.

    One that an earlier call left running there is stopped first. UsageError if it does not come up.
    """
    with (folder / "console.pid").open("a+", encoding="ascii") as pid_file:
        _take(pid_file)
        log = folder / "console.log"
        log.unlink(missing_ok=True)
        command = [sys.executable, "-m", "sealtrack", "console", "--port", str(_free_port()), *arguments]
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
            # Of its own session and without our pipes: neither Ctrl-C here nor a reader of ours waits for it. It
            # inherits the lock on the pid file, which therefore tells whether it still runs.
            process = subprocess.Popen(  # noqa: S603 - our own command
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                pass_fds=[pid_file.fileno()],
            )
        pid_file.truncate(0)
        pid_file.write(str(process.pid))
        pid_file.flush()
        return _when_up(process, log)


def stop(folder: Path) -> bool:
    """Stop the one that runs from `folder`; whether there was one."""
    path = folder / "console.pid"
    if not path.exists():
        return False
    with path.open("r+", encoding="ascii") as pid_file:
        return _take(pid_file)


def _take(pid_file: IO[str]) -> bool:
    """Lock the file, ending whoever holds it; whether somebody did."""
    if _locked(pid_file):
        return False
    pid_file.seek(0)
    pid = int(pid_file.read() or 0)
    for how in (signal.SIGTERM, signal.SIGKILL):
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, how)
        until_s = time.monotonic() + _STOP_S
        while time.monotonic() < until_s:
            if _locked(pid_file):
                return True
            time.sleep(_LOOK_EVERY_S)
    raise UsageError(f"the console with process id {pid} does not stop; {pid_file.name} holds its id")


def _locked(pid_file: IO[str]) -> bool:
    try:
        fcntl.flock(pid_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _free_port() -> int:
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise UsageError(f"no free port between {FIRST_PORT} and {FIRST_PORT + PORTS - 1}")


def _when_up(process: subprocess.Popen[bytes], log: Path) -> Console:
    until_s = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < until_s:
        said = log.read_text(encoding="utf-8")
        address, password = _ADDRESS.search(said), _PASSWORD.search(said)
        if address and password:
            process.returncode = 0  # it goes on; no warning that nobody waits for it
            return Console(address[1], password[1])
        time.sleep(_LOOK_EVERY_S)
    process.kill()
    process.wait()
    raise UsageError(f"the console did not start: {log.read_text(encoding='utf-8').strip() or log}")
