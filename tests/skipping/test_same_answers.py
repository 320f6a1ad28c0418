"""`factory run` and `doit` give the same answers: two lines alike, the same edits in both, the one
carried on by `doit` and the other by `factory run`.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.line import Line, Ran


class Twin(Line):
    """A line with what has to be put back after the next run."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.later: list[Callable[[], None]] = []
        self.patch("a-1", server__app_py="LIMIT = 4\n")
        self.patch("b-1", webui__page_py="TITLE = 'Talk'\n")
        self.patch("c-1", server__new_py="X = 1\n")
        self.review("a-ok")
        artifacts = self.artifact("a", reviews=["a-ok.yaml"]) + self.artifact("b")
        self.spec(artifacts + self.artifact("c"), flow="{wip: 2, calibrated: false}")
        assert self.doit().code == 0


Edit = Callable[[Twin, random.Random], None]


def goal(line: Twin, chance: random.Random) -> None:
    _replace(line, r"goal: .*", f"goal: It works {chance.randrange(10**6)} ways.", chance)


def title(line: Twin, chance: random.Random) -> None:
    _replace(line, r"title: .*", f"title: Thing {chance.randrange(10**6)}", chance)


def comment(line: Twin, chance: random.Random) -> None:
    path = line.home / "factory.yaml"
    path.write_text(path.read_text() + f"# {chance.randrange(10**6)}\n")


def scope(line: Twin, chance: random.Random) -> None:
    _replace(line, r"print\(\d+\)", f"print({chance.randrange(10**6)})", chance)


def lost_entry(line: Twin, chance: random.Random) -> None:
    _some(line, chance, "*/*.json").unlink()


def spoilt_entry(line: Twin, chance: random.Random) -> None:
    path = _some(line, chance, "*/*.json")
    value = json.loads(path.read_text())
    value["run"]["seconds"] += 1
    path.write_text(json.dumps(value))


def torn_entry(line: Twin, chance: random.Random) -> None:
    path = _some(line, chance, "*/*.json")
    path.write_bytes(path.read_bytes()[: chance.randrange(40)])
    line.later.append(lambda: path.unlink(missing_ok=True))


def lost_record(line: Twin, chance: random.Random) -> None:
    _some(line, chance, "*.json").unlink()


def lost_caches(line: Twin, chance: random.Random) -> None:
    for path in sorted((line.state / ".work").glob("*.cache")):
        if chance.random() < 0.7:
            path.unlink()


def nothing(line: Twin, chance: random.Random) -> None:
    del line, chance


def moved_base(line: Twin, chance: random.Random) -> None:
    (line.product / "README").write_text(str(chance.randrange(10**6)))
    line.commit("moved")


EDITS: tuple[Edit, ...] = (
    *(goal, title, comment, scope, lost_entry, spoilt_entry, torn_entry, lost_record),
    *(lost_caches, nothing, nothing, moved_base),
)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_over_random_edits(seed: int, tmp_path: Path) -> None:
    one, other = Twin(tmp_path / "one"), Twin(tmp_path / "other")
    chance = random.Random(seed)
    done: list[str] = []
    for _ in range(8):
        edit, again = chance.choice(EDITS), chance.randrange(10**9)
        for line in (one, other):
            edit(line, random.Random(again))
        done.append(edit.__name__)
        for _ in range(2):
            by_doit, by_factory = one.doit(), other.factory("run")
            assert told(one, by_doit) == told(other, by_factory), f"after {done}"
        for line in (one, other):
            while line.later:
                line.later.pop()()
        assert stages(one) == stages(other), f"after {done}"


def told(line: Line, ran: Ran) -> tuple[int, str]:
    """A run's answer, without what no two lines share: commits, digests, places and seconds."""
    text = (ran.out + ran.err).replace(str(line.folder), "")
    # A stage that takes long, as on a busy machine, is announced.
    text = re.sub(r"^>  .* began .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\b[0-9a-f]{7,64}\b", "…", text)
    return ran.code, re.sub(r"\d+(\.\d+)? m?s\b", "… s", text)


def stages(line: Line) -> dict[str, set[str]]:
    return {name: line.entries(name) for name in "abc"}


def _replace(line: Line, pattern: str, new: str, chance: random.Random) -> None:
    path = line.home / "factory.yaml"
    text = path.read_text()
    places = list(re.finditer(pattern, text))
    found = chance.choice(places)
    path.write_text(text[: found.start()] + new + text[found.end() :])


def _some(line: Twin, chance: random.Random, pattern: str) -> Path:
    found = sorted((line.state / "factory-artifacts").glob(pattern))
    return chance.choice(found)
