"""The whole story: the demo, a first login, an incident looked at, judged, packed and proved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from typer.testing import CliRunner

from sealtrack.cli.main import app
from sealtrack.console.serve import first_login
from tests.console.browser.serving import Served

pytestmark = pytest.mark.browser

NEW = "niêm phong an toàn 2026"


def log_in(page: Page, one_time: str) -> None:
    page.goto("/")
    page.fill("[name=user]", "admin")
    page.fill("[name=password]", "not this one")
    page.click("#login button")
    expect(page.locator(".problem")).to_have_text("Sai tên đăng nhập hoặc mật khẩu.")
    page.fill("[name=password]", one_time)
    page.click("#login button")
    page.wait_for_url("**/password")
    page.goto("/live")  # nothing else may be seen before it is changed
    page.wait_for_url("**/password")
    page.fill("[name=old]", one_time)
    page.fill("[name=new]", NEW)
    page.fill("[name=again]", NEW + "?")
    page.click("#password button")
    expect(page.locator(".problem")).to_have_text("Hai lần nhập mật khẩu mới không giống nhau.")
    page.fill("[name=again]", NEW)
    page.click("#password button")


def look_and_judge(page: Page) -> None:
    page.locator("#list a", has_text="TQ26-0006").click()
    page.locator("#story .alert").first.wait_for()
    page.select_option("#speed", "20")
    page.click("#play")
    expect(page.locator("#moment")).not_to_have_text("toàn bộ hành trình")
    expect(page.locator("#moment")).to_have_text("toàn bộ hành trình")  # it has played to its end
    page.click("[data-action=verdict]")
    page.select_option("dialog [name=verdict]", "confirmed")
    page.select_option("dialog [name=reason]", "smuggling")
    page.fill("dialog [name=text]", "Container bị mở ngoài tuyến")
    page.click("dialog button.main")
    expect(page.locator("#decisions")).to_contain_text("Xác nhận vi phạm · buôn lậu")


def test_from_the_first_login_to_a_pack_that_proves_itself(
    open_page: Callable[..., Page], served: Served, tmp_path: Path
) -> None:
    one_time = first_login(served.store)
    assert one_time
    page = open_page(accept_downloads=True)
    log_in(page, one_time)
    expect(page.locator("#list tbody tr")).to_have_count(9)
    look_and_judge(page)
    with page.expect_download() as download:
        page.click("#pack")
    pack = tmp_path / "pack.zip"
    download.value.save_as(pack)
    proved = CliRunner().invoke(app, ["evidence", "verify", str(pack)])
    assert proved.exit_code == 0, proved.stderr
    pack.write_bytes(pack.read_bytes().replace(b"PK", b"KP", 1))
    assert CliRunner().invoke(app, ["evidence", "verify", str(pack)]).exit_code != 0
