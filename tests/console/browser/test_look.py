"""Every page: in both languages, light and dark, usable without a mouse and with a screen reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.console.browser.look import faults, weak_contrasts
from tests.console.browser.serving import PASSWORD, Served

pytestmark = pytest.mark.browser

PIXEL = "document.getElementById('map').getContext('2d').getImageData(3, 3, 1, 1).data[0]"
LOCAL = "text => new Date(Date.parse(text) + 7 * 3600e3).toISOString().slice(0, 16).replace('T', ' ')"
SHOWS = {
    "/": "#list tbody tr",
    "/incidents/{incident}": "#story .alert",
    "/live": "body[data-ready]",
    "/suppressions": "body[data-ready]",
    "/statistics?by=carrier": "body[data-ready] table",
    "/devices": "body[data-ready] table",
    "/shipments/TQ26-0006": "body[data-ready] .alert",
    "/seals/7900000006": "body[data-ready] .alert",
    "/handover": "body[data-ready] .card",
    "/audit": "body[data-ready] table",
    "/users": "#report table",
    "/password": "#password",
}


def address(path: str, page: Page) -> str:
    if "{incident}" not in path:
        return path
    items = page.request.get("/api/v1/incidents").json()["items"]
    return path.format(incident=items[0]["incident_id"])


def visit(page: Page, served: Served, path: str) -> None:
    served.sign_in(page)
    page.goto(address(path, page))
    page.locator(SHOWS[path]).first.wait_for(state="attached")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", SHOWS)
def test_a_page_has_names_headings_and_contrast(
    open_page: Callable[..., Page], served: Served, path: str, scheme: str
) -> None:
    page = open_page(color_scheme=scheme)
    visit(page, served, path)
    assert faults(page) == []
    assert weak_contrasts(page) == {}


def test_the_login_page_too(open_page: Callable[..., Page]) -> None:
    page = open_page(color_scheme="dark")
    page.goto("/login")
    assert faults(page) == []
    assert weak_contrasts(page) == {}


def test_the_language_is_chosen_and_kept(page: Page, served: Served) -> None:
    visit(page, served, "/")
    expect(page.locator("h1")).to_have_text("Hàng đợi sự việc")
    expect(page.locator("#list")).to_contain_text("Lệch tuyến")
    page.select_option("#language", "en")
    expect(page.locator("h1")).to_have_text("Incident queue")
    expect(page.locator("#list")).to_contain_text("Route deviation")
    page.goto(address("/incidents/{incident}", page))
    expect(page.locator("#story .alert").first).to_be_attached()
    assert page.locator("html").get_attribute("lang") == "en"
    assert "Vì sao" not in page.content()


def background(page: Page) -> Any:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_the_theme_follows_the_system_until_one_is_chosen(open_page: Callable[..., Page], served: Served) -> None:
    page = open_page(color_scheme="dark")
    visit(page, served, "/live")
    dark, map_dark = background(page), pixel(page)
    page.select_option("#theme", "light")
    light = background(page)
    assert light != dark
    page.wait_for_function(
        "before => document.getElementById('map').getContext('2d').getImageData(3, 3, 1, 1).data[0] !== before",
        arg=map_dark,
    )
    page.reload()
    assert background(page) == light


def pixel(page: Page) -> Any:
    return page.evaluate(PIXEL)


def test_times_are_in_the_consoles_zone_and_say_so(page: Page, served: Served) -> None:
    visit(page, served, "/incidents/{incident}")
    expect(page.locator("footer")).to_contain_text("Asia/Ho_Chi_Minh, UTC+07:00")
    shown = page.locator("#story .alert .quiet").first.inner_text()
    start = page.request.get(f"/api/v1{page.url[page.url.index('/incidents') :]}").json()["alerts"][0]["start"]
    local = page.evaluate(
        "text => new Date(Date.parse(text) + 7 * 3600e3).toISOString().slice(0, 16).replace('T', ' ')", start
    )
    assert shown.startswith(local)


@pytest.mark.parametrize("size", [(1280, 720), (3840, 2160), (800, 1100)])
def test_nothing_is_wider_than_the_screen(
    open_page: Callable[..., Page], served: Served, size: tuple[int, int]
) -> None:
    page = open_page(viewport={"width": size[0], "height": size[1]})
    visit(page, served, "/incidents/{incident}")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_one_can_skip_to_the_content(page: Page, served: Served) -> None:
    visit(page, served, "/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_language_is_kept_with_the_user_in_every_browser(
    open_page: Callable[..., Page], page: Page, served: Served
) -> None:
    visit(page, served, "/")
    page.select_option("#language", "en")
    expect(page.locator("h1")).to_have_text("Incident queue")
    elsewhere = open_page()
    elsewhere.goto("/login")
    assert elsewhere.locator("html").get_attribute("lang") == "vi"
    elsewhere.fill("[name=user]", "admin")
    elsewhere.fill("[name=password]", PASSWORD)
    elsewhere.click("#login button")
    expect(elsewhere.locator("h1")).to_have_text("Incident queue")
