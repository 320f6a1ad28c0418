"""The caches change no answer: not when they are old, damaged or gone."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from factoryline.pipeline import compile_factory
from factoryline.plan.rounds import stage_named
from factoryline.run.factory import Factory
from factoryline.run.status import State
from factoryline.skipping import quick
from factoryline.skipping.certificate import certify, last_words
from factoryline.skipping.survey import IDLE, survey

from tests.line import Line

CACHES = ("plan.cache", "rows.index", "nothing-to-do.index", "artifacts.cache")


@pytest.fixture
def line(line: Line) -> Line:
    """One sealed artifact, one that waits for a person, one in a file of its own that is queued."""
    for name in ("done", "open", "later"):
        line.patch(f"{name}-1", **{f"server__{name}_py": "X = 1\n"})
    line.review("ok")
    line.spec(
        line.artifact("done", reviews=["ok.yaml"])
        + line.artifact("open")
        + "  include: more/*.yaml\n",
        flow="{merge: none}",
    )
    line.write(
        line.home / "more/later.yaml",
        "title: Later\ngoal: It works.\nverify: [{scope: unit}]\nadopt: [[later-1.patch]]\n",
    )
    assert line.doit().code == 0
    settle(line)
    return line


def settle(line: Line) -> None:
    """Let what was written grow old enough, and leave the certificate."""
    time.sleep(0.06)
    assert line.factory("status").code == 0
    assert line.factory("status").code == 0


def asked(line: Line) -> tuple[State, ...]:
    return survey(Factory(compile_factory(line.home / "factory.yaml"))).states


def told(line: Line) -> str | None:
    """What a run would print if it would run nothing, or the kind of error in its way."""
    try:
        states = asked(line)
    except Exception as error:
        return f"error: {type(error).__name__}"
    return last_words(states) if all(state.kind in IDLE for state in states) else None


def truth(line: Line) -> str | None:
    """What a run would print if it would run nothing, found out without any cache."""
    kept = {name: line.state / ".work" / name for name in CACHES}
    aside = {name: path.read_bytes() for name, path in kept.items() if path.exists()}
    times = {name: path.stat() for name, path in kept.items() if path.exists()}
    for path in kept.values():
        path.unlink(missing_ok=True)
    try:
        return told(line)
    finally:
        for name, data in aside.items():
            kept[name].write_bytes(data)
            os.utime(kept[name], ns=(times[name].st_atime_ns, times[name].st_mtime_ns))


@pytest.mark.long
def test_the_certificate_says_what_a_run_says(line: Line) -> None:
    said = quick.answer(str(line.home))
    assert said == truth(line) == line.doit().out
    assert said == line.factory("run").out
    assert quick.answer(str(line.home), "status") == line.factory("status").out
    assert "?  open  1-review waits for a review" in said
    assert "~  later  queued: open is in progress (wip: 1)" in said


@pytest.mark.long
@pytest.mark.parametrize("name", CACHES)
def test_flipped_bytes_change_no_answer(line: Line, name: str) -> None:
    expected = (line.doit().out, line.factory("status").out, line.factory("run").out)
    path = line.state / ".work" / name
    whole = path.read_bytes()
    for position in (0, 5, len(whole) // 2, len(whole) - 1):
        for data in (whole[:position], bytes([*whole[:position], whole[position] ^ 0xFF])):
            path.write_bytes(data + (whole[position + 1 :] if len(data) > position else b""))
            factory = Factory(compile_factory(line.home / "factory.yaml"))
            assert last_words(survey(factory).states) == expected[0]
            assert quick.answer(str(line.home)) in (None, expected[0])
    path.write_bytes(b"\xff" * 100)
    assert (line.doit().out, line.factory("status").out, line.factory("run").out) == expected


@pytest.mark.long
def test_without_any_cache_the_answer_is_the_same(line: Line) -> None:
    expected = line.doit().out
    for name in CACHES:
        (line.state / ".work" / name).unlink()
    assert line.doit().out == expected


@pytest.mark.long
def test_caches_of_another_format_are_none(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = line.doit().out
    monkeypatch.setattr(quick, "FORMAT", ("0.0.1", 1))
    for name in CACHES:
        (line.state / ".work" / name).write_bytes(quick.pack(("of", "another", "shape", "at all")))
    assert line.doit().out == line.factory("run").out == expected


@pytest.mark.long
def test_a_certificate_is_about_the_plan_that_was_read(line: Line) -> None:
    factory = Factory(compile_factory(line.home / "factory.yaml"))
    line.edit("goal: The open", "goal: The wide open")
    time.sleep(0.06)
    certify(factory, survey(factory))
    assert quick.answer(str(line.home)) is None
    assert "open:scout" in line.doit().lines()


@pytest.mark.long
def test_a_second_survey_sees_what_was_written_since(line: Line) -> None:
    factory = Factory(compile_factory(line.home / "factory.yaml"))
    first = survey(factory)
    assert survey(factory).states == first.states
    for stage in ("1-package", "1-verify"):
        factory.ledger.forget(stage_named("open", stage), reason="a test")
        [state] = [s for s in survey(factory).states if s.artifact == "open"]
        assert (state.kind, state.stage) == ("due", stage)


def _new_prior(line: Line) -> None:
    _prior(line, random.Random(1))


def _new_include(line: Line) -> None:
    line.write(line.home / "deep/one/late.yaml", (line.home / "more/later.yaml").read_text())


def _entries_of_another_clone(line: Line) -> None:
    """As a pull brings them, into a folder that is there already."""
    line.write(line.state / f"{RECORD_OF}/later/scout.json", "{}")


RECORD_OF = "factory-artifacts"


@pytest.mark.long
@pytest.mark.parametrize("comes", [_new_prior, _new_include, _entries_of_another_clone])
def test_what_comes_to_be_is_noticed(line: Line, comes: Callable[[Line], None]) -> None:
    line.edit("  include: more/*.yaml", "  include: [more/*.yaml, deep/one/*.yaml]")
    (line.state / RECORD_OF / "later").mkdir()
    settle(line)
    assert quick.answer(str(line.home))
    comes(line)
    assert quick.answer(str(line.home)) is None
    assert told(line) == truth(line)


def _taught(line: Line) -> None:
    """`first` was reworked once, and the scout of `second` heard of it."""
    for name in ("first-1", "first-2", "second-1"):
        line.patch(name, **{f"server__{name.replace('-', '_')}_py": "X = 1\n"})
    finding = {"kind": "correctness", "statement": "It is wrong.", "paths": ["server/first_1.py"]}
    line.review("no", "request-changes", findings=[finding | {"severity": "minor"}])
    first = line.artifact("first", rounds=2, reviews=["no.yaml", "ok.yaml"])
    line.spec(first + line.artifact("second"), flow="{merge: none}")
    assert line.doit().code == 0
    assert line.entry("second", "scout")["handoff"]["lessons"] == [
        "first: correctness: It is wrong."
    ]
    settle(line)


@pytest.mark.long
def test_what_an_artifact_heard_of_another_stays_true_when_that_one_is_no_longer_planned(
    line: Line,
) -> None:
    _taught(line)
    path = line.home / "factory.yaml"
    head, _, rest = path.read_text().partition("  first:")
    path.write_text(f"{head}  second:{rest.partition('  second:')[2]}")
    assert told(line) == truth(line)
    assert line.doit().lines() == []


@pytest.mark.long
def test_what_an_artifact_heard_of_another_is_asked_again_when_that_one_is_opened(
    line: Line,
) -> None:
    _taught(line)
    assert line.factory("reopen", "first", "--why", "a test").code == 0
    [second] = [state for state in asked(line) if state.artifact == "second"]
    assert (second.kind, second.stage) == ("due", "scout")


def test_a_fingerprint_is_that_of_the_signatures(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text(name)
    paths = [str(tmp_path / name) for name in ("a", "absent", "b")]
    known = quick.fold(map(quick.signature, paths))
    assert quick.fingerprint(paths) == known
    home = str(tmp_path)
    assert list(quick.hold(home, [("a\0absent\0b", known), ("a\0b", known)])) == [True, False]
    (tmp_path / "absent").write_text("")
    assert quick.fingerprint(paths) != known


def test_a_run_names_the_first_that_wait_and_counts_the_rest() -> None:
    def state(number: int, kind: str) -> State:
        return State(artifact=f"a{number}", kind=kind, stage="", sentence=f"is {kind}", command="x")

    states = [state(n, "waiting") for n in range(23)] + [state(n, "queued") for n in range(30, 36)]
    words = last_words(states).splitlines()
    assert words[:2] == ["?  a0  is waiting", "   x"]
    assert words[40] == "?  and 3 more wait; `factory status` shows them"
    assert words[-2:] == ["~  and 1 more are queued", "nothing to do; 0 of 29 artifacts sealed"]


Edit = Callable[[Line, random.Random], None]


def _replace(old: str, new: str, file: str) -> Edit:
    def edit(line: Line, chance: random.Random) -> None:
        path = line.home / file
        if path.exists():
            path.write_text(path.read_text().replace(old, f"{new} {chance.random()}", 1))

    return edit


def _remove(file: str) -> Edit:
    def edit(line: Line, chance: random.Random) -> None:
        del chance
        (line.home / file).unlink(missing_ok=True)

    return edit


def _add(file: str) -> Edit:
    def edit(line: Line, chance: random.Random) -> None:
        line.write(line.home / file, f"title: T{chance.random()}\n")

    return edit


def _prior(line: Line, chance: random.Random) -> None:
    source = '{"artifact": "done", "stage": "1-review", "by": "Ann", "finding": "f"}'
    text = f'{{"id": "p", "statement": "{chance.random()}", "surfaces": [], "source": {source}}}'
    line.write(line.state / "priors/p.json", text)


def _proof(line: Line, chance: random.Random) -> None:
    path = line.home / "factory.yaml"
    flow = f"flow: {{proof: {{mutants: {chance.randint(1, 9)}}}, merge: none}}\n"
    path.write_text(re.sub("^flow: .*\n", flow, path.read_text(), flags=re.MULTILINE))


def _in_place(file: str, old: bytes, new: bytes) -> Edit:
    """The same size, in the same file: only its times tell."""

    def edit(line: Line, chance: random.Random) -> None:
        del chance
        path = line.home / file
        if path.exists() and old in path.read_bytes():
            with path.open("r+b") as stream:
                data = stream.read()
                stream.seek(data.index(old))
                stream.write(new)

    return edit


RECORD = "state/factory-artifacts"
EDITS: list[Edit] = [
    _replace("title: The open", "title: The open", "factory.yaml"),
    _replace("goal: The open", "goal: The open", "factory.yaml"),
    _replace("title: The done", "title: The done", "factory.yaml"),
    _replace("factoryline: 1", "factoryline: 1 #", "factory.yaml"),
    _replace("title: Later", "title: Later", "more/later.yaml"),
    _replace("print(1", "print(1,", "factory.yaml"),
    _proof,
    _replace("+X = 1", "+X = 1 #", "open-1.patch"),
    _replace('"by"', '"summary": "x", "by"', "ok.yaml"),
    _remove(f"{RECORD}/open/1-verify.json"),
    _remove(f"{RECORD}/open/1-package.json"),
    _remove(f"{RECORD}/done/note.json"),
    _remove(f"{RECORD}/done/scout.json"),
    _remove("later-1.patch"),
    _prior,
    _add("more/extra.yaml"),
    _add("unrelated.txt"),
    _in_place(f"{RECORD}/open/1-verify.json", b'"outcome": "pass"', b'"outcome": "fail"'),
    _in_place("open-1.patch", b"+X = 1", b"+X = 2"),
    _in_place("factory.yaml", b"wip", b"wap"),
]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_the_certificate_is_never_wrong_after_random_edits(line: Line, seed: int) -> None:
    chance = random.Random(seed)
    backup = {p: p.read_bytes() for p in line.home.rglob("*") if _is_kept(line, p)}
    for _ in range(12):
        for edit in chance.sample(EDITS, chance.choice([1, 1, 2])):
            edit(line, chance)
        said, true = quick.answer(str(line.home)), truth(line)
        assert said is None or said == true
        if chance.random() < 0.3 and true and not true.startswith("error"):
            time.sleep(0.06)
            factory = Factory(compile_factory(line.home / "factory.yaml"))
            certify(factory, survey(factory))
            assert quick.answer(str(line.home)) in (None, truth(line))
        if chance.random() < 0.3:
            _restore(line, backup)
            settle(line)
            assert quick.answer(str(line.home)) == truth(line)


@pytest.mark.long
def test_rows_are_never_wrong_after_any_edit(line: Line) -> None:
    backup = {p: p.read_bytes() for p in line.home.rglob("*") if _is_kept(line, p)}
    for number, edit in enumerate(EDITS):
        time.sleep(0.06)
        edit(line, random.Random(number))
        true = truth(line)
        assert told(line) == true, f"edit {number}"
        _restore(line, backup)
        settle(line)


def _is_kept(line: Line, path: Path) -> bool:
    return path.is_file() and line.state / ".work" not in path.parents


def _restore(line: Line, backup: dict[Path, bytes]) -> None:
    for path in [p for p in line.home.rglob("*") if _is_kept(line, p) and p not in backup]:
        path.unlink()
    for path, data in backup.items():
        line.write(path, "")
        path.write_bytes(data)
