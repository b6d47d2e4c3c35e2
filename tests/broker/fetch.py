"""Download Apache Kafka's jars, once, into `.kafka/` of the repository (ignored by git)."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

POM = Path(__file__).with_name("pom.xml")
CACHE = Path(__file__).parents[2] / ".kafka"
TRIES = 3
"""Of a download: one connection that breaks would fail all tests on a broker."""
NEEDS_JAVA = "the Kafka tests need Java 17 or later"


class BrokerUnavailableError(Exception):
    """No broker can be had here; the message says what to install."""


def java() -> str:
    """The `java` command; BrokerUnavailableError unless it is recent enough for Kafka 4."""
    home = os.environ.get("JAVA_HOME")
    command = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if command is None:
        raise BrokerUnavailableError(f"{NEEDS_JAVA}: install openjdk-17-jre-headless")
    banner = subprocess.run([command, "-version"], capture_output=True, text=True, check=True).stderr
    found = re.search(r'version "(\d+)', banner)
    if found is None or int(found[1]) < 17:
        raise BrokerUnavailableError(f"{NEEDS_JAVA}, found: {banner.splitlines()[0]}")
    return command


def version() -> str:
    """Of Apache Kafka."""
    found = re.search(r"<kafka.version>(.+)</kafka.version>", POM.read_text())
    assert found is not None, POM
    return found[1]


def fetch() -> Path:
    """The folder that holds the jars; runs Maven the first time.

    Raises:
        BrokerUnavailableError: no Maven, or the download failed.
    """
    jars = CACHE / version()
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "lock").open("w") as lock:  # several test processes may come at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.exists():
            _download(jars)
    return jars


def _download(jars: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise BrokerUnavailableError("the Kafka tests need Maven to fetch Apache Kafka: install maven")
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        command = [maven, "-B", "-q", "-f", str(POM), "dependency:copy-dependencies"]
        command += ["-DincludeScope=runtime", f"-DoutputDirectory={folder}/jars"]
        for _ in range(TRIES):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                break
        else:
            why = next((line for line in done.stdout.splitlines() if "ERROR" in line), "no message")
            raise BrokerUnavailableError(f"Maven could not fetch Apache Kafka: {why}")
        Path(folder, "jars").rename(jars)  # whole or not at all
