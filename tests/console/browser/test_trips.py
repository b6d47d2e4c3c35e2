"""A whole trip in the browser: of a shipment, of a seal, and what others saw of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import insert, update

from sealtrack import data
from sealtrack.console.intake.files import Files, fill, read_files
from sealtrack.console.store import Store, open_store
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.judged import unjudged
from sealtrack.settings import Console
from tests.console.browser.serving import Served, serving
from tests.console.test_tiles import RED, archive, picture

pytestmark = pytest.mark.browser

WRITTEN = """{
  window.written = new Set();
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    written.add(text);
    return fillText.call(this, text, ...rest);
  };
}"""
"""Notes what is written on the map."""
UNDER = """() => {
  const map = document.getElementById("map");
  const [r, g, b] = map.getContext("2d").getImageData(3, map.height - 3, 1, 1).data;
  return r > 180 && g < 60 && b < 60;
}"""
"""A corner of the map has the tiles' colour."""
SHIPMENT, SEAL = "TQ26-0006", "7900000006"
COLOURS = """names => {
  const probe = document.body.appendChild(document.createElement("i")), map = document.getElementById("map");
  const { data } = map.getContext("2d").getImageData(0, 0, map.width, map.height);
  return names.map((name) => {
    probe.style.color = `var(--${name})`;
    const [r, g, b] = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
    let found = 0;
    for (let i = 0; i < data.length; i += 4) found += data[i] === r && data[i + 1] === g && data[i + 2] === b;
    return found;
  });
}"""
"""How many pixels of the map have these colours of the style sheet."""


@pytest.fixture
def admin(page: Page, served: Served) -> Page:
    served.sign_in(page)
    return page


def whole(page: Page) -> Page:
    page.locator("body[data-ready]").wait_for()
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    return page


def test_a_shipments_whole_trip_is_on_the_map_in_its_states(admin: Page) -> None:
    admin.goto(f"/shipments/{SHIPMENT}")
    driving, off_route, mark = whole(admin).evaluate(COLOURS, ["state-locked", "state-off", "seal_open"])
    assert driving > 300
    assert off_route > 20
    assert mark > 20
    expect(admin.locator("#legend")).to_contain_text("ngoài tuyến")
    expect(admin.locator("#story .alert")).to_have_count(3)
    expect(admin.locator("#moments")).to_contain_text("Khởi hành")
    expect(admin.locator("#incidents")).to_contain_text("100")
    expect(admin.locator("#seal")).to_contain_text("2026-03-10 16:38 (9 giờ 26 phút)")
    admin.locator("#incidents a").click()
    admin.wait_for_url("**/incidents/*")


def test_a_trip_is_played_and_scrubbed_like_an_incident(admin: Page) -> None:
    admin.goto(f"/shipments/{SHIPMENT}")
    whole(admin)
    admin.locator("#story .alert > button").nth(2).click()
    expect(admin.locator("#moment")).to_have_text("2026-03-10 14:32")
    expect(admin.locator("#now")).to_contain_text("đã mở")
    admin.reload()
    expect(admin.locator("#moment")).to_have_text("2026-03-10 14:32")
    admin.select_option("#speed", "20")
    admin.click("#play")
    admin.wait_for_function("() => document.getElementById('moment').textContent > '2026-03-10 14:40'")


def test_a_seal_shows_the_trip_that_one_chooses(admin: Page, store: Store) -> None:
    with store.writing() as connection:  # the seal served another shipment before
        connection.execute(update(shipments).where(shipments.c.shipment_id == "TQ26-0001").values(seal_id=SEAL))
    admin.goto(f"/seals/{SEAL}")
    whole(admin)
    rows = admin.locator("#trips tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text(SHIPMENT)
    expect(rows.first).to_have_attribute("aria-current", "true")
    expect(admin.locator("#story .alert")).to_have_count(3)
    rows.nth(1).get_by_role("link", name="Xem").click()
    admin.wait_for_url("**?trip=TQ26-0001")
    expect(admin.locator("#trips tbody tr").nth(1)).to_have_attribute("aria-current", "true")
    expect(admin.locator("#story .alert")).to_have_count(0)


def test_a_trip_under_way_ends_where_it_is_now_with_the_age_of_that(admin: Page) -> None:
    admin.add_init_script(WRITTEN)
    admin.goto("/shipments/TQ26-0020")  # silent since two hours
    whole(admin)
    expect(admin.locator("#seal")).to_contain_text("(2 giờ 6 phút)")
    admin.wait_for_function("() => written.has('vị trí đã cũ 2 giờ 7 phút')")
    admin.locator("#story .alert > button").first.click()
    expect(admin.locator("#moment")).to_have_text("2026-03-10 21:34")
    whole(admin)
    admin.evaluate("written.clear()")  # nothing that was drawn before is drawn any more
    admin.locator("#map").press("ArrowLeft")
    admin.wait_for_function("() => written.size > 0")
    assert "vị trí đã cũ 2 giờ 7 phút" not in admin.evaluate("[...written]"), "then it was fresh"


def test_a_trip_that_was_not_judged_whole_says_what_to_do(admin: Page, store: Store) -> None:
    late = {"shipment_id": SHIPMENT, "late_reports": 7, "horizon_needed_s": 43_200}
    with store.writing() as connection:
        connection.execute(insert(unjudged).values(**late))
    for path in (f"/shipments/{SHIPMENT}", f"/incidents/{incident_of(admin)}"):
        admin.goto(path)
        expect(admin.locator("#unjudged")).to_contain_text("7 bản tin")
        expect(admin.locator("#unjudged")).to_contain_text("horizon_s = 43200")
    admin.goto("/handover")
    expect(admin.locator("#report")).to_contain_text("Chuyến cần xét lại")
    expect(admin.locator("#report")).to_contain_text("12 giờ 0 phút")


def incident_of(page: Page, shipment: str = SHIPMENT) -> str:
    return str(page.request.get(f"/api/v1/incidents?q={shipment}").json()["items"][0]["incident_id"])


@pytest.fixture(scope="module")
def other_eyes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of the scenario in which cameras and trackers saw the trucks too."""
    folder = data.path("replay/scenarios/other-eyes")
    feeds, maps = [next(folder.glob("feed.*"))], [Path(data.path("geofences"))]
    files = Files(feeds, folder / "shipments.csv", maps, sightings=[folder / "sightings.csv"])
    judged, catalogue, policies, _ = read_files(files, lambda *_: None)
    store = open_store(str(tmp_path_factory.mktemp("eyes") / "console.db"))
    fill(store, judged, catalogue, policies, files, Console())
    yield store
    store.close()


@pytest.fixture
def served_eyes(other_eyes: Store) -> Iterator[Served]:
    with serving(other_eyes, Console()) as console:
        yield console


def test_what_others_saw_is_on_the_map_and_what_does_not_fit_is_marked(chromium: Browser, served_eyes: Served) -> None:
    with chromium.new_context(base_url=served_eyes.address, viewport={"width": 1440, "height": 900}) as context:
        seen = context.new_page()
        console = served_eyes
        console.sign_in(seen)
        seen.goto(f"/incidents/{incident_of(seen, 'TQ26-0001')}")
        trackers, apart = whole(seen).evaluate(COLOURS, ["state-seen", "separation"])
        assert trackers > 20, "the truck's own tracker, every few minutes"
        assert apart > 20
        expect(seen.locator("#legend")).to_contain_text("nhìn thấy, không khớp")
        expect(seen.locator("#moments")).to_contain_text("thiết bị giám sát hành trình TR-15H-387.37 nhìn thấy")
        expect(seen.locator("#story")).to_contain_text("Bị nhìn thấy cách niêm phong 33385 m")
        seen.goto(f"/incidents/{incident_of(seen, 'TQ26-0002')}")
        whole(seen)
        expect(seen.locator("#moments")).to_contain_text("biển số đọc được 61C-987.65 khác tờ khai")
        expect(seen.locator("#story")).to_contain_text("Đọc được khác: biển số")


def test_tiles_of_an_archive_lie_under_the_map(chromium: Browser, store: Store, tmp_path: Path) -> None:
    path = archive(tmp_path / "ground.pmtiles", 4, tile=picture(RED))
    with (
        serving(store, Console(tiles=str(path))) as console,
        chromium.new_context(base_url=console.address) as context,
    ):
        page, asked = context.new_page(), set[str]()
        page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
        console.sign_in(page)
        page.goto(f"/shipments/{SHIPMENT}")
        whole(page)
        page.wait_for_function(UNDER)
        assert asked == {urlsplit(console.address).netloc}
