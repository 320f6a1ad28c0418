"""The first hour with a repository that is not ours, from `factory init` on, as a person would.

Libraries come from package indexes: a src layout with re-exports, a repository of two languages
whose runners have settings of their own, one with a submodule; and factoryline is installed apart
by pipx and by uv.

    pytest -m index tests/acceptance
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.acceptance.real_library import BIN, Index, Ran, bare, make_index, must, pip, run

pytestmark = pytest.mark.index

ROOT = Path(__file__).parent.parent.parent
ANN = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    kept = os.environ.get("FACTORYLINE_INDEX_CACHE")
    cache = Path(kept) if kept else tmp_path_factory.mktemp("index")
    return make_index(tmp_path_factory.mktemp("environment"), cache)


class Clone:
    """A repository that was cloned a moment ago."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for name, value in (("name", "Ann"), ("email", "ann@example.org")):
            self.git("config", f"user.{name}", value)

    def git(self, *words: str) -> str:
        return must(["git", *ANN, *words], cwd=self.path)

    def edit(self, path: str, old: str, new: str) -> None:
        place = self.path / path
        text = place.read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
        place.write_text(text.replace(old, new))

    def append(self, path: str, text: str) -> None:
        place = self.path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("a") as file:
            file.write(text)

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def run(self, *words: str | Path) -> Ran:
        return run(list(words), cwd=self.path)

    def doit(self) -> Ran:
        return self.run(BIN / "doit")

    def factory(self, *words: str) -> Ran:
        done = self.run(BIN / "factory", *words)
        assert done.code == 0, done.out + done.err
        return done

    def chosen(self, artifact: str, scope: str = "tests", round: int = 1) -> dict[str, object]:
        path = self.path / f"state/factory-artifacts/{artifact}/{round}-verify.json"
        checks = json.loads(path.read_text())["handoff"]["checks"]
        found: dict[str, object] = next(c for c in checks if c["scope"] == scope)
        return found


def upstream(folder: Path, source: Path) -> Clone:
    """A clone of a repository that holds a source distribution in one commit."""
    must(["git", "init", "-q", "-b", "main"], cwd=source)
    must(["git", "add", "-A", "-f", "."], cwd=source)
    must(["git", *ANN, "commit", "-q", "-m", "as released"], cwd=source)
    must(["git", "clone", "-q", str(source), str(folder / "clone")])
    return Clone(folder / "clone")


def test_src_layout_with_re_exports(tmp_path: Path, index: Index) -> None:
    """click: a change of one function runs a few tests, and a change of the core leaves a map by
    which the next one, and the next round, take seconds.
    """
    clone = upstream(tmp_path, index.source("click", "8.1.8", tmp_path))
    environment = clone.path / ".venv"
    must([index.python, "-m", "venv", "--system-site-packages", environment])
    pip(environment / "bin/python", "install", "-q", "pytest<9", "coverage>=7.4")
    clone.append(".git/info/exclude", ".venv/\n")
    clone.git("switch", "-q", "-c", "margin")
    core = "src/click/core.py"
    before = "        formatter = ctx.make_formatter()\n        self.format_usage(ctx, formatter)\n"
    after = before.replace("()\n", "()\n        formatter.current_indent = 0\n", 1)
    clone.edit(core, before, after)
    clone.append(
        "tests/test_basic.py",
        "\n\ndef test_usage_starts_at_the_margin():\n"
        "    cmd = click.Command('x')\n"
        "    assert cmd.get_usage(click.Context(cmd)).startswith('Usage: ')\n",
    )
    clone.commit("Usage starts at the margin")
    clone.git("switch", "-q", "main")
    clone.factory("init", "--adopt", "margin")
    assert "python: .venv/bin/python" in (clone.path / "factory.yaml").read_text()
    clone.edit("factory.yaml", "fails_before: true, ", "")
    clone.commit("a line")

    first = clone.doit()
    assert "1-verify  pass: " in first.out, first.out + first.err
    whole = clone.chosen("margin")["selection"]
    assert isinstance(whole, dict)
    assert "and there is no map yet" in str(whole["widened"])

    # The next round: nothing else is typed.
    words = ("--request-changes", "--by", "Ann", "--finding", "say why")
    clone.factory("review", "margin", *words)
    clone.git("stash", "-q", "-u")
    clone.git("switch", "-q", "margin")
    clone.edit(core, "current_indent = 0\n", "current_indent = 1 - 1\n")
    clone.commit("Say why")
    clone.git("switch", "-q", "main")
    clone.git("stash", "pop", "-q")
    second = clone.doit()
    assert "2-verify  pass: " in second.out, second.out + second.err
    chosen = clone.chosen("margin", round=2)["selection"]
    assert isinstance(chosen, dict)
    assert (chosen["widened"], bool(chosen["map"])) == ("", True)
    assert chosen["chosen"] < 0.5 * chosen["known"], chosen["summary"]
    took = json.loads((clone.path / "state/factory-artifacts/margin/2-verify.json").read_text())
    assert took["run"]["seconds"] < 60


SHOP = {
    "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--cov=server --cov-fail-under=99"\n',
    "server/__init__.py": "",
    "server/price.py": "def price(amount):\n    return amount * 3\n",
    "server/other.py": "def other():\n    return 1\n",
    "tests/test_other.py": (
        "from server.other import other\n\n\ndef test_other():\n    assert other()\n"
    ),
    "tests/conftest.py": "import sys\nsys.path.insert(0, '.')\n",
    ".gitignore": "node_modules/\ncoverage/\n.coverage\n",
}


LIMITS = {"lines": 100, "functions": 100}
WEBUI = {
    "jest": {
        "webui/package.json": {
            "devDependencies": {"jest": "29"},
            "jest": {"collectCoverage": True, "coverageThreshold": {"global": LIMITS}},
        },
        "webui/src/label.js": "module.exports = { label: (name) => `<i>${name}</i>` };\n",
        "webui/src/far.js": "module.exports = { far: () => 1 };\n",
        "webui/tests/far.test.js": "const { far } = require('../src/far');\n",
        "webui/tests/label.test.js": "const { label } = require('../src/label');\n",
    },
    "vitest": {
        "webui/package.json": {
            "type": "module",
            # npm's own lock file of version 4 names an optional package that it then misses.
            "devDependencies": {"vitest": "3", "@vitest/coverage-v8": "3"},
        },
        "webui/vitest.config.js": "export default { test: { coverage: { enabled: true, "
        f"thresholds: {json.dumps(LIMITS)} }} }} }};\n",
        "webui/src/label.js": "export const label = (name) => `<i>${name}</i>`;\n",
        "webui/src/far.js": "export const far = () => 1;\n",
        "webui/tests/far.test.js": "import { expect, test } from 'vitest';\n"
        "import { far } from '../src/far.js';\n",
        "webui/tests/label.test.js": "import { expect, test } from 'vitest';\n"
        "import { label } from '../src/label.js';\n",
    },
}
FAR = "test('far', () => { expect(far()).toBe(1); });\n"
BOLD = "test('bold', () => { expect(label('x')).toBe('<b>x</b>'); });\n"


@pytest.mark.parametrize("runner", WEBUI)
def test_two_languages_with_thresholds_of_their_own(runner: str, tmp_path: Path) -> None:
    """pytest-cov and the web's runner ask for coverage that few tests cannot give: nobody is
    blamed, and what changed is covered in both languages.
    """
    source = tmp_path / "shop"
    webui = {**WEBUI[runner]}
    new = str(webui.pop("webui/tests/label.test.js")) + BOLD
    webui["webui/tests/far.test.js"] = f"{webui['webui/tests/far.test.js']}{FAR}"
    texts = {n: t if isinstance(t, str) else json.dumps(t) for n, t in webui.items()}
    for name, text in {**SHOP, **texts}.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    npm = ["npm", "install", "--package-lock-only", "--no-audit", "--no-fund"]
    must(npm, cwd=source / "webui", env=dict(os.environ))
    clone = upstream(tmp_path, source)
    clone.git("switch", "-q", "-c", "double")
    clone.edit("server/price.py", "* 3", "* 2")
    clone.append(
        "tests/test_price.py",
        "from server.price import price\n\n\ndef test_price():\n    assert price(2) == 4\n",
    )
    clone.edit("webui/src/label.js", "<i>${name}</i>", "<b>${name}</b>")
    clone.append("webui/tests/label.test.js", new)
    clone.commit("Prices double, labels are bold")
    clone.git("switch", "-q", "main")
    clone.factory("init", "--adopt", "double")
    clone.commit("a line")
    ran = clone.doit()
    assert "1-verify  pass: " in ran.out, ran.out + ran.err
    assert "100 % of 2 changed lines, " in ran.out
    python, web = clone.chosen("double", "pytest"), clone.chosen("double", "webui")
    assert (python["aside"], web["aside"]) == (
        ["webui/src/label.js", "webui/tests/label.test.js"],
        ["server/price.py", "tests/test_price.py"],
    )
    assert isinstance(web["tests"], dict)
    assert web["tests"]["run"] == 1, "what has nothing to do with it is not run"


def test_a_library_as_a_submodule(tmp_path: Path, index: Index) -> None:
    """itsdangerous lies in a submodule; the tests of the product import it from there."""
    library = index.source("itsdangerous", "2.2.0", tmp_path)
    must(["git", "init", "-q", "-b", "main"], cwd=library)
    must(["git", "add", "-A", "-f", "."], cwd=library)
    must(["git", *ANN, "commit", "-q", "-m", "as released"], cwd=library)
    source = tmp_path / "product"
    (source / "tests").mkdir(parents=True)
    (source / "tokens.py").write_text("SALT = 'a'\n")
    (source / "tests/test_tokens.py").write_text(
        "import sys\nsys.path[:0] = ['.', 'third/itsdangerous/src']\n\n"
        "from itsdangerous import URLSafeSerializer\nfrom tokens import SALT\n\n\n"
        "def test_there_and_back():\n"
        "    tokens = URLSafeSerializer('key', salt=SALT)\n"
        "    assert tokens.loads(tokens.dumps([1])) == [1]\n"
    )
    must(["git", "init", "-q", "-b", "main"], cwd=source)
    allowed = ["git", "-c", "protocol.file.allow=always"]
    must([*allowed, "submodule", "-q", "add", str(library), "third/itsdangerous"], cwd=source)
    must(["git", "add", "-A"], cwd=source)
    must(["git", *ANN, "commit", "-q", "-m", "tokens"], cwd=source)
    place = tmp_path / "clone"
    must([*allowed, "clone", "-q", "--recurse-submodules", str(source), str(place)])
    clone = Clone(place)
    clone.git("switch", "-q", "-c", "salt")
    clone.edit("tokens.py", "'a'", "'b'")
    clone.append("tests/test_tokens.py", "\n\ndef test_salt():\n    assert SALT == 'b'\n")
    clone.commit("Another salt")
    clone.git("switch", "-q", "main")
    clone.factory("init", "--adopt", "salt")
    clone.commit("a line")
    ran = clone.doit()
    assert "1-verify  pass: 2 tests" in ran.out, ran.out + ran.err


def install(installer: str, tools: Path, home: Path) -> None:
    """Install this repository with pipx or uv, its commands in `home/bin`."""
    pip(tools / "python", "install", "-q", installer)
    command: list[str | Path]
    if installer == "pipx":
        command = [tools / "python", "-m", "pipx", "install", "--quiet", ROOT]
        places = {"PIPX_HOME": str(home), "PIPX_BIN_DIR": str(home / "bin")}
    else:
        command = [tools / "uv", "tool", "install", "-q", "--python", Path(sys.executable), ROOT]
        places = {"UV_TOOL_DIR": str(home), "UV_TOOL_BIN_DIR": str(home / "bin")}
    must(command, env=dict(os.environ) | places, cwd=home.parent)


@pytest.mark.parametrize("installer", ["pipx", "uv"])
def test_installed_apart(installer: str, tmp_path: Path) -> None:
    """As README.md says: `factory` alone is there, and tests run in the project's environment."""
    tools = tmp_path / "tools"
    must([sys.executable, "-m", "venv", tools])
    home = tmp_path / "apart"
    install(installer, tools / "bin", home)
    project = tmp_path / "project"
    (project / "tests").mkdir(parents=True)
    (project / "calc.py").write_text("def add(a, b):\n    return a * b\n")
    (project / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["."]\n')
    (project / ".gitignore").write_text(".venv/\n")
    must(["git", "init", "-q", "-b", "main"], cwd=project)
    clone = Clone(project)
    clone.commit("calc")
    must([sys.executable, "-m", "venv", project / ".venv"])
    pip(project / ".venv/bin/python", "install", "-q", "pytest", "coverage")
    clone.git("switch", "-q", "-c", "fix")
    (project / "calc.py").write_text("def add(a, b):\n    return a + b\n")
    clone.append(
        "tests/test_calc.py",
        "from calc import add\n\n\ndef test_add():\n    assert add(2, 3) == 5\n",
    )
    clone.commit("Sums are sums")
    clone.git("switch", "-q", "main")
    (tmp_path / "path").mkdir()
    (tmp_path / "path/git").symlink_to(shutil.which("git") or "git")
    env = bare() | {"PATH": f"{home / 'bin'}:{tmp_path / 'path'}"}

    def factory(*words: str) -> str:
        done = run([home / "bin/factory", *words], cwd=project, env=env)
        assert done.code == 0, done.out + done.err
        return done.out

    assert "type `factory run`" in factory("init", "--adopt", "fix")
    clone.commit("a line")
    said = factory("run")
    assert "1-verify  pass: 1 test in 1 scope, 100 % of 1 changed line, 1 failed before" in said
    factory("review", "fix", "--approve", "--by", "Ann")
    assert "1 of 1 artifact sealed" in factory("run")
    listed: Sequence[str] = factory("list", "--all").splitlines()
    assert any("fix:1-verify" in line for line in listed)
