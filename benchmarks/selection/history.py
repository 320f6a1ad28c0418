"""A repository's history as a sample of commits that change what its package does."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

NO_SOURCE = {"docs", "doc", "examples", "example", "benchmarks", "benchmark", "scripts", "tests"}
NO_SOURCE |= {"test", "testing", "tools", "performance", "setup.py", "conftest.py", "noxfile.py"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit and its parent; `source` and `tests` are the paths that it changes."""

    id: str
    parent: str
    source: tuple[str, ...]
    tests: tuple[str, ...]


def git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "core.quotepath=off", *arguments],
        cwd=repository,
        check=True,
        capture_output=True,
    )
    return done.stdout.decode(errors="replace")


def sample(repository: Path, count: int, *, among: int = 120) -> list[Commit]:
    """`count` commits, evenly spread over the newest `among` that change source code."""
    found = list(_take(candidates(repository), among))
    step = max(1.0, len(found) / count)
    return [found[int(index * step)] for index in range(min(count, len(found)))]


def candidates(repository: Path) -> Iterator[Commit]:
    """Commits whose change of source is more than comments, newest first."""
    for line in git(repository, "log", "--no-merges", "--format=%H %P", "HEAD").splitlines():
        commit, *parents = line.split()
        if len(parents) != 1:
            continue
        names = git(repository, "diff", "--name-only", "--no-renames", "-z", parents[0], commit)
        paths = [path for path in names.split("\0") if path]
        source = tuple(path for path in paths if is_source(path))
        tests = tuple(path for path in paths if is_test(path))
        if source and len(paths) <= 30 and _means_something(repository, parents[0], commit, source):
            yield Commit(id=commit, parent=parents[0], source=source, tests=tests)


def rewriting(repository: Path, *, among: int = 400) -> Iterator[Commit]:
    """Commits that change source and take back what an existing test expected, newest first.

    Their source is likely to break an old test, which few of the newest commits do.
    """
    for commit in _take(candidates(repository), among):
        if any(_takes_back(repository, commit, path) for path in commit.tests):
            yield commit


def _takes_back(repository: Path, commit: Commit, path: str) -> bool:
    """Whether a test that stays has lost an expectation: an assertion, or a case of its table."""
    old = _expectations(text_at(repository, commit.parent, path))
    new = _expectations(text_at(repository, commit.id, path))
    return any(old[name] - new[name] for name in old.keys() & new.keys())


def _expectations(text: str | None) -> dict[str, set[str]]:
    """By name of test function: its assertions, and the elements of its decorators' lists."""
    try:
        tree = ast.parse(text or "")
    except (SyntaxError, ValueError):
        return {}
    return {
        node.name: {ast.unparse(part) for part in _expected(node)}
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and "test" in node.name
    }


def _expected(test: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    for node in ast.walk(test):
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Assert) or re.search(r"assert|raises", called):
            yield node
    for decorator in test.decorator_list:
        for node in ast.walk(decorator):
            if isinstance(node, (ast.List, ast.Tuple)):
                yield from node.elts


def is_source(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return path.endswith(".py") and not NO_SOURCE & set(parts) and not is_test(path)


def is_test(path: str) -> bool:
    name = PurePosixPath(path).name
    return path.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


def text_at(repository: Path, commit: str, path: str) -> str | None:
    try:
        return git(repository, "show", f"{commit}:{path}")
    except subprocess.CalledProcessError:
        return None


def _means_something(repository: Path, old: str, new: str, paths: Sequence[str]) -> bool:
    return any(
        _meaning(text_at(repository, old, path)) != _meaning(text_at(repository, new, path))
        for path in paths
    )


def _meaning(text: str | None) -> str:
    """The syntax tree without documentation, positions and names such as `__version__`."""
    try:
        tree = ast.parse(text or "")
    except (SyntaxError, ValueError):
        return text or ""
    tree.body = [node for node in tree.body if not _is_label(node)]
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                value.value = ""
    return ast.dump(tree)


def _is_label(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).startswith("__")


def _take(commits: Iterator[Commit], count: int) -> Iterator[Commit]:
    for _, commit in zip(range(count), commits, strict=False):
        yield commit
