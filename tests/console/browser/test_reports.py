"""The pages of tables in the browser: statistics, devices, hand-over, audit log, users."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert

from sealtrack.console.access.roles import Role
from sealtrack.console.store import Store
from sealtrack.console.store.tables.worked import maintenance
from tests.console.browser.serving import Served

pytestmark = pytest.mark.browser


@pytest.fixture
def admin(page: Page, served: Served) -> Page:
    served.sign_in(page)
    return page


def test_statistics_are_by_what_one_chooses(admin: Page) -> None:
    admin.goto("/statistics")
    expect(admin.locator("#report table").first).to_contain_text("Đội Giám sát tuyến")
    admin.select_option("[name=by]", "rule")
    admin.click("#filters button.main")
    rows = admin.locator("#report table").first.locator("tbody tr")
    expect(rows).to_have_count(16)
    expect(rows.first).to_contain_text("Lệch tuyến")
    assert admin.url.endswith("/statistics?by=rule")
    with admin.expect_download() as download:
        admin.locator("[data-export]", has_text="csv").click()
    assert download.value.suggested_filename == "statistics.csv"


def test_work_on_a_seal_is_taken_and_done(admin: Page, store: Store) -> None:
    task = {"seal_id": "7900000004", "fault": "poor_fixes", "opened_ms": 1_773_000_000_000}
    with store.writing() as connection:
        connection.execute(insert(maintenance).values(**task, closed_ms=None, owner=None, text=None))
    admin.goto("/devices")
    work = admin.locator("#report li")
    expect(work).to_contain_text("định vị kém")
    work.get_by_role("button", name="Nhận việc").click()
    expect(work).to_contain_text("admin")
    work.get_by_role("button", name="Đã sửa").click()
    expect(work).to_have_count(0)


def test_the_hand_over_tells_what_was_done_and_what_waits(admin: Page) -> None:
    incident = admin.request.get("/api/v1/incidents").json()["items"][0]
    token = admin.request.get("/api/v1/me").json()["csrf"]
    path = f"/api/v1/incidents/{incident['incident_id']}/note"
    headers = {"X-CSRF-Token": token, "Origin": admin.request.get("/login").url.removesuffix("/login")}
    assert admin.request.post(path, data={"text": "Giữ xe chờ ca sau"}, headers=headers).ok
    admin.goto("/handover")
    expect(admin.locator("#report")).to_contain_text("Giữ xe chờ ca sau")
    expect(admin.locator("#report")).to_contain_text(incident["shipment_id"])


def test_a_shipment_leads_to_its_seal_and_its_incident(admin: Page) -> None:
    admin.goto("/shipments/TQ26-0006")
    expect(admin.locator("#declared")).to_contain_text("Vận tải Núi Phai Vệ")
    admin.locator("#about a", has_text="7900000006").click()
    expect(admin.locator("h1")).to_have_text("Niêm phong 7900000006")
    expect(admin.locator("#declared")).to_contain_text("haiphong-huunghi")
    admin.locator("#incidents a").click()
    expect(admin.locator("#story .alert")).to_have_count(3)


def test_a_shipment_that_is_not_ones_own_is_not_there(page: Page, served: Served) -> None:
    served.sign_in(page, Role.analyst, "elsewhere", ("Đội khác",))
    for path in ("/shipments/TQ26-0006", "/seals/7900000006", "/shipments/%2e%2e%2fusers"):
        page.goto(path)
        expect(page.locator(".problem")).to_contain_text("Không tải được")


def test_the_audit_log_is_shown_and_said_to_be_intact(admin: Page) -> None:
    admin.goto("/audit")
    expect(admin.locator("#report")).to_contain_text("Chuỗi nhật ký nguyên vẹn")
    expect(admin.locator("#report tbody tr").first).to_contain_text("đăng nhập")


def test_a_user_is_made_with_a_one_time_password_and_shut_out_again(admin: Page) -> None:
    admin.goto("/users")
    admin.fill("#add [name=user]", "lan")
    admin.fill("#add [name=name]", "Nguyễn Thị Lan")
    admin.select_option("#add [name=role]", "analyst")
    admin.fill("#add [name=units]", "Đội Giám sát tuyến\nChi cục Lạng Sơn")
    admin.click("#add button.main")
    expect(admin.locator("#made")).to_contain_text("Mật khẩu một lần của lan: ")
    row = admin.locator("#report tr", has_text="Nguyễn Thị Lan")
    expect(row).to_contain_text("Chi cục Lạng Sơn, Đội Giám sát tuyến")
    row.get_by_role("button", name="Khóa: lan").click()
    expect(row).to_contain_text("không")


def test_a_page_that_ones_role_does_not_permit_says_so(page: Page, served: Served) -> None:
    served.sign_in(page, Role.viewer)
    answer = page.goto("/audit")
    assert answer
    assert answer.status == 403
    expect(page.locator("main")).to_contain_text("không có quyền")
