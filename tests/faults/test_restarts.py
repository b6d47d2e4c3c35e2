"""Another law at the next start."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sealtrack import geofence, policy_file
from sealtrack.io.files import read_shipments
from sealtrack.replay import replay
from sealtrack.schema import Alert
from sealtrack.service.recovery import reread_from_ms
from tests.broker.expect import GEOFENCES, SCENARIOS, assert_told_once
from tests.broker.worker import PATIENCE_S, Worker
from tests.faults.scene import SCENARIO, Feed


def test_other_thresholds_are_told_as_differences(worker: Worker, tmp_path: Path) -> None:
    Feed(worker).go_on()
    worker.run_until_end()
    before = worker.alerts()
    policy = tmp_path / "policy.toml"
    policy.write_text("[default]\nstop_warning_s = 300\n", encoding="utf-8")
    assert worker.start("--until-end", SEALTRACK_SERVICE_POLICY=str(policy)).wait(PATIENCE_S) == 0, worker.said()
    assert "its checkpoint is not used" in worker.said()
    folder, after = SCENARIOS / SCENARIO, worker.alerts()
    shipments, _ = read_shipments(folder / "shipments.csv")
    policies = policy_file.load(policy)
    result = replay([folder / "feed.csv.gz"], geofence.load(GEOFENCES), shipments, policies)
    clock_ms, horizon_ms = int(result.reports.rows["received_ms"].max()), int(policies.default.horizon_s * 1000)
    from_ms = reread_from_ms(shipments, clock_ms, horizon_ms, 7 * 86_400_000)
    again = {one.shipment_id for one in shipments if one.depart_at >= from_ms}
    assert 0 < len(again) < len(shipments)

    def of(alerts: Iterable[Alert], *, read_again: bool) -> list[Alert]:
        return [alert for alert in alerts if (alert.shipment_id in again) == read_again]

    assert of(after, read_again=False) == of(before, read_again=False)  # over: their word stands
    assert_told_once(of(after, read_again=True), of(result.alerts, read_again=True))
    assert all(version in after for version in before)
    assert len(before) < len(after) < len(before) + len(result.alerts)  # what holds under both was not told again
