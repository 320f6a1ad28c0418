"""The page in a real browser: what a person can do with it, and what hostile text cannot."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from factoryline.page.data import gather
from factoryline.page.html import page
from factoryline.pipeline import compile_factory
from factoryline.run.factory import Factory

from tests.line import BIN, Line
from tests.page.test_page import HOSTILE, reviewed

pytestmark = pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("chromedriver")),
    reason="it needs chromium and chromedriver (Debian: chromium-driver)",
)

Size = tuple[int, int]
DESKTOP, PHONE = (1280, 900), (390, 800)


@pytest.fixture
def browser() -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for word in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage"):
        options.add_argument(f"--{word}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = Service(executable_path=str(shutil.which("chromedriver")))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield driver
    finally:
        driver.quit()


def opened(
    browser: Any, data: dict[str, Any], place: Path, size: tuple[int, int] = DESKTOP
) -> None:
    file = place / "page.html"
    file.write_text(page(data), encoding="utf-8")
    browser.set_window_size(*size)
    browser.get(file.as_uri())


def every(browser: Any, selector: str) -> list[Any]:
    return list(browser.find_elements("css selector", selector))


def until(browser: Any, holds: Callable[[], bool]) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, 20).until(lambda _: holds())


def drawn(browser: Any, rounds: int) -> None:
    """Wait for the details of an artifact, which are unpacked when they are asked for."""
    until(browser, lambda: len(every(browser, ".round")) == rounds)


def complaints(browser: Any) -> list[str]:
    return [entry["message"] for entry in browser.get_log("browser")]


@pytest.fixture
def data(line: Line) -> dict[str, Any]:
    return gather(Factory(compile_factory(reviewed(line).home / "factory.yaml")))


@pytest.mark.long
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_from_the_list_to_an_artifact_and_back(
    size: Size, browser: Any, data: dict[str, Any], tmp_path: Path
) -> None:
    opened(browser, data, tmp_path, size)
    rows = every(browser, "#artifacts tbody tr")
    assert [row.find_element("css selector", "a").text for row in rows] == ["model", "key"], (
        "who waits"
    )
    width = browser.execute_script("return document.documentElement.scrollWidth")
    inside = browser.execute_script("return document.documentElement.clientWidth")
    assert width <= inside, "nothing makes the page wider than the screen"
    rows[1].find_element("css selector", "a").click()
    drawn(browser, 3)
    assert not browser.find_element("id", "overview").is_displayed()
    assert browser.title.startswith("The key")
    assert every(browser, ".axis .bar")[0].size["width"] > 0
    change = next(d for d in every(browser, "summary") if d.text == "server")
    change.click()
    assert "KEY = 1" in every(browser, "pre.diff .add")[0].text
    browser.back()
    until(browser, lambda: browser.find_element("id", "overview").is_displayed())
    assert browser.find_element("id", "overview").is_displayed()
    assert complaints(browser) == []


@pytest.mark.long
def test_filters(browser: Any, data: dict[str, Any], tmp_path: Path) -> None:
    opened(browser, data, tmp_path)
    field = browser.find_element("id", "filter")
    field.send_keys("key")
    assert [row.text.split()[0] for row in every(browser, "#artifacts tbody tr")] == ["key"]
    assert browser.find_element("id", "count").text == "1 of 1"
    field.clear()
    field.send_keys("nothing like it")
    assert every(browser, "#artifacts tbody tr") == []


@pytest.mark.long
def test_hostile_text_is_shown_and_runs_nothing(
    browser: Any, data: dict[str, Any], tmp_path: Path
) -> None:
    for artifact in data["artifacts"]:
        _poison(artifact)
    for prior in data["priors"]:
        _poison(prior)
    opened(browser, data, tmp_path)
    assert HOSTILE.replace("\u2028", " ").split()[0] in browser.find_element("id", "artifacts").text
    browser.get(f"{(tmp_path / 'page.html').as_uri()}#/key")
    drawn(browser, 3)
    assert len(every(browser, "script")) == 2
    assert every(browser, "img[src=x]") == []
    assert complaints(browser) == []
    from selenium.webdriver.support import expected_conditions

    assert expected_conditions.alert_is_present()(browser) is False


def _poison(value: Any) -> None:
    """Put the hostile text behind every text but names, marks and moments."""
    kept = ("name", "state", "at", "began", "outcome", "decision", "id", "kind", "severity")
    for name, item in list(value.items()) if isinstance(value, dict) else enumerate(value):
        if isinstance(item, (dict, list)):
            _poison(item)
        elif isinstance(item, str) and name not in kept:
            value[name] = f"{item} {HOSTILE}"


@pytest.mark.long
def test_a_thousand_artifacts(browser: Any, data: dict[str, Any], tmp_path: Path) -> None:
    one = json.dumps(data["artifacts"][0])
    row = json.dumps(data["rows"][0])
    names = [f"thing-{number}" for number in range(1000)]
    data["artifacts"] = [{**json.loads(one), "name": name, "diff": {}} for name in names]
    data["rows"] = [{**json.loads(row), "artifact": name} for name in names]
    opened(browser, data, tmp_path)
    assert (tmp_path / "page.html").stat().st_size <= 5_000_000
    assert browser.find_element("id", "count").text == "50 of 1000"
    browser.find_element("id", "more").click()
    assert browser.find_element("id", "count").text == "100 of 1000"
    every(browser, "#artifacts a")[90].click()
    drawn(browser, 3)


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The checks of axe-core, as npm has them."""
    place = tmp_path_factory.mktemp("axe")
    subprocess.run(["npm", "install", "--silent", "axe-core"], cwd=place, check=True)
    return (place / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


@pytest.mark.index
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("place", ["", "#/key"], ids=["list", "artifact"])
def test_axe_core_finds_no_violation(
    dark: bool,
    size: Size,
    place: str,
    axe: str,
    browser: Any,
    data: dict[str, Any],
    tmp_path: Path,
) -> None:
    media = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
    opened(browser, data, tmp_path, size)
    browser.get("about:blank")
    browser.get(f"{(tmp_path / 'page.html').as_uri()}{place}")
    drawn(browser, 3 if place else 0)
    browser.execute_script(
        "for (const one of document.querySelectorAll('details')) one.open = true"
    )
    browser.execute_script(axe)
    found = browser.execute_async_script(
        "const done = arguments[0];"
        "axe.run().then((told) => done(told.violations.map((one) => [one.id, one.nodes[0].html])))"
    )
    assert found == []


@pytest.mark.long
def test_a_review_is_answered_on_the_page(browser: Any, line: Line) -> None:
    reviewed(line).git("config", "user.name", "Bo")
    served = subprocess.Popen(
        [str(BIN / "factory"), "serve"],
        cwd=line.home,
        env=line.env(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert served.stdout
        address = served.stdout.readline().removeprefix(">").strip()
        browser.set_window_size(*DESKTOP)
        browser.get(f"{address}#/model")
        drawn(browser, 2)
        next(d for d in every(browser, "summary") if d.text == "server").click()
        every(browser, "button.remark")[0].click()
        every(browser, ".asking input")[0].send_keys("Name it better.\n")
        browser.find_element("id", "findings").send_keys("And test it.")
        next(b for b in every(browser, "button") if b.text == "ask for changes").click()
        main = browser.find_element("tag name", "main")
        until(browser, lambda: "changes requested by Bo" in main.text)
        review = line.entry("model", "1-review")["handoff"]
        said = [(one["statement"], one["paths"]) for one in review["findings"]]
        assert said == [
            ("server/model.py:1: Name it better.", ["server/model.py"]),
            ("And test it.", []),
        ]
        # What the server draws follows without a reload, and what was open stays open.
        browser.execute_script("window.here = true; location.hash = ''")
        reworks = "table: Rounds opened by review and by verdicts"
        fold = f"//summary[text()='{reworks}']/.."
        until(browser, lambda: browser.find_elements("xpath", fold))
        browser.execute_script("arguments[0].open = true", browser.find_element("xpath", fold))
        assert line.factory("review", "model", "--approve").code != 0, "the next round is not built"
        rule = {"id": "short-names", "statement": "Names are short.", "surfaces": []}
        source = {"artifact": "limit", "stage": "1-review", "by": "Bo", "finding": "Long."}
        line.write(line.state / "priors/short-names.json", json.dumps(rule | {"source": source}))
        # The part is put in whole: it is asked for where it is, and not held on to.
        drawn_text = "return document.getElementById('drawn').textContent"
        until(browser, lambda: "Names are short." in browser.execute_script(drawn_text))
        assert browser.execute_script(
            "return [...document.querySelectorAll('#drawn summary')]"
            ".find((one) => one.textContent === arguments[0]).parentElement.open",
            reworks,
        )
        assert browser.execute_script("return window.here")
        assert complaints(browser) == []
    finally:
        served.terminate()
        served.wait(20)
        if served.stdout:
            served.stdout.close()
