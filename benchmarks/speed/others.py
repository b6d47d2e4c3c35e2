"""Running the Kafka peers: programs of their own, in an environment of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

PEERS = Path(__file__).with_name("peers")
HOME = Path(__file__).parents[2] / ".peers"
REMEDY = "see benchmarks/speed/peers/requirements.txt"
PATIENCE_S = 180


class AbsentError(Exception):
    """A peer is not installed, or did not work; the message says what it said."""


@cache
def python(module: str) -> str:
    """An interpreter that has `module`: of SEALTRACK_PEERS, of `.peers`, or this one."""
    named = os.environ.get("SEALTRACK_PEERS")
    for home in (Path(named) if named else HOME, HOME):
        command = str(home / "bin" / "python")
        if Path(command).exists() and not _fails([command, "-c", f"import {module}"]):
            return command
    if not _fails([sys.executable, "-c", f"import {module}"]):
        return sys.executable
    raise AbsentError(f"{module} is not installed ({REMEDY})")


def start_peer(program: str, module: str, **given: Any) -> subprocess.Popen[bytes]:
    """The program, running beside us. AbsentError."""
    command = _command(program, module, given)
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, env=_alone())  # noqa: S603 - our own


def run_peer(program: str, module: str, **given: Any) -> dict[str, Any]:
    """What the program measured. AbsentError."""
    command = _command(program, module, given)
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=True, env=_alone())  # noqa: S603
    except subprocess.TimeoutExpired:
        raise AbsentError(f"{program} took longer than {PATIENCE_S} s") from None
    except subprocess.CalledProcessError as error:
        last = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise AbsentError(f"{program} failed: {' '.join(last)}") from None
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _command(program: str, module: str, given: dict[str, Any]) -> list[str]:
    return [python(module), str(PEERS / f"{program}.py"), json.dumps(given)]


def _fails(command: list[str]) -> int:
    return subprocess.run(command, capture_output=True, check=False, env=_alone()).returncode  # noqa: S603


def _alone() -> dict[str, str]:
    """They are to find nothing of ours."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
