"""A line under test: a small product in a fresh repository, a factory over it, and the real
programs `doit` and `factory` run on them. Reads like a terminal; see tests/run/.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import programs

BIN = Path(sys.executable).parent

PRODUCT = {
    "server/app.py": "LIMIT = 3\n",
    "server/__init__.py": "",
    "webui/page.py": "TITLE = 'Parley'\n",
    "checks/unit.txt": "always: True\n",
}

RUNNER = '''"""A test runner of a few milliseconds: its files hold lines `name: expression`."""
import pathlib, sys
from xml.sax.saxutils import quoteattr

report, *files = sys.argv[1:]
cases, failed = [], 0
for file in files:
    for line in pathlib.Path(file).read_text().splitlines():
        name, _, expression = line.partition(": ")
        try:
            good = eval(expression, {"read": lambda p: pathlib.Path(p).read_text()})
        except Exception:
            good = False
        failed += not good
        cases.append(f"<testcase classname={quoteattr(file)} name={quoteattr(name)}>"
                     + ("" if good else "<failure>it is false</failure>") + "</testcase>")
pathlib.Path(report).write_text(f"<testsuite>{''.join(cases)}</testsuite>")
sys.exit(1 if failed else 0)
'''

FUNCTIONS = '''"""The functions of pytest's files, without pytest: REPORT TESTS…"""
import importlib.util, pathlib, sys
from xml.sax.saxutils import quoteattr

sys.path[:0] = [".", "src"]
report, *tests = sys.argv[1:]
cases, failed = [], 0
for one in tests:
    path, _, only = one.partition("::")
    place = pathlib.Path(path)
    for file in sorted(place.rglob("test_*.py")) if place.is_dir() else [place]:
        spec = importlib.util.spec_from_file_location(file.stem, file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name in sorted(vars(module)):
            if name.startswith("test") and only in ("", name):
                try:
                    getattr(module, name)()
                    said = ""
                except AssertionError as error:
                    failed += 1
                    said = f"<failure>{error!r}</failure>"
                where = quoteattr(str(file.with_suffix("")).replace("/", "."))
                named = f"classname={where} name={quoteattr(name)}"
                cases.append(f"<testcase {named}>{said}</testcase>")
pathlib.Path(report).write_text(f"<testsuite>{''.join(cases)}</testsuite>")
sys.exit(1 if failed else 0)
'''

SCOPES = """
scopes:
  unit: {run: ["{python}", RUNNER, "{report}", "{tests}"], report: junit, all: [checks/unit.txt]}
  style: {run: ["{python}", -c, "print(1)"], report: exit}
"""

COVERED = """
scopes:
  unit:
    run: ["{python}", -m, coverage, run, "--data-file={coverage}", -m, pytest, -q,
          -p, no:cacheprovider, "{tests}", "--junitxml={report}"]
    report: junit
    coverage: coverage-py
    all: [FOLDER]
"""
"""Tests of a folder with pytest, their coverage measured."""

CELLS = """
surfaces: {server: [server/**], webui: [webui/**]}
cells:
  scout: {kind: scout}
  build: {kind: adopt, takes: [memo, feedback], touches: [server, webui, checks/**]}
  verify: {kind: verify, returns: build}
  package: {kind: package}
  review: {kind: review, from: recorded, returns: build}
line: [scout, build, verify, package, review]
"""


@dataclass(frozen=True)
class Ran:
    """How a program ended."""

    code: int
    out: str
    err: str

    def lines(self) -> list[str]:
        """The names of the stages that ran, in order."""
        marks = [line.split() for line in self.out.splitlines() if line.startswith(".  ")]
        return [words[1] for words in marks]


class Line:
    """A factory in `home`, a product in `product`; the same folder with `inside=True`."""

    def __init__(self, folder: Path, *, inside: bool = False) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.product = self.home if inside else folder / "product"
        self.home.mkdir(parents=True)
        self.runner = folder / "runner.py"
        self.runner.write_text(RUNNER)
        self.product.mkdir(exist_ok=True)
        for path, text in PRODUCT.items():
            self.write(self.product / path, text)
        self.git("init", "-q", "-b", "main")
        self.commit("base")
        self.write(self.home / "doit.cfg", "[GLOBAL]\nloader = factory\n")

    def functions(self) -> Path:
        """A program that runs the functions of pytest's files, without pytest."""
        return self.write(self.folder / "functions.py", FUNCTIONS)

    def hurry(self) -> None:
        """Let the pytest scope of `factory init` run a program that starts sooner."""
        path = self.home / "factory.yaml"
        start, _, rest = path.read_text().partition('    run: ["{python}", -m, coverage')
        program = self.functions()
        rest = rest.partition('"--junitxml={report}"]\n')[2].replace(
            "    coverage: coverage-py\n", ""
        )
        run = f'    run: ["{{python}}", {program}, "{{report}}", "{{tests}}"]\n'
        path.write_text(start + run + rest.replace(", covers: 0.8", ""))

    # Writing

    def write(self, path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def spec(
        self, artifacts: str, *, cells: str = CELLS, scopes: str = SCOPES, flow: str = ""
    ) -> None:
        """Write factory.yaml. `artifacts` is the text under `artifacts:`."""
        repo = "." if self.product == self.home else "../product"
        runner = str(self.runner)
        head = f"factoryline: 1\nname: test\ntarget: {{repo: {repo}, base: main}}\n"
        body = cells + scopes.replace("RUNNER", runner) + (f"flow: {flow}\n" if flow else "")
        self.write(self.home / "factory.yaml", f"{head}{body}artifacts:\n{artifacts}")

    def edit(self, old: str, new: str, file: str = "factory.yaml") -> None:
        """Replace one text in a file of the home."""
        path = self.home / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new))

    def patch(self, name: str, *, on: str = "main", **files: str | None) -> str:
        """Make a patch that writes `files` on the commit `on`; `server__app_py` is server/app.py.

        A text of None deletes. Returns the commit, so that the next patch can build on it.
        """
        place = self.folder / "drawing"
        self.git("worktree", "add", "-q", "--detach", "--force", str(place), on)
        for key, text in files.items():
            path = place / _path(key)
            if text is None:
                path.unlink()
            else:
                self.write(path, text)
        self.git("add", "-A", cwd=place)
        self.git("commit", "-q", "-m", name, cwd=place)
        patch = self.git("diff", "--binary", "HEAD^", "HEAD", cwd=place)
        commit = self.git("rev-parse", "HEAD", cwd=place).strip()
        self.git("worktree", "remove", "--force", str(place))
        self.write(self.home / f"{name}.patch", patch)
        return commit

    def review(self, name: str, decision: str = "approve", **more: Any) -> None:
        """Write a recorded review."""
        value = {"decision": decision, "by": "Ann", **more}
        self.write(self.home / f"{name}.yaml", json.dumps(value))

    def artifact(
        self, name: str, *, rounds: int = 1, reviews: Sequence[str] = (), more: str = ""
    ) -> str:
        """The text of an artifact that adopts `<name>-1.patch` and so on."""
        adopt = ", ".join(f"[{name}-{number}.patch]" for number in range(1, rounds + 1))
        return (
            f"  {name}:\n"
            f"    title: The {name}\n"
            f"    goal: The {name} of the server works.\n"
            f"    verify: [{{scope: unit}}, {{scope: style}}]\n"
            f"    adopt: [{adopt}]\n"
            f"    reviews: [{', '.join(reviews)}]\n{more}"
        )

    # Running

    def run(self, *argv: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> Ran:
        done = subprocess.run(
            argv,
            cwd=cwd or self.home,
            env=self.env() | (env or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def env(self) -> dict[str, str]:
        """A machine without any git configuration and without this project's own settings."""
        return {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LANG": "C.UTF-8",
        }

    def doit(self, *arguments: str, env: dict[str, str] | None = None) -> Ran:
        return self._ours("doit", *arguments, env=env or {})

    def factory(self, *arguments: str, env: dict[str, str] | None = None) -> Ran:
        return self._ours("factory", *arguments, env=env or {})

    def _ours(self, name: str, *arguments: str, env: dict[str, str]) -> Ran:
        if any(variable.startswith(("PYTHON", "LC_")) for variable in env):
            # They shape how an interpreter starts.
            return self.run(str(BIN / name), *arguments, env=env)
        command = (str(BIN / name), *arguments)
        return Ran(*programs.fork(command, cwd=self.home, env=self.env() | env, seconds=120))

    def terminal(self, *argv: str, keys: str = "", columns: int = 80, pager: str = "cat") -> Ran:
        """Run one of our programs on a terminal, where somebody types `keys`."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        env = {**self.env(), "TERM": "xterm-256color", **({"GIT_PAGER": pager} if pager else {})}
        program = subprocess.Popen(
            [str(BIN / argv[0]), *argv[1:]],
            cwd=self.home,
            env=env,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        os.write(ours, keys.encode())
        said = b""
        # Where the other end is closed, Linux says so by an error.
        with contextlib.suppress(OSError):
            while chunk := os.read(ours, 65536):
                said += chunk
        os.close(ours)
        return Ran(program.wait(), said.decode().replace("\r\n", "\n"), "")

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        named = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
        done = self.run("git", *named, *arguments, cwd=cwd or self.product)
        assert done.code == 0, f"git {' '.join(arguments)}\n{done.err}"
        return done.out

    def commit(self, message: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    # Looking

    @property
    def state(self) -> Path:
        return self.home / "state"

    def entry(self, artifact: str, stage: str) -> dict[str, Any]:
        path = self.state / "factory-artifacts" / artifact / f"{stage}.json"
        value: dict[str, Any] = json.loads(path.read_text())
        return value

    def entries(self, artifact: str) -> set[str]:
        folder = self.state / "factory-artifacts" / artifact
        return {path.stem for path in folder.glob("*.json")}

    def history(self, artifact: str) -> list[dict[str, Any]]:
        path = self.state / "factory-artifacts" / artifact / "history.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]

    def assembled(self, artifact: str) -> dict[str, Any]:
        path = self.state / "factory-artifacts" / f"{artifact}.json"
        value: dict[str, Any] = json.loads(path.read_text())
        return value


def simple(line: Line, *, flow: str = "") -> Line:
    """One artifact that goes through in one round."""
    line.patch("limit-1", server__app_py="LIMIT = 4\n", checks__unit_txt=UNIT)
    line.review("limit-ok")
    line.spec(line.artifact("limit", reviews=["limit-ok.yaml"]), flow=flow)
    return line


def waits_for_review(line: Line) -> Line:
    """One artifact whose packet waits for a person, who is called Bo."""
    simple(line)
    line.edit("reviews: [limit-ok.yaml]", "reviews: []")
    line.git("config", "user.name", "Bo")
    line.doit()
    return line


def _path(key: str) -> str:
    """A keyword as a path: two underscores are a slash, the last single one is the dot."""
    folder, _, name = key.rpartition("__")
    return f"{folder.replace('__', '/')}/{'.'.join(name.rsplit('_', 1))}".lstrip("/")


UNIT = "limit: 'LIMIT = 4' in read('server/app.py')\n"
