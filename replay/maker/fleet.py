"""Who drives what: fictional carriers, plates, declarations."""

from __future__ import annotations

import numpy as np

from sealtrack.schema import Shipment

CARRIERS = (
    "Vận tải Sao Biển",
    "Công ty TNHH Hoa Phượng Đỏ",
    "HTX Vận tải Đèo Sài Hồ",
    "Vận tải Bạch Đằng Xanh",
    "Công ty CP Logistics Sông Cấm",
    "Vận tải Núi Phai Vệ",
)
CARGO = ("linh kiện điện tử", "hàng đông lạnh", "hạt nhựa", "máy công cụ", "vải cuộn", "rượu ngoại", "thiết bị y tế")
PLATES = ("15C", "15H", "12C", "12H", "29H", "98C")
UNIT = "Đội Giám sát tuyến"


def declare(index: int, *, route: str, zones: tuple[str, str], depart_ms: int, rng: np.random.Generator) -> Shipment:
    """A declared transport; `arrive_by` and `closed_at` are not known yet."""
    return Shipment(
        shipment_id=f"TQ26-{index + 1:04d}",
        seal_id=f"79{index + 1:08d}",
        route_id=route,
        depart_at=depart_ms,
        origin_zone=zones[0],
        destination_zone=zones[1],
        declaration_no=f"50{rng.integers(10**9, 10**10)}",
        carrier=str(rng.choice(CARRIERS)),
        vehicle=f"{rng.choice(PLATES)}-{rng.integers(100, 1000)}.{rng.integers(0, 100):02d}",
        cargo=str(rng.choice(CARGO)),
        open_cards=(f"CARD-{index + 1:04d}", "CARD-GATE"),
        unit=UNIT,
    )
