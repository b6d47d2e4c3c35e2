"""`python -m tests.broker fetch` downloads the broker; `… run` starts one and stops it with Ctrl-C."""

import signal
import sys
import tempfile
from pathlib import Path

from tests.broker import Broker, BrokerUnavailableError, fetch


def main(arguments: list[str]) -> int:
    try:
        if arguments == ["fetch"]:
            sys.stdout.write(f"Apache Kafka is in {fetch()}\n")
            return 0
        if arguments == ["run"]:
            return _run()
    except BrokerUnavailableError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    sys.stderr.write(f"{__doc__}\n")
    return 2


def _run() -> int:
    with tempfile.TemporaryDirectory() as folder, Broker(Path(folder)) as broker:
        sys.stdout.write(f"Kafka answers at {broker.bootstrap}; Ctrl-C stops it\n")
        sys.stdout.flush()
        stops = {signal.SIGINT, signal.SIGTERM}
        signal.pthread_sigmask(
            signal.SIG_BLOCK, stops
        )  # else a SIGTERM ends this process and leaves the broker running
        signal.sigwait(stops)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
