"""Every command keeps its promise whatever lies under state/: a few dozen examples, the same ones.

`python -m benchmarks.fuzz_state` tries as many new ones as wanted; tests/run/test_damaged.py has
what it found.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.damage import judge
from tests.damage.factories import make, restore
from tests.damage.judge import Written, import_all, run, wrong
from tests.line import Line, Ran

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Line]:
    import_all()
    return make(tmp_path_factory.mktemp("damaged"))


def test_random_damage() -> None:
    """In a process of its own: pytest's stdout is not one that a fork can give another place."""
    argv = [sys.executable, "-m", "benchmarks.fuzz_state", "--examples", "60"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def test_undamaged_ones_are_sound(lines: dict[str, Line]) -> None:
    for line in lines.values():
        restore(line)
        for command in (("factory", "status"), ("factory", "report"), ("doit", "list", "--all")):
            ran = run(line, command)
            assert (ran.code, ran.err) == (0, ""), ran


# The judge sees what it is for.


@pytest.mark.parametrize(
    ("ran", "said"),
    [
        (Ran(3, "", "Traceback (most recent call last):\nKeyError: 'a'\n"), "a bug: KeyError"),
        (Ran(2, "", "error: Is a directory\n"), "no next step: error: Is a directory"),
        (Ran(124, "", ""), "hang of ('doit',)"),
        (Ran(-9, "", ""), "exit code -9"),
        (Ran(0, "\x1b[2J", ""), "raw characters reach the terminal"),
    ],
)
def test_a_broken_promise_is_seen(ran: Ran, said: str) -> None:
    assert next(wrong(("doit",), ran)).startswith(said)


def test_a_loss_is_seen(lines: dict[str, Line]) -> None:
    line = lines["inside"]
    restore(line)
    before = Written.of(line)
    history = line.state / "factory-artifacts/first/history.jsonl"
    history.write_text(history.read_text().partition("\n")[2])
    (line.home / "ok.yaml").unlink()
    (line.state / "factory-artifacts/next/scout.json").unlink()
    lost = set(before.lost(Written.of(line), judge.Example(0, "inside")))
    assert lost == {
        "lines of history.jsonl are lost",
        "ok.yaml is not what it was",
        "scout.json changed without a word in the history",
    }


def test_what_never_ends_is_ended(
    lines: dict[str, Line], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def endless(_: object) -> int:
        while True:
            (tmp_path / "alive").touch()

    monkeypatch.setattr(judge, "SECONDS", 0.2)
    monkeypatch.setattr(judge, "_enter", endless)
    assert run(lines["inside"], ("doit",)).code == judge.HUNG
