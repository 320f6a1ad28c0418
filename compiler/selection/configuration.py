"""What in a changed configuration file can shape a test's result, key by key.

A file is read before and after the change, and the keys that differ are judged by tables: what is
known to be read by linters, formatters, type checkers, documentation, release and CI alone shapes
nothing; everything else does, what nobody here has heard of included.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from configparser import Error, RawConfigParser
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Any

from factoryline.selection.differences import differences
from factoryline.selection.outline import outline

INERT_FILES = """.pre-commit-config.yaml .pre-commit-hooks.yaml .readthedocs.y* readthedocs.y*
mkdocs.y*ml mypy.ini .mypy.ini .flake8 .pylintrc pylintrc ruff.toml .ruff.toml .isort.cfg
pyrightconfig.json .bumpversion.* .codecov.y* codecov.y* .gitlab-ci.y* .travis.y* appveyor.y*
.appveyor.y* azure-pipelines*.y* renovate.json .renovaterc* .yamllint* .markdownlint* .codespellrc
*typos.toml .git-blame-ignore-revs .zenodo.json .all-contributorsrc .pydocstyle* .sourcery.yaml
.dockerignore .prettierrc* .prettierignore .landscape.y* .lgtm.y* .coveralls.y*""".split()
"""Files that no test run reads: unless a test names them, their change shapes nothing."""

_METADATA = """version description readme license license-files license_files license_file authors
maintainers author author_email maintainer maintainer_email keywords classifiers classifier urls url
project_urls home_page homepage repository documentation download_url long_description
long_description_content_type platforms platform""".split()
"""What a package says of itself to people."""

_TOOLS = """ruff black isort mypy pyright basedpyright ty pyrefly pytype pyre pylint flake8
pycodestyle pydocstyle pydoclint pep8 pyflakes interrogate bandit vulture codespell typos towncrier
commitizen semantic_release semantic-release python-semantic-release bumpversion bump-my-version
bumpver tbump cibuildwheel check-manifest check-wheel-contents check-sdist doc8 docformatter yapf
autopep8 djlint mutmut refurb pyupgrade pre-commit scriv changelog git-cliff repo-review
sphinx sphinx-build build_sphinx rstcheck deptry tomlsort pyproject-fmt zest.releaser zest-releaser
gitchangelog versioningit rooster bdist_wheel sdist upload upload_docs egg_info aliases gh-actions
gh actionlint zizmor codecov coveralls readthedocs""".split()
"""Tables of pyproject.toml below `tool`, and sections of setup.cfg and tox.ini, of programs that
take no part in a test run."""

_PROGRAMS = set(_TOOLS) | set(
    """tox nox tox-uv tox-gh tox-gh-actions twine build wheel bump2version furo myst-parser
    sphinx-rtd-theme pallets-sphinx-themes sphinx-tabs sphinx-issues sphinx-autobuild
    sphinxcontrib-log-cabinet sphinx-copybutton sphinx-design sphinx-notfound-page
    sphinx-inline-tabs sphinxcontrib-towncrier sphinx-version-warning alabaster mkdocs
    mkdocs-material mkdocstrings autodocsumm sphinxext-opengraph sphinx_rtd_theme
    docutils-stubs flake8-bugbear pep8-naming pip-tools pip-compile-multi uv prek""".split()
)
"""Packages that may change without a test noticing: nothing imports them in a test run."""

_FOR_PEOPLE = re.compile(
    r"(^|[-_./:{,])(docs?|documentation|lint(er|ers|ing)?|style|format(ting)?|fmt|typing|types|mypy|"
    r"pyright|typecheck|pre-?commit|release|publish|changelog|readthedocs|rtd|benchmarks?|"
    r"check-manifest|flake8|black|isort|ruff)([-_./:},]|$)|"
    r"(^|[-_./:{,])(ruff|flake8|isort|mypy|pylint|pyright)[a-z]*([-_./:},]|$)"
)
"""Names of extras, groups, sessions and requirement files that are for something but tests."""

_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)")
_REPORTS = {"report", "html", "xml", "json", "lcov", "paths"}
_TOX = "envlist env_list minversion min_version requires isolated_build skip_missing_interpreters"

Key = tuple[str, ...]


def is_inert(path: str) -> bool:
    """Whether no test run reads the file at all."""
    return any(fnmatch(PurePosixPath(path).name, pattern) for pattern in INERT_FILES)


Named = Callable[[str], bool]
"""Whether code of the repository names a program, such as a linter that its tests start."""


def shaping(path: str, old: str, new: str, *, named: Named, otherwise: str) -> list[str]:
    """Why the change of a configuration or lock file may shape tests; empty when it cannot.

    `otherwise` is said of a file whose keys nobody here knows.
    """
    name = PurePosixPath(path).name
    if is_inert(path):
        return []
    if name.endswith((".txt", ".in")) and name != "MANIFEST.in":
        if _FOR_PEOPLE.search(path.removesuffix(".txt").removesuffix(".in")):
            return []
        differ = _requirements(_lines(old), _lines(new), named)
        return [f"`{one}` of {path} changed" for one in differ]
    if not old or not new:
        return [otherwise]
    try:
        if name == "setup.py":
            return _setup(path, old, new)
        if name == "noxfile.py":
            return _sessions(path, old, new)
        if name in ("uv.lock", "poetry.lock", "pdm.lock"):
            return _packages(path, tomllib.loads(old), tomllib.loads(new), named)
        if name.endswith(".toml"):
            before, after = _flat(tomllib.loads(old)), _flat(tomllib.loads(new))
        elif name.endswith((".cfg", ".ini")) or name == ".coveragerc":
            before, after = _ini(old), _ini(new)
        else:
            return [otherwise]
    except (Error, SyntaxError, ValueError, LookupError, TypeError, RecursionError):
        return [otherwise]
    keys = dict.fromkeys([*before, *after])
    return [
        f"`{'.'.join(key)}` of {path} changed"
        for key in keys
        if before.get(key) != after.get(key)
        and not _shapes_nothing(name, key, before.get(key), after.get(key), named)
    ]


def _shapes_nothing(name: str, key: Key, old: Any, new: Any, named: Named) -> bool:
    match key:
        case ("project" | "metadata", field) if name in ("pyproject.toml", "setup.cfg"):
            return field in _METADATA
        case ("project", "urls", *_) | ("tool", "poetry", "urls", *_):
            return True
        case ("tool", "poetry", field):
            return field in _METADATA
        case (
            ("project", "optional-dependencies", extra)
            | ("dependency-groups", extra)
            | ("options.extras_require", extra)
        ):
            return _is_for_people(extra) or not _requirements(_entries(old), _entries(new), named)
        case ("tool", "poetry", "group", extra, *_) | ("tool", "hatch", "envs", extra, *_):
            return _is_for_people(extra)
        case ("tool", "hatch", "metadata", "hooks", "fancy-pypi-readme", *_):
            return True
        case ("tool", "coverage", table, *_) | ("tool", "tox", "env", table, *_):
            return table in _REPORTS or _is_for_people(table)
        case ("tool", tool, *_):
            return tool in _TOOLS and not named(tool)
    section = key[0]
    if name == ".coveragerc":
        return section in _REPORTS
    if section.startswith("coverage:"):
        return section.partition(":")[2] in _REPORTS
    if section.startswith("testenv:"):
        return _is_for_people(section.partition(":")[2])
    if section == "tox" or (name == "tox.toml" and len(key) == 1):
        return key[-1] in _TOX.split()
    # `[mypy-package.*]`, `[bumpversion:file:x]`
    tool = section if section in _TOOLS else re.split(r"[:-]", section)[0]
    return tool in _TOOLS and not named(tool)


def _is_for_people(name: str) -> bool:
    return bool(_FOR_PEOPLE.search(name.lower()))


def _flat(value: Mapping[str, Any], above: Key = ()) -> dict[Key, Any]:
    """A table as one entry a key; a list is a value."""
    flat: dict[Key, Any] = {}
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            flat |= _flat(inner, (*above, key))
        else:
            flat[*above, key] = inner
    return flat


def _ini(text: str) -> dict[Key, Any]:
    parser = RawConfigParser(allow_no_value=True)
    parser.read_string(text)
    return {(s, key): value for s in parser.sections() for key, value in parser.items(s)}


def _lines(text: str) -> list[str]:
    """A requirements file without comments and hashes."""
    lines = (line.partition(" #")[0].strip().rstrip("\\").strip() for line in text.split("\n"))
    return [line for line in lines if line and not line.startswith(("#", "--hash"))]


def _entries(value: Any) -> list[str]:
    """Requirements of an extra: a list in TOML, lines in an INI file."""
    if isinstance(value, str):
        return _lines(value)
    return [str(entry) for entry in value or ()]


def _requirements(old: Sequence[str], new: Sequence[str], named: Named) -> list[str]:
    """The names of requirements that differ and that a test may notice."""
    differ = [line for line in (*old, *new) if (line in old) != (line in new)]
    names = (match.group(1) if (match := _REQUIREMENT.match(line)) else line for line in differ)
    return [name for name in dict.fromkeys(names) if not _stands_apart(name, named)]


def _stands_apart(package: str, named: Named) -> bool:
    """Whether a package takes no part in a test run, whatever version of it there is."""
    return package.lower() in _PROGRAMS and not named(package)


def _packages(path: str, old: Mapping[str, Any], new: Mapping[str, Any], named: Named) -> list[str]:
    """A lock file in TOML: the packages that differ and that a test may notice."""
    heads = [{k: v for k, v in whole.items() if k != "package"} for whole in (old, new)]
    before, after = ([(p["name"], p) for p in whole.get("package", ())] for whole in (old, new))
    differ = [pair[0] for pair in [*before, *after] if (pair in before) != (pair in after)]
    names = [name for name in dict.fromkeys(differ) if not _stands_apart(name, named)]
    head = [] if heads[0] == heads[1] else [f"the head of {path} changed"]
    return head + [f"`{name}` of {path} changed" for name in names]


def _setup(path: str, old: str, new: str) -> list[str]:
    """setup.py: the arguments of `setup` that differ, or the file when anything else does."""
    (one, before), (other, after) = _call(old), _call(new)
    if one != other:
        return [f"{path} changed beside its call of setup"]
    differ = [key for key in dict.fromkeys([*before, *after]) if before.get(key) != after.get(key)]
    return [f"`{key}` of {path} changed" for key in differ if key not in _METADATA]


def _call(text: str) -> tuple[str, dict[str, str]]:
    """The file without the keywords of its call of `setup`, and these."""
    tree = ast.parse(text)
    keywords: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("setup"):
            keywords |= {one.arg: ast.dump(one.value) for one in node.keywords if one.arg}
            node.keywords = [one for one in node.keywords if not one.arg]
    return ast.dump(tree), keywords


def _sessions(path: str, old: str, new: str) -> list[str]:
    """noxfile.py: the sessions that differ."""
    before, after = outline(old), outline(new)
    if before is None or after is None:
        return [f"{path} cannot be read"]
    return [f"`{name}` of {path} changed" for name in _names(differences(before, after))]


def _names(deltas: Sequence[Any]) -> Iterator[str]:
    for delta in deltas:
        name = delta.part.name or "a statement"
        if delta.part.kind != "function" or not _is_for_people(name):
            yield name
