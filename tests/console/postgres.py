"""A PostgreSQL server as a child process, for the time of the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Self

import psycopg

_NOBODY_ELSES = "postgres"
"""The account that runs it where the tests run as root, which PostgreSQL refuses."""


class PostgresUnavailableError(Exception):
    """It is not installed; says how to mend that."""


class Postgres:
    """Listens on a socket in a folder of its own, on no port."""

    def __init__(self) -> None:
        self._bin = _programs()
        self._account = pwd.getpwnam(_NOBODY_ELSES) if os.geteuid() == 0 else None
        self._count = 0

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="sealtrack-pg-"))  # short: a socket's path has 107 characters
        if self._account:
            os.chown(self._folder, self._account.pw_uid, self._account.pw_gid)
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        options = f"-c listen_addresses= -c unix_socket_directories={self._folder} -c fsync=off"
        self._run("pg_ctl", "-w", "-o", options, "-l", str(self._folder / "log"), "start")
        return self

    def __exit__(self, *_exception: object) -> None:
        self._run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str) -> None:
        account: dict[str, Any] = {}
        if self._account:
            account = {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}
        command = [str(self._bin / program), "-D", str(self._folder / "data"), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=self._folder, **account)

    def new_database(self) -> str:
        """The URL of an empty database."""
        self._count += 1
        name = f"console{self._count}"
        with psycopg.connect(f"host={self._folder} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return f"postgresql://postgres@/{name}?host={self._folder}"


def _programs() -> Path:
    on_path = shutil.which("initdb")
    found = [Path(on_path)] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise PostgresUnavailableError("PostgreSQL is not installed: apt-get install postgresql")
    if os.geteuid() == 0 and not any(account.pw_name == _NOBODY_ELSES for account in pwd.getpwall()):
        raise PostgresUnavailableError("as root, these tests need an account `postgres`: apt-get install postgresql")
    return found[-1].parent
