"""The page: what it shows, that it is one file, and that text from the ledger stays text."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from factoryline.page import charts
from factoryline.page.data import PATCH_CHARACTERS, gather
from factoryline.page.html import page, split
from factoryline.pipeline import compile_factory
from factoryline.run.factory import Factory

from tests.line import Line, simple

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u2028 & \"'"


def gathered(line: Line) -> dict[str, Any]:
    return gather(Factory(compile_factory(line.home / "factory.yaml")))


def reviewed(line: Line) -> Line:
    """Two rounds, a finding that became a prior, and one artifact that waits."""
    first = line.patch("key-1", webui__page_py="KEY = 1\n")
    line.patch("key-2", on=first, webui__page_py="TITLE = 'Parley'\n", server__key_py="KEY = 1\n")
    line.patch("model-1", server__model_py="MODEL = 1\n")
    rule = {"id": "on-the-server", "statement": "Settings live on the server."}
    rule |= {"surfaces": ["webui"], "guard": {"surface": "webui", "at_most": 0}}  # type: ignore[dict-item]
    finding = {"kind": "architecture", "statement": HOSTILE, "prior": rule}
    line.review("no", "request-changes", findings=[finding])
    line.review("yes")
    line.spec(
        line.artifact("key", rounds=2, reviews=["no.yaml", "yes.yaml"]) + line.artifact("model")
    )
    line.edit("title: The model", f"title: {json.dumps(HOSTILE)}")
    line.doit()
    return line


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return gathered(reviewed(Line(tmp_path_factory.mktemp("reviewed") / "line")))


@pytest.fixture
def data(found: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(found)


def test_what_it_shows_of_an_artifact(data: dict[str, Any]) -> None:
    key, model = data["artifacts"]
    assert (key["state"], model["state"], model["at"]) == ("sealed", "waiting", "review")
    assert "factory review model --approve" in model["command"]
    assert [one["number"] for one in key["rounds"]] == [1, 2, 0]
    assert [one["opened"] for one in key["rounds"]] == ["", "rework", ""]
    stages = [stage["id"] for one in key["rounds"] for stage in one["stages"]]
    assert stages[:4] == ["1-build", "1-verify", "1-package", "1-review"]
    assert key["rounds"][0]["lines"]["webui"] == {"added": 1, "removed": 1}
    build = key["rounds"][0]["stages"][0]
    assert build["takes"] == ["scout"]
    assert build["said"].endswith("+1 −1 webui")
    [finding] = key["findings"]
    assert (finding["statement"], finding["prior"]) == (HOSTILE, "on-the-server")
    assert "KEY = 1" in key["diff"]["server"]
    assert key["note"]
    assert key["packet"]
    assert model["guards"][0]["outcome"] == "kept"


def test_what_it_shows_over_artifacts(data: dict[str, Any]) -> None:
    assert [cell["name"] for cell in data["cells"]] == [
        *("scout", "build", "verify", "package", "review", "merge", "note"),
    ]
    assert [row["rework"] for row in data["rows"]] == [1, 0]
    [prior] = data["priors"]
    assert (prior["shown"], prior["kept"], prior["broken"]) == (["model"], ["model"], [])
    assert data["spent"]["build"]["attempts"] == 3


@pytest.mark.long
def test_a_change_that_is_too_long_says_where_it_lies(line: Line) -> None:
    simple(line)
    line.patch("limit-1", server__app_py="LIMIT = 4\n" * PATCH_CHARACTERS)
    line.doit()
    [one] = gathered(line)["artifacts"]
    assert one["diff"]["other"].endswith("state/factory-artifacts/limit/1-change.patch")


class Elements(HTMLParser):
    """What elements a browser would make, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": []}
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in self.texts:
            self.texts[self._inside].append(data)


def test_text_from_the_ledger_stays_text(data: dict[str, Any]) -> None:
    text = page(data)
    elements = Elements(text)
    scripts = [attrs for tag, attrs in elements.found if tag == "script"]
    assert [one.get("type") for one in scripts] == ["application/json", None]
    assert not [attrs for _, attrs in elements.found if any(n.startswith("on") for n in attrs)]
    assert HOSTILE not in text
    inside, _ = elements.texts["script"]
    assert json.loads(inside)["artifacts"][1]["title"] == HOSTILE


def test_what_has_no_room_is_left_out_the_oldest_first(data: dict[str, Any]) -> None:
    for one in data["artifacts"]:
        one["diff"] = {"server": "".join(map(str, range(3000)))}
    whole = split(data)["details"]
    assert set(whole) == {"key", "model"}
    without = split(data, room=len(whole["model"]) + len(whole["key"]) - 100)["details"]
    assert without["model"] == whole["model"]
    assert len(without["key"]) < len(whole["key"])
    assert set(split(data, room=len(whole["model"]))["details"]) == {"model"}
    assert split(data, room=0)["details"] == {}


def test_it_asks_no_network_and_runs_its_own_script_alone(data: dict[str, Any]) -> None:
    text = page(data)
    for attribute in ("src", "href", "srcset"):
        places = re.findall(rf'\s{attribute}="([^"]*)"', text)
        assert all(place.startswith(("#", "data:image/svg+xml;base64,")) for place in places)
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    elements = Elements(text)
    [style], [_, script] = elements.texts["style"], elements.texts["script"]
    for kind, code in (("style", style), ("script", script)):
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"{kind}-src &#39;sha256-{digest}&#39;" in policy
    assert "default-src &#39;none&#39;" in policy
    assert "innerHTML" not in text


def test_every_chart_has_its_table_and_a_sentence(data: dict[str, Any]) -> None:
    drawn = charts.charts(data)
    assert [one.title for one in drawn] == [
        "Lines by surface and round",
        "Rounds opened by review and by verdicts",
        "Time by cell",
    ]
    for one in drawn:
        assert one.alt.endswith(".")
        assert one.rows
        assert all(len(row) == len(one.head) for row in one.rows)
        for address in (one.light, one.dark):
            svg = base64.b64decode(address.partition(",")[2]).decode()
            assert svg.startswith("<svg")
            assert "<script" not in svg


def test_without_what_draws_them_the_tables_are_there(
    data: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "_drawing", lambda: None)
    text = page(data)
    assert "data:image" not in text.replace("img-src data:", "")
    assert "pip install &#39;factoryline[page]&#39;" in text
    assert "table: Lines by surface and round" in text


def test_a_factory_without_an_artifact(line: Line) -> None:
    line.spec("  {}\n")
    text = page(gathered(line))
    assert "0 artifacts" in text
    assert "No rule has been learned yet" in text


@pytest.mark.long
def test_the_command(line: Line) -> None:
    simple(line).doit()
    told = line.factory("page", "--out", "public/index.html")
    assert re.match(r"wrote public/index.html \(0\.\d MB\)\n$", told.out), told
    assert "limit" in (line.home / "public/index.html").read_text()
