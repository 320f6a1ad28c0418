"""What people get who write `# yaml-language-server: $schema=…` over their factory.yaml.

The real yaml-language-server, which most editors run, is driven over its protocol.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from factoryline.plan.kinds import LINE_KINDS
from factoryline.spec import schema

from tests.conftest import ROOT
from tests.editor.client import Server

pytestmark = pytest.mark.index

SCHEMA = ROOT / "schemas/factory.schema.json"
HEAD = f"# yaml-language-server: $schema={SCHEMA}\n"

SOUND = """\
factoryline: 1
name: demo
target: {repo: .}
cells:
  build:
    kind: command
    run: [make]
    hands: change
line: [build]
flow:
  wip: 1
artifacts:
  one: {title: One, goal: It works., verify: [{scope: unit}]}
"""


@pytest.fixture(scope="module")
def server(
    language_server: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    with Server(language_server, tmp_path_factory.mktemp("workspace")) as running:
        yield running


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A file of its own for each test."""
    return f"{abs(hash(request.node.nodeid))}.factory.yaml"


def with_cell(text: str) -> str:
    """A factory with a second cell that is being written."""
    return SOUND.replace("\nline:", f"\n  new:\n    {text}\nline:")


def problems(server: Server, name: str, text: str) -> list[tuple[int, int, str]]:
    """Line, column and text of each problem, counted from 1 as factoryline counts."""
    _, found = server.open(name, HEAD + text)
    places = [(problem["range"]["start"], problem["message"]) for problem in found]
    return [(at["line"] + 1, at["character"] + 1, said) for at, said in places]


def offered(server: Server, name: str, text: str) -> set[str]:
    """The words that complete the text at its `¦`."""
    before, after = (HEAD + text).split("¦")
    uri, _ = server.open(name, before + after)
    answer = server.ask("textDocument/completion", _at(uri, before))
    items = answer["items"] if isinstance(answer, dict) else answer
    return {item["label"] for item in items}


def hovered(server: Server, name: str, text: str) -> str:
    """What is shown for the word at the text's `¦`."""
    before, after = (HEAD + text).split("¦")
    uri, _ = server.open(name, before + after)
    answer: Any = server.ask("textDocument/hover", _at(uri, before))
    contents = answer["contents"] if answer else ""
    return str(contents["value"] if isinstance(contents, dict) else contents)


def _at(uri: str, before: str) -> dict[str, Any]:
    lines = before.split("\n")
    place = {"line": len(lines) - 1, "character": len(lines[-1])}
    return {"textDocument": {"uri": uri}, "position": place}


class TestProblems:
    def test_a_sound_one_has_none(self, server: Server, name: str) -> None:
        assert problems(server, name, SOUND) == []

    def test_ours_has_none(self, server: Server, name: str) -> None:
        assert problems(server, name, (ROOT / "factory.yaml").read_text()) == []

    @pytest.mark.parametrize(
        ("old", "new", "place"),
        [
            ("  wip: 1", "  wpi: 1", (12, 3)),
            ("line: [build]", "lines: [build]", (10, 1)),
            ("    hands: change", "    hand: change", (9, 5)),
        ],
    )
    def test_a_wrong_key_is_flagged_where_it_stands(
        self, old: str, new: str, place: tuple[int, int], server: Server, name: str
    ) -> None:
        found = problems(server, name, SOUND.replace(old, new))
        said = f"Property {new.strip().partition(':')[0]} is not allowed."
        assert [at[:2] for at in found if at[2] == said] == [place], found

    def test_a_wrong_value(self, server: Server, name: str) -> None:
        [found] = problems(server, name, SOUND.replace("wip: 1", "wip: many"))
        assert found[:2] == (12, 8)

    @pytest.mark.parametrize("kind", [kind for kind in LINE_KINDS if kind != "command"])
    def test_keys_depend_on_the_kind(self, kind: str, server: Server, name: str) -> None:
        """`run` is right for a command and for nothing else."""
        found = problems(server, name, SOUND.replace("kind: command", f"kind: {kind}"))
        assert [at[:2] for at in found if "run" in at[2]] == [(8, 5)], found

    def test_a_kind_that_is_none(self, server: Server, name: str) -> None:
        found = problems(server, name, SOUND.replace("kind: command", "kind: comand"))
        assert [at[:2] for at in found] == [(7, 11)], "one problem, and not one a kind"


class TestCompletion:
    def test_at_the_top(self, server: Server, name: str) -> None:
        assert offered(server, name, SOUND + "¦") >= {"surfaces", "agents", "contracts", "scopes"}

    def test_in_a_cell(self, server: Server, name: str) -> None:
        assert "kind" in offered(server, name, with_cell("¦"))

    def test_the_kinds(self, server: Server, name: str) -> None:
        assert offered(server, name, with_cell("kind: ¦")) >= set(LINE_KINDS)

    @pytest.mark.parametrize("kind", LINE_KINDS)
    def test_in_a_cell_of_a_kind(self, kind: str, server: Server, name: str) -> None:
        text = with_cell(f"kind: {kind}\n    ¦")
        keys = set(schema.builtin("factory")["$defs"][f"cell-{kind}"]["properties"])
        # For a kind that cannot do without some keys the server offers all of these at once too.
        assert offered(server, name, text) - {f"cell-{kind}"} == keys - {"kind"}

    def test_in_flow(self, server: Server, name: str) -> None:
        text = SOUND.replace("  wip: 1", "  ¦")
        assert offered(server, name, text) >= {"wip", "retries", "reworks", "merge"}

    def test_the_ways_to_merge(self, server: Server, name: str) -> None:
        text = SOUND.replace("  wip: 1", "  merge: ¦")
        assert offered(server, name, text) >= {"squash", "merge", "none"}

    def test_in_an_artifact(self, server: Server, name: str) -> None:
        text = SOUND + "  two:\n    title: Two\n    ¦\n"
        assert offered(server, name, text) >= {"goal", "consumer", "source", "verify", "after"}


class TestHover:
    @pytest.mark.parametrize(
        ("text", "path"),
        [
            (SOUND.replace("  wip", "  w¦ip"), ("$defs", "flow", "properties", "wip")),
            (SOUND.replace("\nline:", "\nli¦ne:"), ("properties", "line")),
            (SOUND.replace("kind:", "ki¦nd:"), ("$defs", "cell", "properties", "kind")),
            (SOUND.replace("run:", "r¦un:"), ("$defs", "cell-command", "properties", "run")),
        ],
        ids=["flow.wip", "line", "cell.kind", "command.run"],
    )
    def test_a_key_is_described(
        self, text: str, path: tuple[str, ...], server: Server, name: str
    ) -> None:
        described: Any = schema.builtin("factory")
        for step in path:
            described = described[step]
        assert described["description"] in hovered(server, name, text).replace("\\", "")


def test_the_schema_lies_where_the_first_line_of_ours_says() -> None:
    first = (ROOT / "factory.yaml").read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema={Path('schemas') / SCHEMA.name}"
