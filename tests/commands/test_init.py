"""factory init: what it writes is sound for every sort of repository, and runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from factoryline import cli

from tests.line import Line

REPOSITORIES: dict[str, tuple[dict[str, str], list[str]]] = {
    # The files of a repository, and lines of the factory.yaml that fits.
    "python": ({"pyproject.toml": "", "tests/test_a.py": ""}, ["all: [tests]", "proof: {fails"]),
    "src": ({"setup.py": "", "src/a.py": ""}, ["env: {PYTHONPATH: src}", 'all: ["."]']),
    "vitest": (
        {"package.json": '{"devDependencies": {"vitest": "4"}}', "test/a.test.js": ""},
        ["run: [npx, vitest, run", "all: [test]"],
    ),
    "jest": (
        {"package.json": '{"devDependencies": {"jest": "30"}}', "package-lock.json": "{}"},
        ["run: [npx, jest", "prepare: {run: [[npm, ci]]"],
    ),
    "node": ({"package.json": "[not json"}, ["run: [node, --test", "report: tap"]),
    "go": ({"go.mod": "module a\n"}, ['rules: {"**/*.go": ["./{folder}"]}']),
    "rust": (
        {"Cargo.toml": "[package]\n"},
        ["report: cargo", "verify: [{scope: tests}]", "leaves: [Cargo.lock]"],
    ),
    "rust with a lock file": (
        {"Cargo.toml": "[package]\n", "Cargo.lock": ""},
        ["report: cargo\n\n"],
    ),
    "tests alone": ({"tests/test_a.py": "", "a.py": ""}, ["-m, pytest", "all: [tests]"]),
    "a test at the top": ({"test_a.py": "", "a.py": ""}, ["-m, pytest", 'all: ["."]']),
    "several": (
        {
            "pyproject.toml": "",
            "server/app.py": "",
            "tests/test_app.py": "",
            "webui/package.json": '{"devDependencies": {"jest": "30"}}',
            "webui/src/app.ts": "",
            "shell/src-tauri/Cargo.toml": "[package]\n",
        },
        [
            "  pytest:\n    # {python}",
            '  webui:\n    cwd: "webui"\n',
            '  src-tauri:\n    cwd: "shell/src-tauri"\n    run: [cargo',
            "surfaces:\n  server: [server/**]\n  shell: [shell/**]\n",
            "verify: [{scope: pytest, select: changed}, {scope: src-tauri}, {scope: webui, sel",
        ],
    ),
    "script": ({"test.sh": "#!/bin/sh\n"}, ["run: [./test.sh]"]),
    "make": ({"Makefile": "test:\n\ttrue\n"}, ["run: [make, test]", "report: exit"]),
    "nothing": ({"README": "", "Makefile": ""}, ["run: [make, test]"]),
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    """An empty repository without a commit, in which commands run."""
    line = Line(tmp_path, inside=True)
    for name in ("factory.yaml", "doit.cfg"):
        (line.home / name).unlink(missing_ok=True)
    monkeypatch.chdir(line.home)
    return line


@pytest.mark.parametrize("kind", REPOSITORIES)
@pytest.mark.parametrize("options", [[], ["--agent", "claude", "--model", "sonnet"]])
def test_what_it_writes_is_sound(
    kind: str, options: list[str], repository: Line, capsys: pytest.CaptureFixture[str]
) -> None:
    files, lines = REPOSITORIES[kind]
    for name, content in files.items():
        repository.write(repository.home / name, content)
    for name in ("server/app.py", "webui/page.py", "checks/unit.txt"):
        if name not in files:
            (repository.home / name).unlink()
    (repository.home / "server/__init__.py").unlink()
    repository.commit("what there is")
    assert cli.main(["init", *options]) == 0
    assert "wrote factory.yaml: the scope `" in capsys.readouterr().out
    path = repository.home / "factory.yaml"
    assert cli.main(["check", "--strict"]) == 0, capsys.readouterr()
    text = path.read_text()
    assert [line for line in lines if line not in text] == []
    # As it says: the {} and the signs away.
    head, _, example = text.partition("artifacts: {}\n")
    path.write_text(head + "artifacts:\n" + example.replace("# ", "").replace("BRANCH", "main"))
    assert cli.main(["check", "--strict"]) == 0, capsys.readouterr()


@pytest.mark.long
def test_a_branch_goes_through_the_line(repository: Line) -> None:
    line = repository
    line.write(line.home / "pyproject.toml", "")
    line.write(line.home / "src/calc.py", "def double(x):\n    return x\n")
    line.commit("calc")
    line.git("switch", "-q", "-c", "doubles")
    line.write(line.home / "src/calc.py", "def double(x):\n    return 2 * x\n")
    test = "import calc\n\n\ndef test_double():\n    assert calc.double(2) == 4\n"
    line.write(line.home / "tests/test_calc.py", test)
    line.commit("Doubles are doubles\n\nA double is twice\nas much.\n\nSigned-off-by: Ann")
    assert line.factory("init", "--adopt", "doubles").code == 0
    text = (line.home / "factory.yaml").read_text()
    assert "target: {repo: ., base: main}" in text, "and not the branch that is checked out"
    assert '    title: "Doubles are doubles"\n    goal: "A double is twice as much."\n' in text
    line.git("switch", "-q", "main")
    ran = line.doit()
    assert ran.code == 0, ran
    assert "1-verify  pass: 1 test in 1 scope, 100 % of 1 changed line, 1 failed before" in ran.out
    assert line.factory("review", "doubles", "--approve", "--by", "Ann").code == 0
    assert "1 of 1 artifact sealed" in line.doit().out, "what it wrote is in no merge's way"


@pytest.mark.parametrize("name", ["HEAD", "main~0"])
def test_a_commit_is_adopted_by_its_id(name: str, repository: Line) -> None:
    repository.write(repository.home / "more.txt", "")
    commit = repository.commit("What was asked for, and more\n")
    assert repository.factory("init", "--adopt", name).code == 0
    text = (repository.home / "factory.yaml").read_text()
    assert "  what-was-asked-for:\n" in text
    assert f'adopt: [["{commit[:12]}"]]' in text


@pytest.mark.parametrize(
    ("settings", "current", "base"),
    [
        ({}, "stable", "stable"),
        ({}, "fix", "stable"),
        ({"init.defaultBranch": "older"}, "stable", "older"),
    ],
)
def test_the_branch_to_merge_into(
    settings: dict[str, str], current: str, base: str, repository: Line
) -> None:
    line = repository
    line.git("branch", "-m", "older")
    line.git("switch", "-q", "-c", "stable")
    line.write(line.home / "b.txt", "")
    line.commit("Stable goes on")
    line.git("switch", "-q", "-c", "fix")
    line.write(line.home / "a.txt", "")
    line.commit("A file that is missing")
    line.git("switch", "-q", current)
    for name, value in settings.items():
        line.git("config", name, value)
    assert line.factory("init", "--adopt", "fix").code == 0
    assert f"base: {base}" in (line.home / "factory.yaml").read_text().replace('"', "")


def test_a_projects_own_doit_tasks_stay(repository: Line) -> None:
    own = "def task_hello():\n    return {'actions': ['echo hello'], 'verbosity': 2}\n"
    repository.write(repository.home / "dodo.py", own)
    ran = repository.factory("init")
    assert "`doit` keeps this project's own tasks (dodo.py); `factory run` runs" in ran.out
    assert "commit, and type `factory run`" in ran.out
    assert not (repository.home / "doit.cfg").exists()
    assert "hello" in repository.doit().out


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("doit.cfg", None, "[GLOBAL]\nloader = factory\n", "wrote doit.cfg"),
        ("doit.cfg", "[GLOBAL]\nloader = factory\n", None, "already (doit.cfg)"),
        ("doit.cfg", "[GLOBAL]\nverbosity = 2\n", None, "add to [GLOBAL] of doit.cfg: loader"),
        ("pyproject.toml", '[tool.doit]\nloader = "factory"\n', None, "already (pyproject.toml)"),
        ("pyproject.toml", "[tool.doit]\nverbosity = 2\n", None, "add to [tool.doit] of pypro"),
    ],
)
def test_doit_is_told_who_loads_its_tasks(
    name: str, before: str | None, after: str | None, said: str, repository: Line
) -> None:
    path = repository.home / name
    if before is not None:
        path.write_text(before)
    ran = repository.factory("init")
    assert said in ran.out, ran
    assert path.read_text() == (after or before)
    asks = repository.factory("doctor").out
    assert ("asks factory for its tasks (" in asks) == ("add to" not in said)
    assert ("does not ask factory for its tasks here: doit.cfg" in asks) == ("add to" in said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--agent", "claude"], "an agent and its model go together"),
        (["--agent", "claude", "--model", "sonnet", "--adopt", "main"], "give --adopt or --agent"),
        (["--adopt", "nowhere"], "`nowhere` is neither a branch nor a commit of"),
        (["--agent", "custom", "--model", "x"], "invalid choice: 'custom'"),
    ],
)
def test_what_it_does_not_take(words: list[str], said: str, repository: Line) -> None:
    ran = repository.factory("init", *words)
    assert ran.code == 3, ran
    assert said in ran.err
    assert not (repository.home / "factory.yaml").exists()


def test_a_placeholder_is_not_sound(repository: Line) -> None:
    told = repository.factory("init")
    assert "runs make test; put in what tests this repository" in told.out
    told = repository.factory("check")
    assert "warning: the scope `tests` runs make, and the target has no Makefile" in told.out
    assert "help: put in the command that tests this repository" in told.out


@pytest.mark.long
def test_it_says_where_it_wrote(repository: Line) -> None:
    ran = repository.run("factory", "init", cwd=repository.home / "server")
    assert ran.out.startswith("wrote ../factory.yaml: "), ran


@pytest.mark.parametrize(
    ("messages", "title", "goal"),
    [
        (["Closes #2869", "Keep keys on the server"], "Keep keys on the server", ""),
        (["wip", "fixup! wip"], "Api keys", ""),
        (["Fixes: #12\n\nMore.", "tmp"], "Api keys", ""),
        (["Keep keys\n\nSigned-off-by: A <a@b.c>\n\nThey stay."], "Keep keys", "They stay."),
        (["Keep keys\n\nCloses #1\n\nThey\nstay."], "Keep keys", "They stay."),
        (["fix: keep keys (#12)"], "fix: keep keys (#12)", ""),
    ],
)
def test_what_an_adopted_branch_is_called(
    messages: list[str], title: str, goal: str, repository: Line
) -> None:
    line = repository
    line.git("switch", "-q", "-c", "api-keys")
    for number, message in enumerate(messages):
        line.write(line.home / "server/app.py", f"LIMIT = {number}\n")
        line.git("commit", "-q", "-am", message)
    assert line.factory("init", "--adopt", "api-keys").code == 0
    text = (line.home / "factory.yaml").read_text()
    assert f'    title: "{title}"\n    goal: "{goal or title}"\n' in text


def test_an_adopted_branch_is_verified_by_what_it_touches(repository: Line) -> None:
    line = repository
    line.write(line.home / "pyproject.toml", "")
    line.write(line.home / "web/package.json", '{"devDependencies": {"vitest": "4"}}')
    line.commit("two languages")
    line.git("switch", "-q", "-c", "pages")
    line.write(line.home / "web/app.ts", "export const a = 1\n")
    line.commit("Pages have a name")
    assert line.factory("init", "--adopt", "pages").code == 0
    text = (line.home / "factory.yaml").read_text()
    assert "verify: [{scope: web, select: changed}]\n    proof: {fails_before: true}\n" in text


def test_it_writes_over_nothing(repository: Line) -> None:
    repository.factory("init")
    ran = repository.factory("init")
    assert (ran.code, ran.out) == (3, "")
    assert "factory.yaml is there already\nhelp: `factory check` proves" in ran.err


@pytest.mark.long
def test_without_an_artifact_there_is_nothing_to_do(repository: Line) -> None:
    repository.factory("init")
    said = "nothing to do: factory.yaml has no artifact yet\n"
    assert (repository.doit().out, repository.doit().out) == (said, said)
    assert repository.factory("status").out == said
