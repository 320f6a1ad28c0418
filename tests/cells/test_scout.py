"""The scout's ranking: a goal's words in paths, symbols and texts, and what changed together."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from factoryline.cells.scout import (
    MOST_BYTES,
    Candidate,
    _Asked,
    _words,
    lines_with,
    rank,
    wanted,
)
from factoryline.system.git import create
from hypothesis import given
from hypothesis import strategies as st

TEXTS = {
    "server/settings.py": "def load_key():\n    return read('key')\n",
    "server/app.py": "import settings\n# the key comes from the settings\n",
    "webui/page.py": "class Page:\n    title = 'Parley'\n",
    "docs/manual.md": "Set the key, then restart.\n",
    "logo.png": "",
}


def ranked(*words: str, texts: dict[str, str] | None = None) -> list[str]:
    return [c.path for c in rank(TEXTS if texts is None else texts, wanted(*words), [])]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A user can paste a provider key.", ("user", "paste", "provider", "key")),
        ("Keys, entries and classes", ("key", "entry", "classe")),
        ("in-app setup of APIKeyEntry", ("app", "setup", "api", "key", "entry")),
        ("snake_case and camelCase", ("snake", "case", "camel")),
        ("Python 3 of 2026", ("python", "3", "2026")),
        ("the key, the KEY, the keys", ("key",)),
        ("status and address", ("status", "address")),
        ("", ()),
    ],
)
def test_the_words_worth_looking_for(text: str, words: tuple[str, ...]) -> None:
    assert wanted(text) == words


def test_several_texts_give_their_words_once() -> None:
    assert wanted("the key", "a key entry") == ("key", "entry")


def test_a_path_says_more_than_a_symbol_and_a_symbol_more_than_a_word() -> None:
    texts = {
        "a/key.py": "",
        "b/other.py": "def key(): ...\n",
        "c/third.py": "the key\n",
        "d/fourth.py": "nothing\n",
    }
    assert ranked("key", texts=texts) == ["a/key.py", "b/other.py", "c/third.py"]


def test_a_rare_word_says_more_than_a_common_one() -> None:
    common = {f"a/{number}.py": "the server\n" for number in range(8)}
    texts = {**common, "z/rare.py": "the wizard\n"}
    assert ranked("server wizard", texts=texts)[0] == "z/rare.py"


def test_what_has_nothing_to_do_with_it_is_not_named() -> None:
    assert ranked("key settings") == ["server/settings.py", "server/app.py", "docs/manual.md"]
    assert ranked("nonsense") == []
    assert ranked("") == []
    assert ranked("key", texts={}) == []


def test_every_file_comes_with_its_reasons() -> None:
    best, *_ = rank(TEXTS, wanted("the key of the settings"), [])
    assert best.path == "server/settings.py"
    assert best.reasons == (
        "its path says setting",
        "it defines load_key",
        "it mentions key",
    )


@pytest.mark.parametrize(
    "line",
    [
        "def key():",
        "    async def key(self):",
        "class Key:",
        "export function key() {",
        "func key() {",
        "pub fn key() {",
        "export const key = 1",
        "interface Key {",
        "type Key = string",
    ],
)
def test_symbols_of_several_languages(line: str) -> None:
    [found] = rank({"a.txt": f"{line}\n"}, ("key",), [])
    assert any(reason.lower() == "it defines key" for reason in found.reasons)


def test_what_changed_together_comes_along() -> None:
    together = [("server/settings.py", "webui/page.py")] * 3
    found = {c.path: c for c in rank(TEXTS, wanted("settings"), together)}
    assert found["webui/page.py"].reasons == (
        "it changed 3 times together with server/settings.py",
    )
    assert found["webui/page.py"].score < found["server/settings.py"].score


@pytest.mark.parametrize(
    "together",
    [
        [("server/settings.py", "webui/page.py")],
        [("server/settings.py", "webui/page.py", *map(str, range(40)))] * 9,
        [("webui/page.py", "logo.png")] * 9,
        [("server/settings.py", "gone.py")] * 9,
        [("server/settings.py",)] * 9,
        [()],
    ],
    ids="once|with half of the repository|with others|with what is gone|alone|nothing".split("|"),
)
def test_what_says_nothing_brings_nothing_along(together: list[tuple[str, ...]]) -> None:
    paths = {c.path for c in rank(TEXTS, wanted("settings"), together)}
    assert paths == {"server/settings.py", "server/app.py"}


def test_the_order_is_always_the_same() -> None:
    texts = {f"{name}.py": "key\n" for name in "dbca"}
    assert ranked("key", texts=texts) == ["a.py", "b.py", "c.py", "d.py"]
    backwards = dict(reversed(TEXTS.items()))
    assert ranked("key settings", texts=backwards) == ranked("key settings")


def test_reasons_add_up() -> None:
    candidate = Candidate("a.py")
    candidate.add(1.5, "one")
    candidate.add(0.5, "two")
    assert (candidate.score, candidate.reasons) == (2.0, ("one", "two"))


def test_the_lines_that_have_a_word_are_read_where_they_are_texts(tmp_path: Path) -> None:
    git = create(tmp_path, branch="main")
    (tmp_path / "a.py").write_text("größe = KEYS\nno\n  entries\n")
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\0 key")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9 key")
    (tmp_path / "huge.json").write_bytes(b"key " * MOST_BYTES)
    (tmp_path / "link.py").symlink_to("a.py")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "an odd: name.py").write_text("a key = 1")
    git.stage_all()
    names = git.files_in(tmp_path)
    assert lines_with(git, ("key", "entry"), (*names, "gone.py")) == {
        "a.py": "größe = KEYS\n  entries",
        "folder/an odd: name.py": "a key = 1",
        "huge.json": "",
        "latin.txt": "caf\ufffd key",
        "link.py": "",
        "logo.png": "",
        "gone.py": "",
    }
    assert set(lines_with(git, (), names).values()) == {""}


@pytest.mark.parametrize("quick", [True, False], ids=["with-pcre", "without"])
def test_lines_with_no_pattern_in_them(
    tmp_path: Path, quick: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = create(tmp_path, branch="main")
    (tmp_path / "a.py").write_text("a.b(c)\naxb\nfrom a import (b)\n")
    git.stage_all()
    if not quick:
        run = git.run
        monkeypatch.setattr(
            git, "run", lambda *words: run(*(w if w != "-P" else "-X" for w in words))
        )
    assert git.grep(["a.b", "from a import "]) == {"a.py": "a.b(c)\nfrom a import (b)"}


@given(
    st.text(alphabet="aKey sSIeyz\n_1Äß−ſ\u0130"),
    st.sets(st.sampled_from(["key", "entry", "s", "1", "sky", "a", "y"])),
)
def test_a_bag_is_what_all_words_of_a_text_give(text: str, words: set[str]) -> None:
    every = Counter(word for word in _words(text) if word in words)
    assert _Asked(frozenset(words)).bag(text) == every
