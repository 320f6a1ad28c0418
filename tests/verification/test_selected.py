"""A whole line that selects its tests, with the real pytest; and the map that makes it precise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.line import COVERED, Line, Ran

SCOPES = """
scopes:
  unit:
    run: ["{python}", -m, pytest, -q, -p, no:cacheprovider, "{tests}", "--junitxml={report}"]
    report: junit
    all: [checks]
"""
QUICK = """
scopes:
  unit: {run: ["{python}", PROGRAM, "{report}", "{tests}"], report: junit, all: [checks]}
"""
"""The same tests without pytest, where it is not what is tried."""
CORE = """LIMIT = 3


def check(text):
    return len(text) <= LIMIT


def shout(text):
    return text.upper()
"""
TEST_CORE = """from server.core import check, shout


def test_check():
    assert check("abc")


def test_shout():
    assert shout("a") == "A"
"""
FAR = "def test_far():\n    assert True\n"


@pytest.fixture
def product(line: Line) -> Line:
    """server/core.py with two tests, three that have nothing to do with it, and a conftest."""
    line.write(line.product / "server/core.py", CORE)
    line.write(line.product / "checks/test_core.py", TEST_CORE)
    line.write(
        line.product / "checks/conftest.py",
        "import sys, pathlib\nsys.path.insert(0, str(pathlib.Path(__file__).parent.parent))\n",
    )
    for number in range(3):
        line.write(line.product / f"checks/test_far_{number}.py", FAR)
    line.commit("more")
    line.review("ok")
    return line


def artifact(line: Line, select: str = "select: changed", scopes: str = QUICK) -> None:
    scopes = scopes.replace("PROGRAM", str(line.functions()))
    text = line.artifact("limit", reviews=["ok.yaml"])
    old = "[{scope: unit}, {scope: style}]"
    assert old in text
    line.spec(text.replace(old, f"[{{scope: unit, {select}}}]"), scopes=scopes)


def check(line: Line) -> dict[str, Any]:
    found: dict[str, Any] = line.entry("limit", "1-verify")["handoff"]["checks"][0]
    return found


def done(ran: Ran) -> Ran:
    assert ran.code == 0, ran.out + ran.err
    return ran


def test_only_what_the_change_reaches_runs(product: Line) -> None:
    product.patch("limit-1", server__core_py=CORE.replace("upper", "title"))
    artifact(product)
    ran = done(product.doit())
    assert "unit 2 of 5: 2 by import" in ran.out
    found = check(product)
    assert (found["selected"], found["tests"]["run"]) == (["checks/test_core.py"], 2)
    assert found["selection"]["why"][0] == {
        "test": "checks/test_core.py::test_check",
        "by": "import",
        "why": "its file imports server/core.py",
    }
    packet = (product.state / "factory-artifacts/limit/1-packet.md").read_text()
    assert "(2 of 5: 2 by import)" in packet


@pytest.mark.long
def test_with_a_map_only_what_executes_the_change_runs(product: Line) -> None:
    product.patch("limit-1", server__core_py=CORE.replace("upper", "title"))
    artifact(product, scopes=SCOPES)
    assert "unit: 5 tests over " in done(product.factory("map")).out
    assert "unit: up to date" in done(product.factory("map", "unit")).out
    ran = done(product.doit())
    assert "unit 1 of 5: 1 by map" in ran.out
    found = check(product)
    assert found["selected"] == ["checks/test_core.py::test_shout"]
    assert found["selection"]["map"] == product.git("rev-parse", "main~1").strip()


@pytest.mark.long
def test_a_map_of_an_earlier_commit_serves_with_its_lines_moved(product: Line) -> None:
    artifact(product, scopes=SCOPES)
    product.write(product.home / "limit-1.patch", "")
    done(product.factory("map"))
    product.write(product.product / "server/core.py", "# one\n# two\n# three\n\n" + CORE)
    product.commit("comments")
    product.patch("limit-1", server__core_py="# one\n# two\n# three\n\n" + CORE.replace("<=", "<"))
    ran = product.doit()
    assert "unit 1 of 5: 1 by map" in ran.out
    assert check(product)["outcome"] == "fail"


@pytest.mark.long
def test_a_torn_map_is_as_good_as_none(product: Line) -> None:
    product.patch("limit-1", server__core_py=CORE.replace("upper", "title"))
    artifact(product, scopes=SCOPES)
    done(product.factory("map"))
    (path,) = (product.state / ".work/maps").glob("*.zip")
    path.write_bytes(path.read_bytes()[:100])
    assert "unit 2 of 5: 2 by import" in done(product.doit()).out
    assert not path.exists()


@pytest.mark.long
def test_everything_runs_where_the_effect_is_unknown(product: Line) -> None:
    product.patch("limit-1", server__data_json="[]\n")
    artifact(product)
    assert "unit all of 5: server/data.json is a data file" in done(product.doit()).out
    found = check(product)
    assert (found["selected"], found["tests"]["run"]) == (["checks"], 5)
    assert found["selection"]["widened"] == "server/data.json is a data file"


@pytest.mark.long
def test_the_likeliest_tests_run_first_and_stay_in_the_verdict(product: Line) -> None:
    several(product, "assert check('ab')")
    ran = done(product.doit())
    assert "pass: 30 tests in 1 scope; unit 30 of 153: " in ran.out, "the line stays short"
    found = check(product)
    [inner] = found["earlier"]
    assert (found["selection"]["step"], found["tests"]["run"], found["left"]) == ("merge", 30, [])
    assert (inner["selection"]["step"], inner["outcome"], inner["reason"]) == ("inner", "pass", "")
    assert inner["tests"]["run"] == inner["selection"]["chosen"] == len(inner["selection"]["why"])
    assert inner["tests"]["run"] == 8
    [ground] = product.entry("limit", "1-verify")["run"]["grounds"]
    assert [one["step"] for one in ground["steps"]] == ["inner", "merge"]
    assert all(one["seconds"] > 0 for one in ground["steps"])
    packet = (product.state / "factory-artifacts/limit/1-packet.md").read_text()
    told = f"before it, inner: pass, {inner['tests']['run']} tests ({inner['selection']['summary']}"
    assert told in packet
    note = (product.state / "factory-artifacts/limit/post-run.md").read_text()
    assert f"unit ran {inner['tests']['run']} tests (inner), then 30 tests (merge)." in note


@pytest.mark.long
def test_a_failure_of_the_likeliest_tests_keeps_the_others_from_running(product: Line) -> None:
    several(product, "assert check('abcd')")
    assert "help: `adopt` holds 1 round" in product.doit().out
    found = check(product)
    assert (found["selection"]["step"], found["earlier"], found["left"]) == ("inner", [], ["merge"])


def several(product: Line, statement: str) -> None:
    """A change of check() that thirty tests may see, each of which runs `statement`."""
    for name in ("core", "limits", "words"):
        cases = "".join(f"\n\ndef test_{n}():\n    {statement}\n" for n in range(10))
        product.write(
            product.product / f"checks/test_{name}.py", f"from server.core import check\n{cases}"
        )
    far = "".join(f"def test_{n}():\n    assert True\n\n\n" for n in range(120))
    product.write(product.product / "checks/test_far_3.py", far)
    product.commit("thirty tests of check, and many of nothing")
    product.patch("limit-1", server__core_py=CORE.replace("<= LIMIT", "< LIMIT + 1"))
    artifact(product)


@pytest.mark.long
def test_the_whole_suite_before_the_merge(product: Line) -> None:
    reads = "from pathlib import Path\n\n\ndef test_far():\n"
    reads += "    assert 'upper' in Path('server', 'co' + 're.py').read_text()\n"
    product.write(product.product / "checks/test_far_2.py", reads)
    product.commit("a test that no map and no import tells")
    product.patch("limit-1", server__core_py=CORE.replace("upper", "title"))
    artifact(product, select="select: changed, before_merge: all")
    product.doit()
    found = check(product)
    assert (found["outcome"], found["selection"]["step"]) == ("fail", "all")
    assert found["failures"][0]["test"].endswith("test_far")


@pytest.mark.long
@pytest.mark.parametrize(
    ("path", "summary"),
    [
        ("webui__app_ts", "1: 1 by the runner"),
        ("webui__page_ts", "all: the runner found no test that is related to the change"),
    ],
)
def test_the_runners_own_choice(product: Line, path: str, summary: str) -> None:
    program = product.write(
        product.folder / "related.py",
        "import sys, pathlib\n"
        "report, *changed = sys.argv[1:]\n"
        "cases = ''.join(f'<testcase name=\"{c}\"/>' for c in changed if 'app' in c)\n"
        "pathlib.Path(report).write_text(f'<testsuite>{cases}</testsuite>')\n",
    )
    scopes = (
        "scopes:\n  unit:\n"
        f"    run: ['{{python}}', {program}, '{{report}}', all-app]\n"
        f"    related: ['{{python}}', {program}, '{{report}}', '{{changed}}']\n"
        "    report: junit\n"
    )
    product.patch("limit-1", **{path: "export {}\n"})
    artifact(product, scopes=scopes)
    done(product.doit())
    assert check(product)["selection"]["summary"] == summary
    assert check(product)["outcome"] == "pass"
    tried = [(step["selection"]["summary"], step["reason"]) for step in check(product)["earlier"]]
    assert tried == ([("1: 1 by the runner", "no test ran")] if "all" in summary else [])


class TestFactoryMap:
    def test_an_unknown_scope(self, product: Line) -> None:
        artifact(product)
        product.patch("limit-1", server__app_py="LIMIT = 4\n")
        ran = product.factory("map", "unti")
        assert (ran.code, ran.out) == (3, "")
        assert "there is no scope named `unti`" in ran.err
        assert "did you mean `unit`?" in ran.err

    def test_a_scope_that_cannot_be_mapped(self, product: Line) -> None:
        product.patch("limit-1", server__app_py="LIMIT = 4\n")
        product.spec(product.artifact("limit"))
        ran = product.factory("map")
        assert ran.code == 3
        assert "no scope can be mapped; there are: unit and style" in ran.err

    def test_a_command_that_records_nothing(self, product: Line) -> None:
        product.patch("limit-1", server__app_py="LIMIT = 4\n")
        artifact(product, scopes=SCOPES + "    map: ['{python}', -c, print(1), '{map}']\n")
        ran = product.factory("map")
        assert ran.code != 0
        assert "the map of `unit` was not recorded" in ran.err
        assert "Traceback" not in ran.err

    @pytest.mark.long
    def test_a_command_of_ones_own(self, product: Line) -> None:
        own = (
            "    map: ['{python}', -m, pytest, -q, -p, no:cacheprovider, '{tests}', --cov=server, "
            "--cov-context=test, '--cov-config={config}', --cov-report=]\n"
        )
        product.patch("limit-1", server__app_py="LIMIT = 4\n")
        artifact(product, scopes=SCOPES + own)
        assert "unit: 2 tests over 1 file" in done(product.factory("map")).out


def test_maps_are_pruned(tmp_path: Path) -> None:
    from factoryline.diagnostics import Span
    from factoryline.plan.model import Scope
    from factoryline.verification import maps

    scope = Scope(
        name="unit",
        span=Span(file="factory.yaml", line=1, column=1),
        run=("pytest", "{tests}"),
        report="junit",
        cwd=".",
        env={},
        all=("tests",),
        list=(),
        timeout=1.0,
    )
    for number in range(6):
        maps.path_of(tmp_path, scope, f"{number}" * 40).write_text(json.dumps(number))
    other = tmp_path / "unit-more-12345678-0.zip"
    other.touch()
    maps.prune(tmp_path, scope)
    assert len(list(tmp_path.glob("unit-????????-*.zip"))) == maps.KEPT
    assert other.exists()


def two_languages(line: Line, more: str = "") -> Line:
    """A change of a Python function with its test, and of a page in TypeScript."""
    line.write(line.product / "webui/app.ts", "export const a = 1\n")
    if more:
        line.write(line.product / "server/pages.py", more)
    line.commit("a page")
    line.patch(
        "limit-1",
        server__core_py=CORE.replace("text.upper()", "text.upper() or text"),
        checks__test_core_py=TEST_CORE + "\n\ndef test_empty():\n    assert shout('') == ''\n",
        webui__app_ts="export const a = 2\n",
    )
    return line


@pytest.mark.long
def test_a_file_in_another_language_is_left_to_its_own_scope(product: Line) -> None:
    line = two_languages(product)
    artifact(line)
    ran = line.doit()
    found = check(line)
    assert (found["selection"]["widened"], found["aside"]) == ("", ["webui/app.ts"])
    assert "no scope is about webui/app.ts" in ran.out
    assert line.entry("limit", "1-verify")["handoff"]["unverified"] == ["webui/app.ts"]
    packet = (line.state / "factory-artifacts/limit/1-packet.md").read_text()
    assert "no scope of this artifact is about webui/app.ts" in packet


@pytest.mark.long
@pytest.mark.parametrize(
    "code",
    ["PAGE = 'webui/app.ts'\n", "PAGES = glob('*.ts')\n"],
)
def test_one_that_the_code_reads_is_not(code: str, product: Line) -> None:
    line = two_languages(product, code)
    artifact(line)
    line.doit()
    found = check(line)
    assert found["selection"]["widened"] == "no rule says which tests webui/app.ts needs"
    assert "aside" not in found


@pytest.mark.long
@pytest.mark.parametrize(
    ("said", "aside"),
    [
        ("of: [server]", ["webui/app.ts"]),
        ("inputs: [server/**, checks/**]", ["webui/app.ts"]),
        ("of: [server, webui/**]", []),
    ],
)
def test_a_scope_may_say_what_it_is_about(said: str, aside: list[str], product: Line) -> None:
    line = two_languages(product, "PAGE = 'webui/app.ts'\n")
    artifact(line, scopes=QUICK.replace("report: junit", f"report: junit, {said}"))
    line.doit()
    found = check(line)
    assert found.get("aside", []) == aside
    assert bool(found["selection"]["widened"]) is not bool(aside)


class TestTheMapComesByItself:
    """No command is typed: what ran anyway, with its coverage measured, leaves a map."""

    @pytest.fixture
    def covered(self, product: Line) -> Line:
        product.write(product.product / "server/far.py", "def far():\n    return 1\n")
        used = "from server.far import far\n\n\ndef test_far():\n    assert far()\n"
        product.write(product.product / "checks/test_far_0.py", used)
        data = (
            "import json\n\n\ndef test_data():\n    json.loads(open('server/data.json').read())\n"
        )
        product.write(product.product / "checks/test_far_1.py", data)
        product.write(product.product / "server/data.json", "[]\n")
        product.commit("far")
        return product

    def artifacts(self, line: Line, *names: str) -> None:
        verify = "[{scope: unit, select: changed}]"
        text = "".join(
            line.artifact(name, reviews=["ok.yaml"]).replace(
                "[{scope: unit}, {scope: style}]", verify
            )
            for name in names
        )
        line.spec(text, scopes=COVERED.replace("FOLDER", "checks"))

    def chosen(self, line: Line, name: str) -> tuple[str, list[str]]:
        found = line.entry(name, "1-verify")["handoff"]["checks"][0]
        return found["selection"]["summary"], found["selected"]

    @pytest.mark.long
    def test_from_a_whole_run(self, covered: Line) -> None:
        line = covered
        line.patch("limit-1", server__data_json="[1]\n")
        line.patch("shout-1", server__core_py=CORE.replace("upper", "title"))
        self.artifacts(line, "limit")
        done(line.doit())
        assert self.chosen(line, "limit") == (
            "all of 5: server/data.json is a data file",
            ["checks"],
        )
        self.artifacts(line, "limit", "shout")
        done(line.doit())
        assert self.chosen(line, "shout") == (
            "1 of 5: 1 by map",
            ["checks/test_core.py::test_shout"],
        )

    @pytest.mark.long
    def test_what_came_after_it_is_run_once_and_carries_it_on(self, covered: Line) -> None:
        line = covered
        line.patch("limit-1", server__data_json="[1]\n")
        self.artifacts(line, "limit")
        done(line.doit())
        # Somebody lets far() depend on shout(), which no map has seen.
        far = "from server.core import shout\n\n\ndef far():\n    return shout('a')\n"
        line.write(line.product / "server/far.py", far)
        line.commit("far shouts")
        line.patch("shout-1", server__core_py=CORE.replace("upper()", "upper() or ''"))
        self.artifacts(line, "limit", "shout")
        done(line.doit())
        assert self.chosen(line, "shout") == (
            "2 of 5: 1 by map, 1 by drift",
            ["checks/test_core.py::test_shout", "checks/test_far_0.py"],
        )
        told = line.entry("shout", "1-verify")["handoff"]["checks"][0]["selection"]["why"][1]
        assert told["why"].endswith("which changed since the map was made")
        line.patch("again-1", server__core_py=CORE.replace("upper()", "upper() or None"))
        self.artifacts(line, "limit", "shout", "again")
        done(line.doit())
        summary, tests = self.chosen(line, "again")
        assert (summary, tests[1]) == ("2 of 5: 2 by map", "checks/test_far_0.py")

    @pytest.mark.long
    def test_a_test_that_failed_then_is_run_whatever_changes(self, covered: Line) -> None:
        line = covered
        line.patch("limit-1", server__data_json="[\n")
        self.artifacts(line, "limit")
        assert line.doit().code != 0
        line.patch("shout-1", server__far_py="def far():\n    return 2\n")
        self.artifacts(line, "shout")
        line.doit()
        assert self.chosen(line, "shout")[0] == "2 of 5: 1 by map, 1 by drift"


SAYS = """import pathlib, sys
pathlib.Path(sys.argv[1]).write_text("<testsuite><testcase name='it'/></testsuite>")
print({said!r})
sys.exit(1)
"""


@pytest.mark.long
@pytest.mark.parametrize(
    "said",
    [
        'Jest: "global" coverage threshold for lines (100%) not met: 50%',
        "ERROR: Coverage for lines (50%) does not meet global threshold (80%)",
        "FAIL Required test coverage of 99% not reached. Total coverage: 50.00%",
    ],
)
def test_a_threshold_for_all_tests_blames_nobody_who_ran_a_few(said: str, product: Line) -> None:
    program = product.write(product.folder / "says.py", SAYS.format(said=said))
    scopes = QUICK.replace("PROGRAM", str(program))
    product.patch("limit-1", server__core_py=CORE.replace("upper", "title"))
    artifact(product, scopes=scopes)
    ran = product.doit()
    assert (
        "passes, but a coverage threshold of the project counts the chosen tests alone" in ran.out
    )
    assert said in ran.out
    assert "2-build" not in ran.out
    artifact(product, select="tests: [checks]", scopes=scopes)
    assert "it ended with exit code 1 although every test passed" in product.doit().out
