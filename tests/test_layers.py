"""The architecture as rules over the syntax trees: imports run one way, and few doors lead out.

Lazy imports inside functions count; those under TYPE_CHECKING do not, since they never run.
"""

from __future__ import annotations

import ast
import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

COMPILER = Path(__file__).parent.parent / "compiler"

LAYERS: tuple[tuple[str, str], ...] = (
    # A module may import from the rows above its own. Names in one row never import each other.
    ("selection", "which tests a change needs: it stands alone and could be a project of its own"),
    ("errors plain terminal openset", "kinds of failure; what a stream can show; tables"),
    ("skipping.quick", "signatures of files, and cache files"),
    ("typed", "what a person types to run the line: it looks for a factory, and knows nothing"),
    ("diagnostics system", "how a problem is told; the only doors outside"),
    ("boundary spec", "where failures end, which knows failures alone; what factory.yaml says"),
    ("meter", "what requests to a provider used: it knows addresses and files, and no plan"),
    ("plan", "what factory.yaml means: pure, without a ledger and without a run"),
    ("ledger emit verification", "the record; descriptions of tasks; proofs: each knows the plan"),
    ("contracts learning forge", "hand-offs and lessons, from the ledger; where people review"),
    ("cells", "the work itself, which uses all of the above"),
    ("run overview trials", "one lets the cells work, the others read what they left"),
    ("skipping", "what is not asked twice: the kept plan, where artifacts stand, the certificate"),
    ("drive page pipeline", "doit's tasks over the stages; from a path to a plan: no run compiles"),
    ("plugin", "doit's way in"),
    ("commands", "what `factory` can do; one of them is to run doit"),
    ("cli", "the command line over the commands"),
    ("start", "where `factory` starts: the quick answer, or the command line"),
    ("__main__", "python -m factoryline"),
)

RANK = {name: row for row, (names, _) in enumerate(LAYERS) for name in names.split()}


def layer_of(name: str) -> str:
    """The layer of a module: it has one of its own, or its folder's."""
    return name if name in RANK else name.partition(".")[0]


@dataclass(frozen=True)
class Module:
    """A source file; `name` is dotted, below factoryline."""

    path: Path
    tree: ast.Module

    @property
    def place(self) -> str:
        return self.path.relative_to(COMPILER.parent).as_posix()

    @property
    def name(self) -> str:
        parts = self.path.relative_to(COMPILER).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def layer(self) -> str:
        return layer_of(self.name)


@cache
def modules() -> tuple[Module, ...]:
    paths = sorted(COMPILER.rglob("*.py"))
    return tuple(Module(path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths)


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes, without the blocks that only type checkers read."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            for alternative in child.orelse:
                yield alternative
                yield from walk(alternative)
            continue
        yield child
        yield from walk(child)


def imports(module: Module) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that a module imports."""
    for node in walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.place}:{node.lineno}: relative import"
            # `from package import name` may mean a module or a value in it; both say where.
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        # A table that is loaded when asked for names its modules in text.
        named = str(node.value) if isinstance(node, ast.Constant) else ""
        if named.startswith("factoryline.") and inner(named) == named.partition(".")[2]:
            yield getattr(node, "lineno", 0), named


@cache
def known() -> frozenset[str]:
    return frozenset(module.name for module in modules())


def inner(name: str) -> str:
    """The module of ours that an imported name lies in; empty for anything else."""
    package, _, rest = name.partition(".")
    if package != "factoryline":
        return ""
    while rest and rest not in known():
        rest = rest.rpartition(".")[0]
    return rest


Offences = Iterator[tuple[int, str]]
"""Lines of a module, and what is wrong there."""


def order(module: Module) -> Offences:
    for line, name in imports(module):
        target = layer_of(inner(name))
        if not target or target == module.layer:
            continue
        if not module.layer or RANK[target] >= RANK[module.layer]:
            yield line, f"`{module.layer or 'factoryline'}` imports `{target}`: {ORDER}"


def door(module: Module) -> Offences:
    for line, name in imports(module):
        package = name.partition(".")[0]
        if package in DOORS and module.name not in DOORS[package]:
            where = " and ".join(DOORS[package]) or "no module"
            yield line, f"`{package}` is imported in {where} only: one door to each thing outside"


def git_door(module: Module) -> Offences:
    for node in walk(module.tree):
        argv = node.elts if isinstance(node, (ast.List, ast.Tuple)) else []
        first = argv[0] if argv else None
        named = isinstance(first, ast.Constant) and first.value == "git"
        if first and named and module.name != "system.git":
            yield first.lineno, "git is called in system.git only"


def writing(module: Module) -> Offences:
    allowed, _ = WRITERS.get(module.name, ((), ""))
    for call in calls(module):
        what = write(call)
        if what and what not in allowed and module.name != "system.files":
            yield call.lineno, f"`{what}` writes, and every write goes through system.files"


def printing(module: Module) -> Offences:
    for call in calls(module):
        if ast.unparse(call.func) == "print" and module.layer != "commands":
            yield call.lineno, "only commands/ prints; elsewhere text is returned"


def catching(module: Module) -> Offences:
    for node in walk(module.tree):
        if isinstance(node, ast.ExceptHandler) and module.name not in CATCHERS:
            caught = ast.unparse(node.type) if node.type else "everything"
            if caught in ("everything", "Exception", "BaseException"):
                yield node.lineno, f"`except {caught}`: only the boundary catches everything"


ORDER = "imports run one way, down the rows of LAYERS"

DOORS: Mapping[str, tuple[str, ...]] = {
    # What is imported only in these modules; empty where nobody does.
    "subprocess": ("system.process",),
    "multiprocessing": (),
    "doit": ("drive.engine", "drive.tasks"),
    "socket": ("meter.proxy", "meter.upstream", "meter.wire"),
    "select": ("meter.wire", "system.logs"),
    "ssl": ("meter.upstream",),
    "h11": ("meter.exchange", "meter.proxy", "meter.wire"),
    "urllib": ("meter.upstream", "page.server", "system.secrets"),
    "http": ("page.server",),
    "fcntl": ("system.locks",),
    "rich": ("drive.live",),
    "github": ("forge.github",),
    "requests": ("forge.github",),
    "yaml": ("spec.nodes",),
    "jsonschema": ("spec.schema",),
    "pathspec": ("plan.model.paths",),
}

CATCHERS = ("boundary", "drive.tasks")  # a stage's task stands on the boundary, inside doit

WRITES = {"write_text", "write_bytes", "rename", "touch", "symlink_to", "hardlink_to"}
"""Methods of a path that put something on disk."""

WRITERS: Mapping[str, tuple[tuple[str, ...], str]] = {
    # Who writes past system.files: with what, and why that is right.
    "system.process": (("shutil.which",), "which reads"),
    "system.logs": (
        ("open", "os.open", "os.write"),
        "a program's streams go to files as they come",
    ),
    "boundary": (("write_text",), "the trace of a bug must get out even if our own writer is it"),
    "run.restore": (("tempfile.TemporaryDirectory",), "git's index for the time of one question"),
    "verification.probe.factoryline_probe": (
        ("open", "json.dump"),
        "it runs in the project's own pytest, and imports nothing of ours",
    ),
    "skipping.quick": (("os.open",), "it opens a folder to look from, and reads"),
    "run.factory": (("rename",), "a scaffold is made beside its place and appears whole"),
}


def calls(module: Module) -> Iterator[ast.Call]:
    return (node for node in walk(module.tree) if isinstance(node, ast.Call))


def write(call: ast.Call) -> str:
    """The name of the write that a call is; empty for other calls."""
    name = ast.unparse(call.func)
    owner, method = name.partition(".")[0], name.rpartition(".")[2]
    if name in ("json.dump", "os.replace", "os.rename", "os.write", "os.open", "os.fdopen"):
        return name
    if owner in ("shutil", "tempfile") and method != "TemporaryFile":
        return name
    if method == "open" and mode(call, at=1 if name == "open" else 0) & set("wax+"):
        return "open"
    # `files.write_text` and its like are the one door; they are functions and not a path's methods.
    return method if method in WRITES and owner != "files" and "." in name else ""


def mode(call: ast.Call, *, at: int) -> set[str]:
    given = [word.value for word in call.keywords if word.arg == "mode"] or call.args[at : at + 1]
    constants = [node.value for node in given if isinstance(node, ast.Constant)]
    return set(str(constants[0])) if constants else set()


RULES: tuple[Callable[[Module], Offences], ...] = (
    order,
    door,
    git_door,
    writing,
    printing,
    catching,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_module_keeps_the_rule(rule: Callable[[Module], Offences]) -> None:
    found = [f"{m.place}:{line}: {what}" for m in modules() for line, what in rule(m)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("place", "source", "offence"),
    [
        ("spec/new.py", "from factoryline.plan import model", "`spec` imports `plan`"),
        ("spec/new.py", "from factoryline import plan", "`spec` imports `plan`"),
        ("spec/new.py", "import factoryline.boundary", "`spec` imports `boundary`"),
        ("plan/new.py", "def f():\n    from factoryline.ledger import entry", "imports `ledger`"),
        ("run/new.py", "from factoryline import cli", "`run` imports `cli`"),
        ("run/new.py", "import_module('factoryline.cli')", "`run` imports `cli`"),
        ("cells/new.py", "import subprocess", "in system.process only"),
        ("cells/new.py", "from doit.task import Task", "in drive.engine and drive.tasks only"),
        ("cells/new.py", "process.run(['git', 'log'])", "git is called in system.git only"),
        ("cells/new.py", "path.write_text('x')", "`write_text` writes"),
        ("cells/new.py", "open(path, 'w')", "`open` writes"),
        ("cells/new.py", "path.open(mode='ab')", "`open` writes"),
        ("cells/new.py", "shutil.copy(a, b)", "`shutil.copy` writes"),
        ("run/new.py", "print('done')", "only commands/ prints"),
        ("run/new.py", "try: pass\nexcept Exception: pass", "only the boundary"),
    ],
)
def test_the_rules_see_what_they_are_for(place: str, source: str, offence: str) -> None:
    module = Module(COMPILER / place, ast.parse(source))
    found = [what for rule in RULES for _, what in rule(module)]
    assert len(found) == 1
    assert offence in found[0]


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("spec/new.py", "from factoryline.diagnostics import Span"),
        ("spec/new.py", "if TYPE_CHECKING:\n    from factoryline.plan import model"),
        ("run/new.py", "from factoryline.system import files\nfiles.write_text(path, 'x')"),
        ("run/new.py", "text = path.open().read()"),
        ("commands/new.py", "print('done')"),
    ],
)
def test_the_rules_allow_what_is_right(place: str, source: str) -> None:
    module = Module(COMPILER / place, ast.parse(source))
    assert [what for rule in RULES for _, what in rule(module)] == []


def test_every_module_has_a_place_in_the_order() -> None:
    unplaced = sorted({m.layer for m in modules()} - {"", *RANK})
    assert not unplaced, f"say in LAYERS where these belong: {unplaced}"
    gone = sorted(set(RANK) - {m.layer for m in modules()})
    assert not gone, f"LAYERS names what does not exist: {gone}"


def test_the_drawing_has_every_floor_in_order() -> None:
    page = (COMPILER.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    drawing = page.split("```")[1]
    drawn = [name for row in drawing.splitlines() for name in row[:31].split()]
    assert drawn == [name for names, _ in LAYERS for name in names.split()]


def test_no_circle_of_imports() -> None:
    edges = {m.name: {inner(name) for _, name in imports(m)} - {"", m.name} for m in modules()}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> Iterator[str]:
        if name in path:
            yield " → ".join((*path[path.index(name) :], name))
        elif name not in done:
            for following in sorted(edges[name]):
                yield from visit(following, (*path, name))
            done.add(name)

    assert [circle for name in edges for circle in visit(name, ())] == []


def test_the_exceptions_are_still_needed() -> None:
    used = {module.name: {write(call) for call in calls(module)} for module in modules()}
    for name, (allowed, reason) in WRITERS.items():
        unused = set(allowed) - used.get(name, set())
        assert not unused, f"{name} no longer needs {unused} ({reason}): take it out of WRITERS"


VAGUE = {"util", "utils", "manager", "helper", "helpers", "handler", "handlers", "common", "misc"}


def test_modules_are_named_for_what_they_hold() -> None:
    vague = [
        m.place for m in modules() if VAGUE & {w for p in m.name.split(".") for w in p.split("_")}
    ]
    assert vague == [], "a module is named by a noun of the field"


def functions(module: Module) -> Iterator[tuple[str, int]]:
    """Every function with its lines, those of its documentation not counted."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            told = node.body[0] if ast.get_docstring(node) else None
            less = (told.end_lineno or 0) - told.lineno + 1 if told else 0
            yield f"{module.place}:{node.lineno} {node.name}", lines - less


def test_functions_can_be_held_in_mind() -> None:
    found = {place: lines for module in modules() for place, lines in functions(module)}
    assert {place: lines for place, lines in found.items() if lines > 50} == {}
    assert statistics.median(found.values()) <= 8


def test_modules_open_with_a_sentence() -> None:
    silent = [module.place for module in modules() if not ast.get_docstring(module.tree)]
    assert silent == [], "one to four lines: what comes in, what goes out, who calls it"
