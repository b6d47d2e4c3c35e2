"""The queue in the browser: filters in the address, keys, news."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from sealtrack.console.access.roles import Role
from tests.console.browser.serving import Served

pytestmark = pytest.mark.browser


@pytest.fixture
def queue(page: Page, served: Served) -> Page:
    """The queue, as an admin sees it."""
    served.sign_in(page)
    page.goto("/")
    expect(page.locator("#list tbody tr")).to_have_count(9)
    return page


def test_without_a_session_one_is_sent_to_log_in_and_back(page: Page, served: Served) -> None:
    page.goto("/?severity=critical")
    assert page.url.endswith("/login?next=%2F%3Fseverity%3Dcritical")


def test_it_is_triaged_by_keys_alone(queue: Page) -> None:
    row = queue.locator("#list tbody tr.at")
    first = row.get_attribute("data-id")
    queue.keyboard.press("j")
    second = row.get_attribute("data-id")
    assert second != first
    queue.keyboard.press("a")
    expect(row).to_contain_text("đã tiếp nhận")
    queue.keyboard.press("n")
    queue.locator("dialog textarea").fill("Đã gọi lái xe")
    queue.keyboard.press("Tab")
    queue.keyboard.press("Tab")
    queue.keyboard.press("Enter")
    expect(queue.locator("#said")).to_have_text("Đã ghi nhận: Ghi chú")
    queue.keyboard.press("v")
    expect(queue.locator("dialog")).to_be_visible()
    queue.keyboard.press("Escape")
    expect(queue.locator("dialog")).to_have_count(0)
    queue.keyboard.press("k")
    assert row.get_attribute("data-id") == first
    queue.keyboard.press("?")
    expect(queue.locator("dialog")).to_contain_text("Phím tắt")
    queue.keyboard.press("Escape")
    queue.keyboard.press("Enter")
    expect(queue).to_have_url(f"{queue.url.split('/incidents')[0].rstrip('/')}/incidents/{first}")


def test_the_filter_is_in_the_address_and_back_again(queue: Page) -> None:
    queue.select_option("select[name=kind]", "seal_open")
    queue.click("#filters button.main")
    rows = queue.locator("#list tbody tr")
    expect(rows).to_have_count(3)
    assert queue.url.endswith("?kind=seal_open&sort=score")
    queue.reload()
    expect(rows).to_have_count(3)
    assert queue.input_value("select[name=kind]") == "seal_open"
    queue.go_back()
    expect(rows).to_have_count(9)
    queue.fill("[name=q]", "15C-482.12")
    queue.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("TQ26-0006")
    assert queue.locator("#twin").get_attribute("href").endswith("?q=15C-482.12&sort=score")  # type: ignore[union-attr]


def test_pages_are_turned_and_sorted_in_the_store(queue: Page) -> None:
    queue.goto("/?size=4&sort=start")
    rows = queue.locator("#list tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.first).to_contain_text("TQ26-0023")
    queue.get_by_role("button", name="Trang cuối").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("TQ26-0003")
    expect(queue.locator("#pages")).to_contain_text("Trang 3 / 3")
    assert "page=3" in queue.url


def test_times_of_a_filter_are_in_the_consoles_zone(queue: Page) -> None:
    queue.goto("/?from=2026-03-10T13:00:00.000Z")
    expect(queue.locator("[name=from]")).to_have_value("2026-03-10T20:00")
    queue.click("#filters button.main")
    assert "from=2026-03-10T13%3A00%3A00.000Z" in queue.url


def test_a_view_is_saved_used_and_removed(queue: Page) -> None:
    queue.goto("/?severity=warning")
    queue.click("#save-view")
    queue.fill("dialog input", "Chỉ cảnh báo <b>")
    queue.keyboard.press("Enter")
    expect(queue.locator("#views a")).to_have_count(1)
    queue.goto("/")
    queue.click("text=Chỉ cảnh báo <b>")
    expect(queue.locator("#list tbody tr")).to_have_count(3)
    queue.click("#views button")
    expect(queue.locator("#views a")).to_have_count(0)


def test_what_somebody_else_does_is_told_at_once(queue: Page, served: Served, open_page: Callable[..., Page]) -> None:
    expect(queue.locator("#new-count")).to_have_text("9")
    other = open_page()
    served.sign_in(other, Role.analyst)
    other.goto("/")
    expect(other.locator("#list tbody tr")).to_have_count(9)
    other.keyboard.press("a")
    expect(queue.locator("#new-count")).to_have_text("8")
    expect(queue.locator("#fresh")).to_be_visible()
    queue.click("#fresh")
    expect(queue.locator("#list tbody tr").first).to_contain_text("đã tiếp nhận")


def test_who_may_only_look_is_offered_nothing_to_decide(page: Page, served: Served) -> None:
    served.sign_in(page, Role.viewer)
    page.goto("/")
    page.locator("#list tbody tr").first.click()
    expect(page.locator("#actions")).to_have_text("Bạn chỉ có quyền xem.")
    expect(page.locator("#bar nav")).not_to_contain_text("Người dùng")
    assert page.goto("/users").status == 403  # type: ignore[union-attr]
