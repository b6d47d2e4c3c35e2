"""One incident in the browser: map, strips and words on one clock; decisions."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from sealtrack.console.access.roles import Role
from sealtrack.console.clock import now_ms
from sealtrack.console.intake.alerts import take_alerts
from sealtrack.schema import Kind, Severity
from sealtrack.settings import Console
from tests.console.browser.serving import Served
from tests.console.made import alert

pytestmark = pytest.mark.browser

SHIPMENT = "TQ26-0006"
"""Deviation, stop and opening in one trip."""


def incident_of(page: Page, shipment: str) -> str:
    items = page.request.get(f"/api/v1/incidents?q={shipment}").json()["items"]
    return str(items[0]["incident_id"])


@pytest.fixture
def incident(page: Page, served: Served) -> Page:
    """The incident of SHIPMENT, as an admin sees it."""
    served.sign_in(page)
    page.goto(f"/incidents/{incident_of(page, SHIPMENT)}")
    expect(page.locator("#story .alert")).to_have_count(3)
    return page


def pixels(page: Page) -> str:
    return str(page.evaluate("document.getElementById('map').toDataURL()"))


def test_it_says_why_and_what_happened_in_words(incident: Page) -> None:
    expect(incident.locator("#why li").first).to_contain_text("Lệch tuyến, 2026-03-10 14:16")
    story = incident.locator("#story")
    expect(story).to_contain_text("Mở niêm phong")
    expect(story).to_contain_text("Rời tuyến ở 187.67 km, xa hành lang nhất 3874 m, trong 1 giờ 9 phút.")
    expect(story).to_contain_text("Mở khóa, bằng thẻ CARD-0006, lần mở thứ 1, trong 38 phút")
    story.locator("summary", has_text="Chi tiết chứng cứ").first.click()
    expect(story).to_contain_text("Lệch tuyến xa nhất3874 m")
    expect(incident.locator("#about")).to_contain_text("15C-482.12")
    expect(incident.locator("#about")).to_contain_text("Cảng Đình Vũ → Cửa khẩu Hữu Nghị")
    expect(incident.locator("#declared")).to_contain_text("Vận tải Núi Phai Vệ")
    expect(incident.locator("#declared")).to_contain_text("508419674649")


def test_moment_map_strips_and_readout_are_one(incident: Page) -> None:
    whole = pixels(incident)
    incident.locator("#story .alert > button").nth(1).click()
    expect(incident.locator("#moment")).to_have_text("2026-03-10 14:28")
    expect(incident.locator("#now")).to_contain_text("2026-03-10 14:2")
    incident.wait_for_function("whole => document.getElementById('map').toDataURL() !== whole", arg=whole)
    incident.locator("#strips").focus()
    before = incident.locator("#now").inner_text()
    incident.keyboard.press("ArrowRight")
    assert incident.locator("#now").inner_text() != before
    box = incident.locator(".strip canvas").first.bounding_box()
    assert box
    incident.mouse.click(box["x"] + 1, box["y"] + 5)
    assert incident.input_value("#time") in [str(step) for step in range(40)]
    incident.locator("#strips").press("End")
    expect(incident.locator("#moment")).to_have_text("toàn bộ hành trình")


def test_the_timeline_tells_all_in_order_and_follows_the_clock(incident: Page) -> None:
    rows = incident.locator("#moments li")
    expect(rows.first).to_contain_text("03-10 10:09Khởi hành")
    times = rows.locator("time").all_inner_texts()
    assert times == sorted(times)
    expect(incident.locator("#moments")).to_contain_text("Thiết bị báo: mở khóa, thẻ sử dụng CARD-0006")
    expect(incident.locator("#moments")).to_contain_text("Mở niêm phong: kết thúc sau 38 phút")
    rows.get_by_role("button", name="Thiết bị báo: mở khóa").click()
    expect(incident.locator("#moment")).to_have_text("2026-03-10 14:32")
    expect(incident.locator("#now")).to_contain_text("đã mở")
    expect(incident.locator("#moments [aria-current]")).to_contain_text("Thiết bị báo: mở khóa")
    incident.locator("#strips").press("Home")
    expect(incident.locator("#moments [aria-current]")).to_contain_text("Khởi hành")


def test_it_plays_pauses_and_changes_speed(incident: Page) -> None:
    incident.select_option("#speed", "2")  # at twenty it may be at its end before it is paused
    incident.click("#play")
    expect(incident.locator("#play")).to_have_attribute("aria-pressed", "true")
    incident.wait_for_function("() => document.getElementById('time').value > 200")
    incident.click("#play")
    expect(incident.locator("#play")).to_have_attribute("aria-pressed", "false")
    expect(incident.locator("#now")).to_contain_text("2026-03-10")


def test_the_reports_behind_a_mark_and_the_versions_are_there(incident: Page) -> None:
    alert = incident.locator("#story .alert").nth(2)
    alert.locator("summary", has_text="Bản tin tại mốc này").click()
    rows = alert.locator("table tbody tr")
    expect(rows.first).to_contain_text("đã mở")
    cells = rows.first.locator("td").all_inner_texts()
    assert cells[1].endswith("feed.csv.gz")
    assert cells[2] == "0"
    assert int(cells[3]) > 0
    alert.locator("summary", has_text="Các phiên bản").click()
    expect(alert.locator(".versions li").first).to_contain_text("phát hiện lần đầu")
    changed = alert.locator(".versions li").nth(1)
    expect(changed).to_contain_text("thay đổi: ")
    expect(changed).to_contain_text(" → ")


def test_an_alert_has_an_address_of_its_own(incident: Page) -> None:
    incident.locator("#story .alert > button").nth(1).click()
    incident.wait_for_url(re.compile("#"))
    incident.reload()
    expect(incident.locator("#moment")).to_have_text("2026-03-10 14:28")


def test_alerts_of_the_trip_that_are_none_of_this_incident_are_named(page: Page, served: Served) -> None:
    noted = alert(6, Kind.low_battery, severity=Severity.info, shipment_id=SHIPMENT, seal_id="7900000006")
    with served.store.writing() as connection:
        take_alerts(connection, [noted], Console(), now_ms())
    served.sign_in(page)
    page.goto(f"/incidents/{incident_of(page, SHIPMENT)}")
    expect(page.locator("#others")).to_contain_text("Cảnh báo khác của chuyến này: Pin niêm phong yếu")
    page.locator("#others a").click()
    page.wait_for_url(f"**/shipments/{SHIPMENT}")
    expect(page.locator("#story .alert")).to_have_count(4)


def test_a_position_that_is_not_of_this_moment_shows_its_age(page: Page, served: Served) -> None:
    served.sign_in(page)
    page.goto(f"/incidents/{incident_of(page, 'TQ26-0017')}")  # jammed, then silent
    page.locator("#story .alert > button").nth(1).click()
    expect(page.locator("#moment")).to_have_text("2026-03-10 18:20")
    age = page.locator("#now dd").nth(1).inner_text()
    assert age.endswith("phút")
    assert int(age.split()[0]) >= 2
    expect(page.locator("#legend")).to_contain_text("vùng có thể khi mất tín hiệu")


def test_a_decision_is_made_shown_and_kept(incident: Page, served: Served) -> None:
    incident.click("[data-action=acknowledge]")
    expect(incident.locator("#state")).to_contain_text("đã tiếp nhận")
    incident.click("[data-action=assign]")
    incident.fill("dialog [name=unit]", "Chi cục Lạng Sơn")
    incident.click("dialog button.main")
    expect(incident.locator("#state")).to_contain_text("đã giao")
    incident.click("[data-action=verdict]")
    incident.select_option("dialog [name=verdict]", "explained")
    incident.select_option("dialog [name=reason]", "road_closed")
    incident.fill("dialog [name=text]", "Cầu hỏng <i>từ sáng</i>")
    incident.click("dialog button.main")
    first = incident.locator("#decisions li").first
    expect(first).to_contain_text("kết luận · admin")
    expect(first).to_contain_text("Có lý do chính đáng · đường bị chặn")
    expect(first.locator("p")).to_have_text("Cầu hỏng <i>từ sáng</i>")
    incident.reload()
    expect(incident.locator("#decisions li")).to_have_count(3)


def test_what_policy_refuses_is_said_in_the_form(incident: Page) -> None:
    incident.click("[data-action=close]")
    incident.click("dialog button.main")
    expect(incident.locator("dialog .problem")).to_contain_text("verdict first")


def test_a_suppression_takes_it_out_of_the_queue(incident: Page) -> None:
    incident.click("[data-action=suppress]")
    incident.fill("dialog [name=reason]", "Xe thử nghiệm")
    incident.click("dialog button.main")
    expect(incident.locator("#state")).to_contain_text("tạm ngưng")
    incident.goto("/suppressions")
    expect(incident.locator("#report tbody tr")).to_contain_text("Xe thử nghiệm")
    incident.click("#report button")
    expect(incident.locator("#report")).to_contain_text("Không có mục nào.")


def test_neighbours_are_those_of_the_queue_one_came_from(page: Page, served: Served) -> None:
    served.sign_in(page)
    page.goto("/?severity=warning")
    page.locator("#list tbody tr").nth(1).click()
    expect(page.locator("#back")).to_have_attribute("href", "/?severity=warning")
    expect(page.locator("#after")).to_be_visible()
    first = str(page.locator("#before").get_attribute("href"))
    page.keyboard.press("k")
    page.wait_for_url(f"**{first}")
    expect(page.locator("#after")).to_be_visible()
    expect(page.locator("#before")).to_be_hidden()
    page.click("#back")
    expect(page.locator("#list tbody tr")).to_have_count(3)


def test_another_units_incident_is_not_there(page: Page, served: Served) -> None:
    served.sign_in(page, Role.admin)
    wanted = incident_of(page, SHIPMENT)
    page.context.clear_cookies()
    served.sign_in(page, Role.analyst, "elsewhere", ("Chi cục khác",))
    answer = page.goto(f"/incidents/{wanted}")
    assert answer
    assert answer.status == 404
    expect(page.locator("main")).to_contain_text("thuộc đơn vị khác")
