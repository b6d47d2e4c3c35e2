"""The rows on a broker: what they say of what is missing, and that the peers' rules are rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.speed import latency, others, wire, workers
from benchmarks.speed.broker import Ran
from benchmarks.speed.feed import national
from benchmarks.speed.peers.rules import Rules
from tests.broker import BrokerUnavailableError

PEERS: dict[str, dict[str, Any] | str] = {
    "confluent": {"records": 900_000, "clock_s": 1.0},
    "plain": {"records": 50_000, "clock_s": 1.0},
    "quix": {"records": 20_000, "clock_s": 1.0},
}


def test_every_aim_of_the_row_counts() -> None:
    row = wire._row(Ran(1_000_000, 1.0, 1.5), PEERS)
    assert row.met is True
    assert "1.00 M/s" in row.result
    assert "confluent-kafka consuming 0.90 M/s (1.1×)" in row.result
    assert wire._row(Ran(450_000, 1.0, 1.5), PEERS | {"confluent": PEERS["plain"]}).met is False, "too few"
    assert wire._row(Ran(800_000, 1.0, 1.5), PEERS).met is False, "confluent-kafka is quicker"
    assert wire._row(Ran(1_000_000, 1.0, 1.5), PEERS | {"quix": "is not installed"}).met is None, "nobody can tell"
    assert wire._row(Ran(100_000, 1.0, 1.5), PEERS | {"quix": "is not installed"}).met is False


@pytest.mark.parametrize("module", [wire, latency])
def test_without_a_broker_the_row_says_so(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise BrokerUnavailableError("needs Java")

    monkeypatch.setattr(module, "running_broker", none)
    monkeypatch.setattr(wire, "national", lambda *_: None)
    (row,) = (wire.to_alerts if module is wire else latency.to_alert)(0.1)
    assert (row.met, row.result) == (None, "not measured: needs Java")


def test_a_peer_that_is_not_there_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEALTRACK_PEERS", str(tmp_path))
    monkeypatch.setattr(others, "HOME", tmp_path)
    with pytest.raises(others.AbsentError, match=r"no_such_peer is not installed .*requirements\.txt"):
        others.run_peer("confluent_consume", "no_such_peer")


def test_the_rules_of_the_peers_say_what_they_should() -> None:
    rules = Rules([[106.0, 20.0], [106.0, 21.0]], 300.0)
    state: dict[str, Any] = {}

    def said(**changed: Any) -> list[str]:
        report = {"seal_id": "S", "time": 0, "lat": 20.5, "lon": 106.0, "lock": "locked", "events": [], "battery": 90}
        return [one["kind"] for one in rules.judge(report | changed, state)]

    assert [said(lon=106.01), said(lon=106.01), said(lon=106.01), said(lon=106.01)] == [[], [], ["route_deviation"], []]
    assert said(lock="unlocked", lat=20.6) == ["seal_open"]
    assert said(events=["rope_cut"], battery=9, lat=None) == ["seal_tamper", "low_battery"]
    halts = [said(lat=20.7) for _ in range(40)]
    assert [n for n, kinds in enumerate(halts) if kinds] == [30]


@pytest.mark.compiled
def test_workers_have_the_shipments_between_them() -> None:
    batches, shipments = zip(*(workers._part(number, 2, 6) for number in range(2)), strict=True)
    assert sorted(one.shipment_id for part in shipments for one in part) == sorted(
        one.shipment_id for one in national(6, workers.EACH).shipments
    )
    assert sum(len(batch) for part in batches for batch in part) == 6 * workers.EACH
