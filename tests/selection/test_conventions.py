"""Which tests reach a file, as far as names and words tell."""

from __future__ import annotations

import pytest
from factoryline.selection.conventions import is_test, modules_of, reaching, supports_tests


@pytest.mark.parametrize(
    ("path", "test", "support"),
    [
        ("tests/test_app.py", True, True),
        ("test_app.py", True, True),
        ("server/app_test.go", True, True),
        ("webui/page.test.ts", True, True),
        ("webui/page.spec.js", True, True),
        ("tests/conftest.py", False, True),
        ("test/fixtures/a.json", False, True),
        ("webui/__tests__/page.js", False, True),
        ("spec/nodes.py", False, True),
        ("server/app.py", False, False),
        ("server/contest.py", False, False),
        ("server/testing.py", False, False),
        ("server/latest.py", False, False),
    ],
)
def test_what_is_a_test_and_what_supports_one(path: str, test: bool, support: bool) -> None:
    assert (is_test(path), supports_tests(path)) == (test, support)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("server/settings.py", ("server.settings", "server/settings", "settings")),
        ("server/__init__.py", ("server",)),
        ("app.py", ("app",)),
        ("__init__.py", ()),
        ("webui/src/page.tsx", ("webui.src.page", "webui/src/page", "page")),
    ],
)
def test_the_words_that_mention_a_file(path: str, words: tuple[str, ...]) -> None:
    assert modules_of(path) == words


def reached(texts: dict[str, str], *paths: str, limit: int = 9) -> list[tuple[str, str]]:
    return reaching(paths, texts, limit=limit)


@pytest.mark.parametrize(
    ("test", "text"),
    [
        ("tests/test_settings.py", ""),
        ("tests/test_api.py", "from server.settings import load\n"),
        ("tests/test_api.py", "import server.settings\n"),
        ("tests/test_api.py", "from server import settings\n"),
        ("tests/test_api.py", "from server import api, settings\n"),
        ("webui/api.test.ts", "import { load } from '../server/settings'\n"),
    ],
)
def test_a_test_reaches_what_it_is_named_for_or_imports(test: str, text: str) -> None:
    assert reached({test: text}, "server/settings.py") == [(test, "server/settings.py")]


@pytest.mark.parametrize(
    ("test", "text"),
    [
        ("tests/test_api.py", "settings = {}\n"),
        ("tests/test_api.py", "from other import settings\n"),
        ("tests/test_api.py", "import server.settings_old\n"),
        ("tests/test_setting.py", ""),
    ],
)
def test_a_word_alone_reaches_nothing(test: str, text: str) -> None:
    assert reached({test: text}, "server/settings.py") == []


def test_the_closest_come_first() -> None:
    texts = {
        "tests/test_b.py": "from server import settings",
        "tests/test_a.py": "import server.settings",
        "tests/test_settings.py": "",
    }
    assert [test for test, _ in reached(texts, "server/settings.py")] == [
        "tests/test_settings.py",
        "tests/test_a.py",
        "tests/test_b.py",
    ]
    assert len(reached(texts, "server/settings.py", limit=2)) == 2


def test_a_test_is_named_once_with_the_most_relevant_file() -> None:
    texts = {"tests/test_all.py": "import server.app, server.settings"}
    assert reached(texts, "server/settings.py", "server/app.py") == [
        ("tests/test_all.py", "server/settings.py")
    ]


def test_tests_are_not_reached_themselves() -> None:
    assert reached({"tests/test_app.py": "import tests.base"}, "tests/base.py") == []
