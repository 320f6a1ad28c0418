"""Which tests reach a file, as far as names and words tell. Shared by scouting and selection."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

_TEST_NAME = re.compile(r"(^|/)test_[^/]*$|_test\.[a-z]+$|\.(test|spec)\.[a-z]+$")
_OF_TESTS = re.compile(r"(^|/)(tests?|__tests__|__snapshots__|__mocks__|testdata)/")
_TEST_FOLDER = re.compile(r"(^|/)(tests?|specs?|__tests__)/")


def is_test(path: str) -> bool:
    """Whether a file is named like a test."""
    return bool(_TEST_NAME.search(path))


def supports_tests(path: str) -> bool:
    """Whether a file is a test or lies where tests lie, such as a conftest."""
    return is_test(path) or bool(_TEST_FOLDER.search(path))


def goes_with_tests(path: str) -> bool:
    """Whether a file is part of the tests and not of the product, as far as its path tells.

    Narrower than `supports_tests`: a package that is called `spec` is no test.
    """
    if is_test(path) or path.rpartition("/")[2] == "conftest.py" or path.endswith(".snap"):
        return True
    return bool(_OF_TESTS.search(path)) or (
        not path.endswith(".py") and bool(_TEST_FOLDER.search(path))
    )


def modules_of(path: str) -> tuple[str, ...]:
    """The words by which other files would mention this one: `server.settings`, `settings`."""
    parts = PurePosixPath(path).with_suffix("").parts
    if parts and parts[-1] == "__init__":
        parts = parts[:-1]
    if not parts:
        return ()
    return tuple(dict.fromkeys([".".join(parts), "/".join(parts), parts[-1]]))


def needles(paths: Sequence[str]) -> frozenset[str]:
    """What a line of a test has in it where the test mentions one of `paths`."""
    modules = [modules_of(path) for path in paths]
    packages = {words[0].rpartition(".")[0] for words in modules if words}
    spelled = {word for words in modules for word in words[:-1]}
    return frozenset(spelled | {f"from {package} import " for package in packages if package})


def reaching(
    paths: Sequence[str], texts: Mapping[str, str], *, limit: int
) -> list[tuple[str, str]]:
    """Tests that mention one of `paths`, with the path that each reaches, closest first.

    `texts` maps every test file to its text, or to the lines of it that have one of the `needles`.
    """
    found: dict[str, tuple[int, str]] = {}
    for rank, path in enumerate(p for p in paths if not supports_tests(p)):
        words = modules_of(path)
        for test, text in texts.items():
            strength = _mentions(words, test, text)
            if strength and test not in found:
                found[test] = (rank - strength, path)
    nearest = sorted(found, key=lambda test: (found[test][0], test))
    return [(test, found[test][1]) for test in nearest[:limit]]


def _mentions(words: Sequence[str], test: str, text: str) -> int:
    if not words:
        return 0
    if words[-1] in PurePosixPath(test).stem.split("_"):
        return 3
    # To look for a text is a hundred times quicker than for a pattern, and nearly always enough.
    if any(word in text and re.search(rf"\b{re.escape(word)}\b", text) for word in words[:-1]):
        return 2
    package, _, name = words[0].rpartition(".")
    if not package or f"from {package} import " not in text:
        return 0
    imported = rf"from {re.escape(package)} import [^\n]*\b{re.escape(name)}\b"
    return int(bool(re.search(imported, text)))
