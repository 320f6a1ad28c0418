"""An open set is a folder with one file a member; here its tables, schemas and files agree.

Each test's message names the file or the line that is missing.
"""

from __future__ import annotations

import inspect
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from factoryline.cells.table import CELLS
from factoryline.commands.table import COMMANDS
from factoryline.contracts import table as contract_checks
from factoryline.contracts.render import _environment
from factoryline.emit.diagnostics import table as diagnostics_formats
from factoryline.emit.graphs import table as plan_formats
from factoryline.forge.table import FORGES
from factoryline.meter.apis.table import APIS
from factoryline.overview.table import REPORTS
from factoryline.plan import builtin
from factoryline.plan.agents.table import PROFILES
from factoryline.plan.checks import table as spec_checks
from factoryline.plan.kinds import KINDS, LINE_KINDS
from factoryline.verification.proof.languages.table import LANGUAGES
from factoryline.verification.reports.table import FORMATS as TEST_REPORTS
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parent.parent
COMPILER = ROOT / "compiler"
SCHEMAS = sorted((ROOT / "schemas").glob("*.json"))

TEMPLATES = sorted((ROOT / "templates").glob("*.j2"))

STATIONS = ("merge", "note")
"""The kinds that every line ends with and no factory.yaml names."""

SHARED = {
    # Files of an open set that are no members, besides base.py and table.py.
    "cells": {
        "hooks",
        "hosted",
        "isolation",
        "metering",
        "preflight",
        "program",
        "reading",
        "transcript",
    },
    "contracts": {"change", "fields", "quote", "render"},
    "overview": {"cells"},
    "plan/checks": set(),
    "commands": set(),
    "emit/diagnostics": set(),
    "emit/graphs": set(),
    "verification/coverage": set(),
    "verification/reports": set(),
    "verification/proof/languages": {"script_tree"},
    "plan/agents": set(),
    "meter/apis": set(),
    "forge": {"body", "judge", "looks", "publish"},
}


def members(folder: str) -> set[str]:
    """The members of an open set, by their files."""
    files = {path.stem for path in (COMPILER / folder).glob("*.py")}
    return files - {"__init__", "base", "table"} - SHARED[folder]


def test_kinds_of_cells() -> None:
    assert set(CELLS) == set(KINDS), "cells/table.py and plan/kinds.py name the same kinds"
    assert members("cells") == set(KINDS), "each kind of cell has a file in cells/"
    assert (*LINE_KINDS, *STATIONS) == tuple(KINDS), "the stations come last in plan/kinds.py"


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_with_inputs_from_outside_says_which(kind: str) -> None:
    assert hasattr(CELLS[kind], "consumed") == KINDS[kind].outside


def test_kinds_of_cells_in_the_schema() -> None:
    definitions = schema("factory")["$defs"]
    named = definitions["cell"]["properties"]["kind"]["enum"]
    assert tuple(named) == LINE_KINDS, "the schema's kinds are those of plan/kinds.py, in order"
    chosen = [rule["if"]["properties"]["kind"]["const"] for rule in definitions["cell"]["allOf"]]
    assert chosen == named, "each kind chooses its own keys under cell.allOf"
    for kind in named:
        assert f"cell-{kind}" in definitions, f"$defs/cell-{kind} is missing"


def test_what_a_kind_hands_and_takes_is_a_contract_of_ours() -> None:
    for name, kind in KINDS.items():
        named = {*kind.takes, *kind.needs, *([kind.hands] if kind.hands else [])}
        assert named <= set(builtin.CONTRACTS), f"the kind {name} names contracts that are not ours"
        assert set(kind.needs) <= set(kind.takes), f"the kind {name} takes what it needs"


def test_apis_that_the_meter_reads() -> None:
    assert members("meter/apis") == {api.NAME for api in APIS}, "each API has a file and a line"


def test_contracts_of_ours() -> None:
    for name, template in builtin.CONTRACTS.items():
        assert (ROOT / f"schemas/{name}.schema.json").is_file(), f"schemas/{name}.schema.json"
        if template:
            assert (ROOT / "templates" / template).is_file(), f"templates/{template}"


@pytest.mark.parametrize("contract", [*builtin.CONTRACTS, "any-other"])
def test_every_contract_has_a_brief(contract: str) -> None:
    assert builtin.template(builtin.prompt_for(contract))


def test_templates_are_all_used() -> None:
    files = {path.name for path in (ROOT / "templates").glob("*.j2")}
    named = {template for template in builtin.CONTRACTS.values() if template}
    named |= {builtin.prompt_for(contract) for contract in (*builtin.CONTRACTS, "any-other")}
    named |= {builtin.REPAIR, "page.html.j2"}
    whole = {name for name in files if not name.endswith(".part.j2")}
    assert whole == named, "a template without a contract, or a contract without its template"
    texts = "".join((ROOT / "templates" / name).read_text() for name in files)
    for part in files - whole:
        assert f'{{% include "{part}" %}}' in texts, f"templates/{part} is included nowhere"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_can_be_compiled(path: Path) -> None:
    _environment().from_string(builtin.template(path.name))


def test_profiles_of_agents() -> None:
    files = {path.stem for path in (COMPILER / "plan/agents").glob("*.yaml")}
    assert files == set(PROFILES), "one file a profile, one line in plan/agents/table.py"
    named = schema("factory")["$defs"]["agent"]["properties"]["profile"]["enum"]
    assert tuple(named) == PROFILES, "the schema's profiles are those of the table, in order"


def test_forges() -> None:
    assert members("forge") == set(FORGES), "one file a forge, one line in forge/table.py"
    named = schema("factory")["$defs"]["cell-review"]["properties"]["from"]["enum"]
    assert set(named) == {"person", "recorded", *FORGES}, "a review can come from each of them"
    for maker in FORGES.values():
        assert {"connect", "missing", "place"} <= set(dir(maker))


def test_commands() -> None:
    assert members("commands") == set(COMMANDS), "one file a subcommand, one line in the table"
    for name, command in COMMANDS.items():
        assert command.HELP, f"`factory {name}` has no HELP"
        assert "\n" not in command.HELP, f"the HELP of `factory {name}` is one line"


def test_formats() -> None:
    assert members("overview") == set(REPORTS)
    assert members("emit/diagnostics") == set(diagnostics_formats.FORMATS)
    assert members("emit/graphs") == set(plan_formats.FORMATS)


def test_formats_of_test_reports() -> None:
    files = {word.replace("-", "_") for word in TEST_REPORTS}
    assert members("verification/reports") == files, "one file a format, one line in the table"
    named = schema("factory")["$defs"]["scope"]["properties"]["report"]["enum"]
    assert named == list(TEST_REPORTS), "`report:` in the schema names the formats of the table"


def test_languages_that_are_mutated() -> None:
    folder = COMPILER / "verification/proof/languages"
    files = {Path(inspect.getfile(one.mutants)).resolve() for one in LANGUAGES}
    named = {folder / f"{name}.py" for name in members("verification/proof/languages")}
    assert files == named, "one file a language, one line in the table"
    endings = [ending for one in LANGUAGES for ending in one.endings]
    assert len(set(endings)) == len(endings), "an ending belongs to one language"


def test_every_open_set_is_looked_at() -> None:
    tables = {path.parent.relative_to(COMPILER).as_posix() for path in COMPILER.rglob("table.py")}
    assert tables == set(SHARED), (
        "a folder with a table.py is an open set; compare its members here"
    )
    bases = {path.parent.relative_to(COMPILER).as_posix() for path in COMPILER.rglob("base.py")}
    assert bases == tables, "an open set has a base.py that says what a member is"


def test_checks_of_a_specification() -> None:
    checks = (*spec_checks.CHECKS, *spec_checks.TARGET_CHECKS)
    assert members("plan/checks") == {check.__module__.rpartition(".")[2] for check in checks}


def test_checks_of_a_delivery() -> None:
    named = {check.__module__.rpartition(".")[2] for check in contract_checks.CHECKS}
    assert members("contracts") == named


def test_every_schema_is_read_by_somebody() -> None:
    names = {path.name.removesuffix(".schema.json") for path in SCHEMAS}
    records = {"factory", "entry", "prior", "recorded-review"}
    assert names == {*builtin.CONTRACTS, *records}


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
class TestSchemas:
    def test_is_valid(self, path: Path) -> None:
        whole = json.loads(path.read_text())
        assert whole["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        Draft202012Validator.check_schema(whole)

    def test_says_what_it_is(self, path: Path) -> None:
        whole = json.loads(path.read_text())
        assert whole["$id"].endswith(f"/{path.name}")
        assert whole["title"]
        assert whole["description"]

    def test_describes_every_property(self, path: Path) -> None:
        whole = json.loads(path.read_text())
        silent = [place for place, one in properties(whole) if not described(whole, one)]
        assert not silent, f"{path.name}: no description at {', '.join(silent)}"

    def test_refers_to_what_is_there(self, path: Path) -> None:
        whole = json.loads(path.read_text())
        used = set(references(whole))
        known = {f"#/$defs/{name}" for name in whole.get("$defs", {})}
        assert used <= known, "a reference leads nowhere"
        assert known <= used, "a definition that nothing uses"

    def test_knows_every_key_of_its_mappings(self, path: Path) -> None:
        """A hand-off with a misspelt key is a breach, and not a key that nobody reads."""
        open_ended = [
            place
            for place, one in walk(json.loads(path.read_text()))
            if one.get("properties") and "additionalProperties" not in one and "if" not in place
        ]
        # Each kind's own keys are closed; a rule is about keys that are closed where they stand.
        closed_elsewhere = ["$defs/cell", "allOf/0/then"]
        assert [place for place in open_ended if place not in closed_elsewhere] == []


def schema(name: str) -> Any:
    return json.loads((ROOT / f"schemas/{name}.schema.json").read_text())


def walk(value: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every mapping in a schema, with where it stands."""
    if isinstance(value, dict):
        yield place, value
        for name, part in value.items():
            yield from walk(part, f"{place}/{name}".lstrip("/"))
    if isinstance(value, list):
        for index, part in enumerate(value):
            yield from walk(part, f"{place}/{index}")


def properties(whole: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, one in walk(whole):
        # What stands under `if` chooses a schema and is never shown.
        if "/if" not in f"/{place}" and isinstance(one.get("properties"), dict):
            yield from ((f"{place}/{name}", part) for name, part in one["properties"].items())


def described(whole: Any, one: dict[str, Any]) -> bool:
    reference = one.get("$ref", "").removeprefix("#/$defs/")
    return bool(
        one.get("description") or whole.get("$defs", {}).get(reference, {}).get("description")
    )


def references(whole: Any) -> Iterator[str]:
    yield from (str(one["$ref"]) for _, one in walk(whole) if isinstance(one.get("$ref"), str))


def test_every_package_is_shipped() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = project["tool"]["setuptools"]["packages"]
    inits = COMPILER.rglob("__init__.py")
    folders = (path.parent.relative_to(COMPILER).parts for path in inits)
    there = {".".join(("factoryline", *parts)) for parts in folders}
    assert set(named) == there | {"factoryline.schemas", "factoryline.templates"}
    assert named == sorted(named)


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in COMPILER.rglob("*.py")}
    assert [str(f.relative_to(ROOT)) for f in folders if not (f / "__init__.py").is_file()] == []


def test_the_data_is_shipped() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    data = project["tool"]["setuptools"]["package-data"]
    for folder in ("schemas", "templates"):
        patterns = data[f"factoryline.{folder}"]
        left = [
            path.name
            for path in (ROOT / folder).iterdir()
            if path.is_file() and path.suffix != ".py" and not any(map(path.match, patterns))
        ]
        assert left == [], f"{folder}/ has files that package-data does not name"
