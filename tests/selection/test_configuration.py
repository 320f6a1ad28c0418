"""Which change of a configuration file can shape a test, key by key."""

from __future__ import annotations

import pytest
from factoryline.selection.configuration import shaping

PYPROJECT = """
[build-system]
requires = ["hatchling"]

[project]
name = "pkg"
version = "1"
description = "One."
requires-python = ">=3.11"
dependencies = ["idna>=3"]

[project.urls]
Home = "https://localhost"

[project.optional-dependencies]
docs = ["sphinx"]
dev = ["pytest>=8", "ruff==0.1"]

[dependency-groups]
lint = ["mypy==1.0"]
tests = ["pytest>=8"]

[tool.ruff]
line-length = 100

[tool.coverage.report]
fail_under = 80

[tool.coverage.run]
branch = true

[tool.pytest.ini_options]
addopts = "-q"

[tool.unheard_of]
x = 1
"""
SETUP_CFG = """
[metadata]
name = pkg
description = One.
[options]
install_requires =
    idna>=3
[options.extras_require]
docs =
    sphinx
tests =
    pytest
[flake8]
max-line-length = 80
[mypy-pkg.*]
strict = true
[tool:pytest]
addopts = -q
[coverage:run]
branch = true
[coverage:report]
fail_under = 80
"""
TOX = """
[tox]
envlist = py311
[testenv]
commands = pytest
[testenv:docs]
commands = sphinx-build
[testenv:ruffcheck]
commands = ruff check
[testenv:py311]
deps = x
"""
SETUP = """
from setuptools import setup
with open("README") as file:
    text = file.read()
setup(name="pkg", version="1", description="One.", install_requires=["idna"])
"""
NOX = """
import nox

@nox.session
def tests(session):
    session.run("pytest")

@nox.session
def docs(session):
    session.run("sphinx-build")
"""
REQUIREMENTS = "# pinned\nidna==3.1 \\\n    --hash=sha256:aa\nruff==0.1\n"
LOCK = '[[package]]\nname = "idna"\nversion = "3"\n\n[[package]]\nname = "ruff"\nversion = "1"\n'


def changed(path: str, text: str, old: str, new: str) -> list[str]:
    assert text.count(old) == 1, old
    return asked(path, text, text.replace(old, new))


def asked(path: str, old: str, new: str, *named: str) -> list[str]:
    return shaping(path, old, new, named=named.__contains__, otherwise=f"{path}, so it is")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('version = "1"', 'version = "2"'),
        ('description = "One."', 'description = "Two."'),
        ("https://localhost", "https://localhost/more"),
        ('docs = ["sphinx"]', 'docs = ["sphinx", "furo"]'),
        ("ruff==0.1", "ruff==0.2"),
        ("mypy==1.0", "mypy==1.1"),
        ("line-length = 100", "line-length = 80"),
        ("[tool.unheard_of]", "[tool.mypy]\nstrict = true\n[tool.unheard_of]"),
        ("fail_under = 80", "fail_under = 90"),
        ("\n[project]\n", "\n# what it is\n[project]\n"),
    ],
)
def test_what_only_people_and_linters_read_shapes_nothing(old: str, new: str) -> None:
    assert changed("pyproject.toml", PYPROJECT, old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("hatchling", "flit", "build-system.requires"),
        ("idna>=3", "idna>=4", "project.dependencies"),
        (">=3.11", ">=3.12", "project.requires-python"),
        ('dev = ["pytest>=8"', 'dev = ["pytest>=9"', "project.optional-dependencies.dev"),
        ('tests = ["pytest>=8"]', 'tests = ["pytest>=9"]', "dependency-groups.tests"),
        ("branch = true", "branch = false", "tool.coverage.run.branch"),
        ('"-q"', '"-x"', "tool.pytest.ini_options.addopts"),
        ("x = 1", "x = 2", "tool.unheard_of.x"),
        ("[project.urls]", '[project.scripts]\npkg = "pkg:run"\n[project.urls]', "project.scripts"),
    ],
)
def test_what_a_run_depends_on_is_named_by_its_key(old: str, new: str, key: str) -> None:
    found = changed("pyproject.toml", PYPROJECT, old, new)
    assert len(found) == 1
    assert found[0].startswith(f"`{key}")
    assert found[0].endswith("of pyproject.toml changed")


@pytest.mark.parametrize(
    ("path", "text", "old", "new", "expected"),
    [
        ("setup.cfg", SETUP_CFG, "One.", "Two.", ""),
        ("setup.cfg", SETUP_CFG, "    sphinx", "    sphinx>=8", ""),
        ("setup.cfg", SETUP_CFG, "= 80\n[mypy", "= 90\n[mypy", ""),
        ("setup.cfg", SETUP_CFG, "strict = true", "strict = false", ""),
        ("setup.cfg", SETUP_CFG, "fail_under = 80", "fail_under = 90", ""),
        ("setup.cfg", SETUP_CFG, "idna>=3", "idna>=4", "options.install_requires"),
        ("setup.cfg", SETUP_CFG, "    pytest", "    pytest>=8", "options.extras_require.tests"),
        ("setup.cfg", SETUP_CFG, "= -q", "= -x", "tool:pytest.addopts"),
        ("setup.cfg", SETUP_CFG, "branch = true", "branch = false", "coverage:run.branch"),
        ("tox.ini", TOX, "envlist = py311", "envlist = py312", ""),
        ("tox.ini", TOX, "commands = sphinx-build", "commands = sphinx", ""),
        ("tox.ini", TOX, "commands = ruff check", "commands = ruff", ""),
        ("tox.ini", TOX, "commands = pytest", "commands = pytest -x", "testenv.commands"),
        ("tox.ini", TOX, "deps = x", "deps = y", "testenv:py311.deps"),
        ("setup.py", SETUP, 'version="1"', 'version="2"', ""),
        ("setup.py", SETUP, '["idna"]', '["idna>3"]', "install_requires"),
        ("noxfile.py", NOX, '"sphinx-build"', '"sphinx"', ""),
        ("noxfile.py", NOX, '"pytest"', '"pytest", "-x"', "tests"),
        ("requirements.txt", REQUIREMENTS, "ruff==0.1", "ruff==0.2", ""),
        ("requirements.txt", REQUIREMENTS, "sha256:aa", "sha256:bb", ""),
        ("requirements.txt", REQUIREMENTS, "idna==3.1", "idna==3.2", "idna"),
        ("requirements/docs.txt", REQUIREMENTS, "idna==3.1", "idna==3.2", ""),
        ("uv.lock", LOCK, 'version = "1"', 'version = "2"', ""),
        ("uv.lock", LOCK, 'version = "3"', 'version = "4"', "idna"),
    ],
)
def test_other_files(path: str, text: str, old: str, new: str, expected: str) -> None:
    found = changed(path, text, old, new)
    assert found == ([f"`{expected}` of {path} changed"] if expected else [])


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("pyproject.toml", "", PYPROJECT),
        ("pyproject.toml", PYPROJECT, ""),
        ("pyproject.toml", PYPROJECT, "[tool"),
        ("setup.cfg", SETUP_CFG, "x\n"),
        ("setup.py", SETUP, "setup(\n"),
        ("uv.lock", LOCK, "package = 1\n"),
        ("Makefile", "a:\n", "b:\n"),
        ("package.json", "{}", "[]"),
    ],
)
def test_what_cannot_be_told_apart_may_shape_everything(path: str, old: str, new: str) -> None:
    assert asked(path, old, new) == [f"{path}, so it is"]


def test_code_beside_the_call_of_setup_may_do_anything() -> None:
    found = changed("setup.py", SETUP, 'open("README")', 'open("READ.me")')
    assert found == ["setup.py changed beside its call of setup"]


@pytest.mark.parametrize("path", ["mypy.ini", ".pre-commit-config.yaml", "codecov.yml"])
def test_files_that_no_run_reads(path: str) -> None:
    assert asked(path, "a: 1\n", "a: 2\n") == []


def test_a_program_that_the_tests_name_takes_part_in_them() -> None:
    new = PYPROJECT.replace("line-length = 100", "line-length = 80").replace("0.1", "0.2")
    assert asked("pyproject.toml", PYPROJECT, new) == []
    assert asked("pyproject.toml", PYPROJECT, new, "ruff") == [
        "`project.optional-dependencies.dev` of pyproject.toml changed",
        "`tool.ruff.line-length` of pyproject.toml changed",
    ]
    assert asked("uv.lock", LOCK, LOCK.replace('"1"', '"2"'), "ruff") == [
        "`ruff` of uv.lock changed"
    ]
