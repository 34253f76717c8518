"""The page in headless Chromium: from disk, without a network, sorted, filtered, read aloud, and attacked."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from report.samples import hostile, night, sliced, wide
from selenium import webdriver
from waiting import PATIENCE, until

from logproc.report import html
from logproc.report.html.calendar import Entry, index
from logproc.report.html.page import Link

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None, reason="there is no chromium and chromedriver; apt-get install chromium-driver"
)
KEPT = (
    *(Entry("night", date(2026, 3, day), f"nights/2026-03-{day:02}.html", 900 * day) for day in range(1, 20)),
    Entry("night", date(2026, 3, 20), "nights/2026-03-20.html", 5, "2 files damaged"),
    Entry("week", date(2026, 3, 2), "weeks/2026-W10.html"),
    Entry("month", date(2026, 3, 1), "months/2026-03.html"),
)
AXE = Path(__file__).parent / "axe" / "axe.min.js"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Yield a browser that reaches nobody and notes what it was asked for."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    profile = tmp_path_factory.mktemp("profile")
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={profile}",
        "--window-size=1280,900",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_script_timeout(PATIENCE)
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name, report in (("night", night()), ("hostile", hostile()), ("wide", wide()), ("sliced", sliced())):
        (folder / f"{name}.html").write_bytes(html.render(report))
    (folder / "calendar.html").write_bytes(index(KEPT, [("Hosts", (Link("web1", "hosts/web1.html"),))]))
    return folder


LOADED = "return document.readyState === 'complete' && location.href"


@pytest.fixture
def opened(browser, pages):
    """Return a function that opens a page at a width; afterwards nothing was asked for and nothing went wrong."""
    browser.get_log("performance")
    browser.get_log("browser")
    wanted = []

    def open_page(name, width=1280, scheme="light", *, scripts=True):
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        wanted.append((pages / f"{name}.html").as_uri())
        browser.get(wanted[-1])
        # Where the page before is still loading, as the browser's own first tab may be, `get` can return with its end.
        until(lambda: browser.execute_script(LOADED) == wanted[-1])
        return browser

    yield open_page
    browser.execute_script("localStorage.clear()")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    events = [json.loads(line["message"])["message"] for line in browser.get_log("performance")]
    asked = [e["params"] for e in events if e["method"] == "Network.requestWillBeSent"]
    # The browser's own first tab may still be loading.
    assert {each["request"]["url"] for each in asked if each["documentURL"] in wanted} == set(wanted)
    assert browser.get_log("browser") == []


def rows(browser, name):
    """Return the rows of a table that are to be seen."""
    script = """
    const found = [...document.querySelectorAll('table.data')];
    const table = found.find(t => t.caption && t.caption.textContent === arguments[0]);
    return [...table.tBodies[0].rows].filter(r => !r.hidden).map(r => [...r.cells].map(c => c.textContent));
    """
    return browser.execute_script(script, name)


def press(browser, name, selector, number=0):
    """Press the `number`th element that a selector finds in a report's panel."""
    script = """
    const found = [...document.querySelectorAll('table.data')];
    const table = found.find(t => t.caption && t.caption.textContent === arguments[0]);
    table.closest('section').querySelectorAll(arguments[1])[arguments[2]].click();
    """
    browser.execute_script(script, name, selector, number)


def axe(browser):
    """Return what axe finds wrong, as rule and elements."""
    browser.execute_script(AXE.read_text(encoding="utf-8"))
    found = browser.execute_async_script("axe.run(document).then(r => arguments[0](r.violations))")
    return {each["id"]: [node["html"][:200] for node in each["nodes"]][:3] for each in found}


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark"), (1920, "light")])
def test_axe_finds_nothing_and_no_page_is_wider_than_its_screen(opened, width, scheme):
    browser = opened("night", width, scheme)
    browser.execute_script("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert axe(browser) == {}
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing_in_the_calendar_and_its_days_and_weeks_are_told_in_full(opened, width, scheme):
    browser = opened("calendar", width, scheme)
    assert axe(browser) == {}
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    links = [name for role, name in spoken(browser) if role == "link"]
    assert {"2026-03-19: 17,100 lines", "2026-03-20: 5 lines, 2 files damaged", "March 2026", "web1"} <= set(links)
    assert "W10 (week 10 of 2026)" in links


@pytest.mark.parametrize("width", [1280, 1920])
def test_no_column_is_cut_off(opened, width):
    browser = opened("wide", width)
    browser.execute_script("document.documentElement.classList.add('whole')")
    cut = """
    return [...document.querySelectorAll('.panel .scroll')]
      .filter(s => s.scrollWidth > s.clientWidth + 1).map(s => [s.ariaLabel, s.scrollWidth, s.clientWidth]);
    """
    assert len(browser.find_elements("css selector", ".panel .scroll")) == 4
    assert browser.execute_script(cut) == []


def test_no_column_is_cut_off_on_paper(opened):
    browser = opened("wide", 718)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    cut = """
    return [...document.querySelectorAll('.panel .scroll')]
      .filter(s => s.scrollWidth > s.clientWidth + 1).map(s => [s.ariaLabel, s.scrollWidth, s.clientWidth]);
    """
    found = browser.execute_script(cut)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert found == []


def spoken(browser):
    """Return what a screen reader is told of the page: role and name, in order."""
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    shown = [node for node in nodes if not node["ignored"] and "name" in node]
    return [(node["role"]["value"], node["name"].get("value", "")) for node in shown]


@pytest.mark.parametrize("scripts", [True, False])
def test_everything_can_be_read_aloud_what_is_below_the_screen_too(opened, scripts):
    browser = opened("night", scripts=scripts)
    expected = {
        ("heading", "levels"),
        *(("table", name) for name in ("paths", "estimates", "hosts and sources", "coverage by host")),
        ("picture", "hours of day: requests by hour of day; from 0 to 9, highest at 5"),
        ("picture", "requests over time; from 100 to 261, highest at 2026-03-02 23:00"),
        ("rowheader", "/page/0"),
    }
    if scripts:
        expected |= {("searchbox", "filter paths"), ("button", "path"), ("button", "requests")}
        expected.add(("button", "show all 40 rows"))

    def told():
        """Return what is told of the page, once panels below the screen are laid out, too."""
        sections = len(browser.find_elements("css selector", "section > .head"))
        found = spoken(browser)
        named = {("picture" if role in {"image", "figure"} else role, name.lower()) for role, name in found}
        headings = [name for role, name in found if role == "heading"]
        whole = len([name for name in headings if name != "Needs a look"]) == sections + 1
        return found if whole and expected <= named else None

    found = until(told)
    assert [name for role, name in found if role == "heading"][:3] == ["Log report", "What was read", "Needs a look"]
    assert not [name for role, name in found if role == "button" and "↕" in name]
    assert scripts or not {"combobox", "searchbox", "button"} & {
        role.lower() for role, _ in found
    }  # they would do nothing


def test_a_host_is_chosen_and_its_figures_are_shown(opened):
    browser = opened("night")
    tiles = "[...document.querySelectorAll('#choosing .tile')]"
    values = f"return {tiles}.map(t => t.textContent.replace(/\\s+/g, ' ').trim())"
    everything = browser.execute_script(values)[0]
    assert everything == "lines 12,302 of all 7,043 in the last 11 hours +68.7 % against 11 hours before"
    choose = """
    const host = document.querySelector('select[name=host]');
    document.querySelector('#choosing').scrollIntoView();
    host.value = arguments[0];
    host.dispatchEvent(new Event('change'));
    """
    browser.execute_script(choose, "web2")
    chosen = "lines 4,332 35.2 % of all 2,409 in the last 11 hours +54.2 % against 11 hours before"
    assert browser.execute_script(values)[0] == chosen
    said = browser.execute_script("return document.querySelector('[role=status]').textContent")
    assert said == "4,332 lines chosen"
    lines = "return JSON.parse(document.querySelector('#choosing figure script').textContent).lines[0].slice(0, 3)"
    assert browser.execute_script(lines) == [100, 107, 114]
    label = until(lambda: browser.execute_script("return document.querySelector('#choosing figure').ariaLabel"))
    assert label == "lines of what is chosen, 4,332 together"
    browser.execute_script(choose, "")
    assert browser.execute_script(values)[0] == everything


CHOOSE = """
const done = arguments[1], host = document.querySelector('select[name=host]');
const said = document.querySelector('[role=status]');
new MutationObserver((_, all) => { all.disconnect(); done(document.querySelector('.chosen span').textContent); })
  .observe(said, {childList: true});
host.value = arguments[0];
host.dispatchEvent(new Event('change'));
"""
"""Chooses a host, waits until that is announced, and returns what is said of it."""


def test_panels_follow_the_host_that_is_chosen_and_come_back(opened):
    browser = opened("sliced")
    assert rows(browser, "Paths")[0][0] == "/page/0"
    press(browser, "Paths", "button.more")
    browser.execute_script("document.querySelectorAll('.panel .chart')[0].scrollIntoView()")
    assert browser.execute_async_script(CHOOSE, "web2") == "web2"
    assert len(rows(browser, "Paths")) == 10
    assert rows(browser, "Paths")[0][0] == "/page/1"
    press(browser, "Paths", "th button", 1)
    press(browser, "Paths", "th button", 1)
    assert rows(browser, "Paths")[0][0] == "/page/39"
    browser.execute_script("document.querySelectorAll('.panel .chart')[0].scrollIntoView()")
    until(lambda: browser.execute_script("return document.querySelectorAll('.panel canvas').length"))
    assert axe(browser) == {}
    assert browser.execute_async_script(CHOOSE, "web3") == "web3"
    assert "No rows" in browser.execute_script("return document.querySelector('.panel .body').textContent")
    said = "web1: figures and courses. The panels are of everything. "
    assert browser.execute_async_script(CHOOSE, "web1") == said
    assert len(rows(browser, "Paths")) == 40
    browser.execute_script("document.querySelector('.chosen button').click()")
    assert browser.execute_script("return document.querySelector('.chosen').hidden")
    assert browser.execute_script("return document.querySelector('select[name=host]').value") == ""
    assert rows(browser, "Paths")[0][0] == "/page/0"


def test_tables_sort_by_their_headings(opened):
    browser = opened("night")
    assert [row[1] for row in rows(browser, "Paths")][:2] == ["1,000", "991"]
    press(browser, "Paths", "th button", 1)
    assert rows(browser, "Paths")[0][:2] == ["/page/0", "1,000"]
    press(browser, "Paths", "th button", 1)
    assert rows(browser, "Paths")[0][:2] == ["/page/39", "649"]
    press(browser, "Paths", "th button", 0)
    assert [row[0] for row in rows(browser, "Paths")][:3] == ["/page/0", "/page/1", "/page/10"]
    sorted_by = browser.execute_script("return [...document.querySelectorAll('th[aria-sort]')].map(h => h.ariaSort)")
    assert sorted_by == ["ascending"]


def test_tables_filter_and_unfold(opened):
    browser = opened("night")
    assert len(rows(browser, "Paths")) == 10
    press(browser, "Paths", "button.more")
    assert len(rows(browser, "Paths")) == 40
    field = browser.execute_script(
        "return [...document.querySelectorAll('input')].find(i => i.ariaLabel === 'Filter Paths')"
    )
    field.send_keys("AGE/3")
    assert [row[0] for row in rows(browser, "Paths")] == ["/page/3", *(f"/page/3{n}" for n in range(10))]
    assert browser.execute_script("return document.querySelector('[role=status]').textContent") == "11 rows"


def test_all_tables_can_be_saved_as_json(opened):
    browser = opened("night")
    press(browser, "Paths", "th button", 1)
    save = """
    const done = arguments[0];
    URL.createObjectURL = blob => { blob.text().then(done); return '#'; };
    [...document.querySelectorAll('button')].find(b => b.textContent === 'Save tables as JSON').click();
    """
    saved = {each["title"]: each for each in json.loads(browser.execute_async_script(save))}
    assert saved["Paths"]["columns"] == ["path", "requests", "share", "bytes"]
    assert saved["Paths"]["rows"][0][:2] == ["/page/0", 1000]
    assert len(saved["Paths"]["rows"]) == 40
    assert saved["Countries"]["rows"][1][0] == "DE"


BARS = """
const found = [...document.querySelectorAll('figure.columns')];
const chart = found.find(f => f.querySelector('svg').getAttribute('aria-label').startsWith(arguments[0]));
return [...chart.querySelectorAll('rect title')].map(t => t.textContent);
"""
"""Returns what the columns above a table say."""


def test_the_chart_of_a_table_shows_the_amount_that_is_chosen_and_follows_its_rows(opened):
    browser = opened("sliced")
    assert browser.execute_script(BARS, "Paths")[:2] == ["/page/0: 1,000", "/page/1: 991"]
    choose = """
    const select = [...document.querySelectorAll('figcaption select')].find(s => s.ariaLabel === arguments[0]);
    select.value = [...select.options].find(o => o.textContent === arguments[1]).value;
    select.dispatchEvent(new Event('change'));
    return select.closest('figure').querySelector('svg').getAttribute('aria-label');
    """
    label = browser.execute_script(choose, "Chart of Paths", "bytes")
    assert label == "Paths: bytes of 12 rows; highest 10.0 kB at /page/11"
    press(browser, "Paths", "th button", 1)
    press(browser, "Paths", "th button", 1)
    assert browser.execute_script(BARS, "Paths")[0] == "/page/39: 10.0 kB"
    assert browser.execute_script(BARS, "Hours of day")[4:6] == ["4: 7", "5: 9"]
    assert len(browser.execute_script(BARS, "Hours of day")) == 24
    assert browser.execute_async_script(CHOOSE, "web2") == "web2"
    assert browser.execute_script(BARS, "Paths")[0] == "/page/1: 991"


def test_columns_and_panels_are_chosen_ordered_and_kept(opened):
    browser = opened("night")
    titles = """
    return [...document.querySelectorAll('section.panel')].filter(p => !p.hidden)
      .map(p => p.querySelector('h2').textContent);
    """
    heads = "return [...document.querySelectorAll('.panel th')].filter(h => !h.hidden).map(h => h.textContent)"
    press_box = """
    const label = [...document.querySelectorAll('.view label')].find(l => l.textContent.trim() === arguments[0]);
    label.querySelector('input').click();
    """
    move = "[...document.querySelectorAll('.view button')].find(b => b.ariaLabel === arguments[0]).click()"
    part = "return getComputedStyle(document.querySelector('td[data-part]'), '::after').content"
    before = browser.execute_script(titles)
    browser.execute_script("document.querySelector('.buttons button').click()")
    assert axe(browser) == {}
    assert "share" in browser.execute_script(heads)
    browser.execute_script(press_box, "share")
    browser.execute_script(press_box, "Levels")
    browser.execute_script(press_box, "charts")
    browser.execute_script(press_box, "shares in every column")
    browser.execute_script(move, "Move Paths up")
    shown = [title for title in before if title not in {"Levels", "Paths"}]
    for _ in range(2):
        assert browser.execute_script(titles) == [shown[0], "Paths", *shown[1:]]
        assert "share" not in browser.execute_script(heads)
        assert browser.execute_script("return document.documentElement.classList.contains('plain')")
        assert browser.execute_script(part).endswith('%)"')
        browser = opened("night")
    browser.execute_script("document.querySelector('.buttons button').click()")
    reset = "[...document.querySelectorAll('.view button')].find(b => b.textContent.startsWith('Show every')).click()"
    browser.execute_script(reset)
    assert browser.execute_script(titles) == before
    assert "share" in browser.execute_script(heads)
    assert browser.execute_script(part) == "none"
    assert browser.execute_script("return localStorage.getItem('logproc.view')").count("[]") == 3


def test_charts_are_drawn_by_the_library_and_by_the_page(opened):
    browser = opened("night")
    browser.execute_script("document.querySelectorAll('.chart')[3].scrollIntoView()")
    drawn = "return document.querySelectorAll('canvas').length"
    until(lambda: browser.execute_script(drawn))
    browser = opened("night", scripts=False)
    assert browser.find_elements("css selector", "canvas") == []
    assert len(browser.find_elements("css selector", "svg.static")) >= 8
    assert browser.find_elements("css selector", "th button") == []


def test_nothing_that_strangers_wrote_runs(opened):
    browser = opened("hostile")
    assert browser.title == "Log report"
    assert browser.execute_script("return document.images.length") == 0
    assert (
        browser.execute_script("return document.scripts.length - document.querySelectorAll('script[type]').length") == 1
    )
    for button in range(3):
        press(browser, "Values", "th button", button % 2)
    assert browser.title == "Log report"
    assert axe(browser) == {}
