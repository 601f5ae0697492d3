"""A person uses the app: begins a record, sends the sample photographs, reads the answer; the clinic looks on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, expect

pytestmark = pytest.mark.browser

SAMPLE = next((Path(__file__).resolve().parents[2] / "samples").glob("p01_*"))
PHOTOGRAPHS = sorted(SAMPLE.glob("*.jpg"))
PAGES = ("", "clinic", "before-after", "about")
SLOW_MS = 120_000
TRIES = 3


def open_page(page: Page, address: str, path: str = "") -> None:
    page.goto(f"{address}/{path}")
    wait_until_quiet(page)


def wait_until_quiet(page: Page) -> None:
    expect(page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator('[data-stale="true"]')).to_have_count(0)


def width_when_loaded(image: Locator) -> int:
    """The picture's own width; fails where it cannot be shown."""
    image.scroll_into_view_if_needed()
    return int(image.evaluate("async one => { await one.decode(); return one.naturalWidth }"))


def write_date(page: Page, label: str, year: str, month: str, day: str) -> None:
    """The field is one of separate numbers; typing goes on from one to the next."""
    write_numbers(page, label, {"year": year, "month": month, "day": day})
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def write_time(page: Page, label: str, hour: str, minute: str) -> None:
    write_numbers(page, label, {"hour": hour, "minute": minute})


def write_numbers(page: Page, label: str, numbers: dict[str, str]) -> None:
    """Type into the parts of a field and make sure they arrived: a calendar that closes may take the focus along."""
    parts = {name: page.get_by_role("spinbutton", name=f"{name}, {label}", exact=True) for name in numbers}
    first = next(iter(parts.values()))
    for _ in range(TRIES):
        first.click()
        expect(first).to_be_focused()
        page.keyboard.type("".join(numbers.values()))
        if all(parts[name].get_attribute("aria-valuenow") == str(int(number)) for name, number in numbers.items()):
            return
    for name, number in numbers.items():
        expect(parts[name]).to_have_attribute("aria-valuenow", str(int(number)))


@pytest.fixture(scope="module")
def patient(browser_context_module: BrowserContext, address: str) -> Page:
    """The sample patient's record, begun and filled by hand in a phone's window; the page that did it."""
    page = browser_context_module.new_page()
    open_page(page, address)
    page.get_by_label("Name or initials").fill("Sample one")
    write_date(page, "Date of the treatment", "2026", "05", "01")
    write_time(page, "Time of the treatment", "10", "30")
    page.get_by_role("button", name="Start the record").click()
    expect(page.locator('[data-status="empty"]')).to_be_visible(timeout=SLOW_MS)
    send(page, PHOTOGRAPHS)
    return page


@pytest.fixture(scope="module")
def browser_context_module(browser) -> Iterator[BrowserContext]:  # type: ignore[no-untyped-def]
    opened = browser.new_context(viewport={"width": 360, "height": 740}, timezone_id="Europe/Berlin")
    yield opened
    opened.close()


def send(page: Page, photographs: list[Path]) -> None:
    """Say that the skin was bare, choose the files, wait for an answer to each."""
    answers = page.locator("[data-outcome]")
    before = set(answers.all_inner_texts())
    page.get_by_text("Yes, bare skin").click()
    wait_until_quiet(page)
    page.locator('input[type="file"]').set_input_files(photographs)
    expect(answers).to_have_count(len(photographs), timeout=SLOW_MS)
    wait_until_quiet(page)
    assert set(answers.all_inner_texts()) != before


def test_every_photograph_gets_an_answer_and_the_verdict_stands_before_the_chart(patient: Page, tmp_path: Path) -> None:
    answers = [one.get_attribute("data-outcome") for one in patient.locator("[data-outcome]").all()]
    assert len(answers) == len(PHOTOGRAPHS)
    assert set(answers) <= {"used", "doubtful"}
    verdict = patient.locator("section[data-status]")
    expect(verdict).to_have_attribute("data-status", "within")
    expect(verdict).to_contain_text("Inside what is expected")
    urgent = patient.get_by_role("note")
    expect(urgent).to_contain_text("Pus, blisters, fever or rising pain: call your clinic today")
    chart = patient.locator("svg.marks")
    expect(chart).to_be_visible()
    assert urgent.bounding_box()["y"] < chart.bounding_box()["y"]  # type: ignore[index]
    after_treatment = [one for one in PHOTOGRAPHS if not one.name.startswith("before")]
    expect(chart.locator('path[aria-roledescription="point"]')).to_have_count(len(after_treatment))
    picture = tmp_path / "patient.png"
    patient.screenshot(path=picture)
    with Image.open(picture) as screen:
        assert screen.size == (360, 740)


def test_the_days_are_those_of_the_sample(patient: Page, address: str) -> None:
    open_page(patient, address, "clinic")
    with patient.expect_download() as download:
        patient.get_by_role("link", name="Series as JSON").click()
    document = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert document["treated_at"] == "2026-05-01T10:30:00+02:00"
    assert [point["file"] for point in document["points"]] == [
        path.name for path in sorted(PHOTOGRAPHS, key=lambda path: (not path.name.startswith("before"), path.name))
    ]


def test_photographs_are_shown_without_metadata(patient: Page, address: str) -> None:
    open_page(patient, address)
    images = patient.locator(".rubor-strip img")
    expect(images).to_have_count(len(PHOTOGRAPHS))
    for source in {str(one.get_attribute("src")) for one in images.all()}:
        answer = patient.request.get(address + source)
        assert answer.headers["cache-control"] == "private, no-store"
        shown = Image.open(BytesIO(answer.body()))
        assert shown.format == "JPEG"
        assert not shown.getexif()
        assert not {"exif", "icc_profile", "comment", "photoshop", "xmp"} & set(shown.info)
    assert width_when_loaded(images.last) > 0


def test_the_same_photograph_again_is_recognised(patient: Page, address: str) -> None:
    open_page(patient, address)
    send(patient, PHOTOGRAPHS[:1])
    expect(patient.locator('[data-outcome="duplicate"]')).to_contain_text("here already")
    expect(patient.locator(".rubor-strip img")).to_have_count(len(PHOTOGRAPHS))


def test_a_file_that_is_no_photograph_is_answered_plainly(patient: Page, address: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(PHOTOGRAPHS[0].read_bytes()[:2000])
    open_page(patient, address)
    send(patient, [broken])
    expect(patient.locator('[data-outcome="not_kept"]')).to_contain_text("cannot be read")
    expect(patient.locator(".rubor-strip img")).to_have_count(len(PHOTOGRAPHS))


def test_a_photograph_without_a_time_asks_for_it(patient: Page, address: str, tmp_path: Path) -> None:
    untimed = tmp_path / "untimed.jpg"
    with Image.open(PHOTOGRAPHS[-1]) as picture:
        picture.resize((picture.width // 2 * 2, picture.height // 2 * 2)).save(untimed, quality=93)
    open_page(patient, address)
    send(patient, [untimed])
    expect(patient.get_by_text("When was untimed.jpg taken?")).to_be_visible()
    write_date(patient, "Date", "2026", "05", "09")
    write_time(patient, "Time", "08", "15")
    patient.get_by_role("button", name="Save date and time").click()
    expect(patient.get_by_text("When was untimed.jpg taken?")).to_have_count(0, timeout=SLOW_MS)
    expect(patient.locator(".rubor-strip figcaption", has_text="09 May 08:15")).to_be_visible()
    open_page(patient, address, "clinic")
    choose(patient, "Photograph", "untimed.jpg")
    patient.get_by_role("button", name="Delete this photograph").click()
    patient.get_by_role("button", name="Delete for good").click()
    expect(patient.get_by_role("dialog")).to_have_count(0, timeout=SLOW_MS)
    open_page(patient, address)
    expect(patient.locator(".rubor-strip img")).to_have_count(len(PHOTOGRAPHS))


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=re.compile(rf"^{label}")).last.click()
    page.keyboard.type(option)
    page.get_by_role("option", name=re.compile(re.escape(option))).click()
    wait_until_quiet(page)


def test_a_point_of_the_chart_shows_its_photograph(patient: Page, address: str) -> None:
    open_page(patient, address, "clinic")
    points = patient.locator('svg.marks path[aria-roledescription="point"]')
    expect(points.first).to_be_visible()
    label = str(points.first.get_attribute("aria-label"))
    file = re.search(r"Photograph: ([^;]+)", label)
    assert file is not None
    points.first.click()
    shown = patient.locator("img.rubor-photo")
    expect(shown).to_have_attribute("alt", re.compile(re.escape(file.group(1))), timeout=SLOW_MS)
    expect(patient.get_by_role("table").filter(has_text="a*").first).to_be_visible()


def test_any_two_photographs_can_be_put_side_by_side(patient: Page, address: str) -> None:
    open_page(patient, address, "before-after")
    assert width_when_loaded(patient.locator("img.rubor-photo")) > 0
    with patient.expect_download() as download:
        patient.get_by_role("link", name="Download as PNG").click()
    with Image.open(download.value.path()) as picture:
        assert picture.format == "PNG"
        assert picture.width > picture.height / 2
    with patient.expect_download() as download:
        patient.get_by_role("link", name="Download as PDF").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("path", PAGES)
def test_every_page_keeps_to_itself_fits_a_phone_and_shuts_nobody_out(
    context: BrowserContext, asked: list[str], address: str, path: str
) -> None:
    page = context.new_page()
    open_page(page, address, path)
    if path in ("", "clinic"):
        expect(page.locator("svg.marks").first).to_be_visible()
    found = Axe().run(page).response["violations"]
    assert [
        (one["id"], node["html"][:200])
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ] == []
    closed = page.locator("details:not([open]) > summary:visible")
    while closed.count():
        closed.first.click()
        wait_until_quiet(page)
    widths = page.evaluate(
        "[document.documentElement, document.querySelector('[data-testid=stMain]')].map(one => one.scrollWidth)"
    )
    assert max(widths) <= 360
    hosts = {urlsplit(url).netloc for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts == {urlsplit(address).netloc}


@pytest.mark.usefixtures("patient")
def test_the_page_can_be_used_with_the_keyboard_alone(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    open_page(page, address)
    # Elements that come in late would move the focus away under the keys.
    expect(page.locator("svg.marks")).to_be_visible()
    expect(page.locator(".rubor-strip img")).to_have_count(len(PHOTOGRAPHS))
    reached: list[str] = []
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(() => { const one = document.activeElement;"
                " return one.type === 'radio' ? 'radio' : (one.innerText || one.ariaLabel || one.tagName).trim() })()"
            )
        )
    for name in ("My skin", "Clinic", "Before and after", "About", "radio"):
        assert name in reached, reached
    page.locator("input[type=radio]").first.focus()
    page.keyboard.press("Space")
    wait_until_quiet(page)
    upload = page.locator('[data-testid="stFileUploader"]').get_by_role("button").first
    expect(upload).to_be_enabled()
    page.get_by_role("link", name="Clinic").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Clinic")).to_be_visible(timeout=SLOW_MS)


def test_an_urgent_sign_stands_before_everything_until_it_is_taken_back(patient: Page, address: str) -> None:
    open_page(patient, address)
    patient.get_by_role("button", name="Save today's check").click()
    expect(patient.get_by_text("Answer the first question, then save.")).to_be_visible(timeout=SLOW_MS)
    tick(patient, "Fever or chills")
    expect(patient.get_by_role("alert").filter(has_text="call your clinic today")).to_be_visible(timeout=SLOW_MS)
    patient.get_by_role("button", name="Save today's check").click()
    verdict = patient.locator("section[data-status]")
    expect(verdict).to_have_attribute("data-status", "urgent", timeout=SLOW_MS)
    expect(verdict).to_contain_text("Call your clinic today")
    wait_until_quiet(patient)
    tick(patient, "Fever or chills")
    tick(patient, "None of these")
    patient.get_by_role("button", name="Save today's check").click()
    expect(verdict).to_have_attribute("data-status", "within", timeout=SLOW_MS)


def tick(page: Page, label: str) -> None:
    page.get_by_role("button", name=label).click()
    wait_until_quiet(page)
