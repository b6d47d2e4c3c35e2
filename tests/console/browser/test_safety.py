"""Nothing that somebody else wrote runs, and nothing leaves the machine. Requests elsewhere fail any test here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from sealtrack.console.store import Store
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.judged import incidents
from sealtrack.settings import Console
from tests.console.browser.serving import Served, serving

pytestmark = pytest.mark.browser

HOSTILE = (
    "</script><script>document.title='owned'</script><img src=//evil.example/x onerror=\"document.title='owned'\">"
)


@pytest.fixture
def hostile(store: Store) -> None:
    """A carrier, a plate and a cargo with script in them."""
    with store.writing() as connection:
        for table in (shipments, incidents):
            connection.execute(update(table).values(carrier=HOSTILE, vehicle=HOSTILE, cargo=HOSTILE))


@pytest.mark.usefixtures("hostile")
def test_script_in_a_carriers_name_is_text(page: Page, served: Served) -> None:
    served.sign_in(page)
    page.goto("/")
    expect(page.locator("#list tbody tr").first).to_contain_text("onerror")
    page.locator("#list tbody tr").first.click()
    expect(page.locator("#declared")).to_contain_text(HOSTILE)
    assert page.title() != "owned"
    assert page.locator("main img").count() == 0


def test_script_in_an_address_is_text(page: Page, served: Served) -> None:
    served.sign_in(page)
    for path in (f"/?q={HOSTILE}&status={HOSTILE}", f"/shipments/{HOSTILE}", f"/login?next=//evil.example/{HOSTILE}"):
        page.goto(path)
        page.locator("h1").wait_for()
        assert page.title() != "owned"
        assert page.locator("main img").count() == 0


def test_after_login_one_stays_on_this_server(page: Page, served: Served) -> None:
    served.sign_in(page)
    page.context.clear_cookies()
    page.goto("/login?next=//evil.example/")
    page.fill("[name=user]", "admin")
    page.fill("[name=password]", "correct horse battery")
    page.click("#login button")
    page.wait_for_url(f"{served.address}/")


@pytest.mark.parametrize("path", ["/login", "/", "/live", "/nothing"])
def test_pages_hold_no_script_or_style_of_their_own(page: Page, served: Served, path: str) -> None:
    served.sign_in(page)
    answer = page.request.get(path)
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    html = answer.text()
    assert "style=" not in html
    assert " onclick" not in html
    assert "<script>" not in html


def test_a_script_put_into_a_page_does_not_run(page: Page, served: Served) -> None:
    served.sign_in(page)
    page.goto("/")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), { text: 'window.owned = 1' }))")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<b onclick=\"window.owned = 1\">x</b>')")
    page.locator("b", has_text="x").last.click()
    assert page.evaluate("window.owned") is None


def test_sources_beside_the_scripts_are_not_served(page: Page, served: Served) -> None:
    served.sign_in(page)
    for path in ("/static/map/scene.py", "/static/map/../settings.py", "/static/../pages/frame.py", "/static/js/"):
        assert page.request.get(path).status == 404, path


def test_signing_out_ends_the_session(page: Page, served: Served) -> None:
    served.sign_in(page)
    page.goto("/")
    page.click("#logout")
    page.wait_for_url("**/login**")  # whatever the page asks for meanwhile sends there, too, to come back
    page.goto("/live")
    assert "/login" in page.url


def test_tiles_and_layers_are_asked_for_only_where_settings_name_them(
    chromium: Browser, store: Store, tmp_path: Path
) -> None:
    layer = tmp_path / "river.geojson"
    layer.write_text('{"type": "LineString", "coordinates": [[105, 20], [106, 21]]}', encoding="utf-8")
    settings = Console(tiles="https://tiles.example/{z}/{x}/{y}.png", layers=(layer,))
    with serving(store, settings) as served:
        context = chromium.new_context(base_url=served.address)
        page = context.new_page()
        served.sign_in(page)
        page.route("https://tiles.example/**", lambda route: route.abort())
        with page.expect_request("https://tiles.example/**"), page.expect_response("**/layers/0.geojson") as answered:
            page.goto("/live")
        assert answered.value.ok
        assert page.request.get("/layers/1.geojson").status == 404
        context.close()


def test_keyboard_focus_is_seen(open_page: Callable[..., Page], served: Served) -> None:
    page = open_page()
    served.sign_in(page)
    page.goto("/")
    page.locator("#list tbody tr").first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2
