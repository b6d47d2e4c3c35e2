"""The live map in the browser, with more seals than the country has."""

from __future__ import annotations

import math
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.console.browser.serving import Served

pytestmark = pytest.mark.browser

SEALS = 10_000
COUNTED = """() => {
  const map = document.getElementById("map");
  const { data } = map.getContext("2d").getImageData(0, 0, map.width, map.height);
  let red = 0;
  for (let i = 0; i < data.length; i += 4) red += data[i] > 150 && data[i + 1] < 90 && data[i + 2] < 90;
  return red;
}"""
"""Pixels in the colour of the gravest."""


def many() -> dict[str, Any]:
    """10,000 seals on a spiral around the corridors; every tenth is a risk, every fifth is stale."""
    columns = ["seal_id", "shipment_id", "lat", "lon", "time_ms", "age_s", "state", "score", "eta_ms"]
    seals = []
    for n in range(SEALS):
        turn, reach = n * 0.05, 0.5 + 3.5 * n / SEALS
        place = (round(16 + reach * math.cos(turn), 5), round(106.5 + reach * math.sin(turn), 5))
        state, age_s = ("stale", 4_000) if n % 5 == 0 else ("moving", 20)
        score = 90 if n % 10 == 3 else 0
        seals.append([f"S{n}", f"VN-{n:05}", *place, 1_773_200_000_000, age_s, state, score, 1_773_210_000_000])
    return {"clock": "2026-03-11T03:33:20.000Z", "columns": columns, "seals": seals}


@pytest.fixture
def crowded(page: Page, served: Served) -> Page:
    served.sign_in(page)
    document = many()

    def answer(route: Route) -> None:
        route.fulfill(json=document)

    page.route("**/api/v1/live", answer)
    page.goto("/live")
    page.locator(f"body[data-ready='{SEALS}']").wait_for()
    return page


def test_ten_thousand_seals_are_drawn_and_counted(crowded: Page) -> None:
    expect(crowded.locator("#live-count")).to_have_text("10.000 lô hàng đang vận chuyển")
    expect(crowded.locator("#live-clock")).to_have_text("Số liệu đến 2026-03-11 10:33")
    crowded.wait_for_function(f"() => ({COUNTED})() > 5000")
    expect(crowded.locator("#risk tbody tr")).to_have_count(100)
    expect(crowded.locator("#risk tbody tr").first).to_contain_text("90")


def test_ten_thousand_seals_can_be_moved_about(crowded: Page) -> None:
    crowded.locator("#map").focus()
    before = crowded.evaluate("document.getElementById('map').toDataURL()")
    for key in ["ArrowLeft", "ArrowUp", "+", "+"]:
        crowded.keyboard.press(key)
    crowded.wait_for_function("before => document.getElementById('map').toDataURL() !== before", arg=before)


def test_one_of_them_is_found_and_says_how_old_its_position_is(crowded: Page) -> None:
    crowded.fill("#find", "VN-00005")
    row = crowded.locator("#risk tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("vị trí đã cũ")
    expect(row).to_contain_text("1 giờ 7 phút")
    box = crowded.locator("#map").bounding_box()
    assert box
    crowded.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(crowded.locator("#tip")).to_contain_text("VN-00005")
    expect(crowded.locator("#tip")).to_contain_text("vị trí đã cũ 1 giờ 7 phút")


def test_the_demos_own_shipments_are_there(page: Page, served: Served) -> None:
    served.sign_in(page)
    page.goto("/live")
    page.locator("body[data-ready='2']").wait_for()
    expect(page.locator("#risk tbody tr").first).to_contain_text("TQ26-0020")
