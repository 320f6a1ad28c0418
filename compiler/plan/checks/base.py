"""What a check is, and the words that the checks share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from factoryline.diagnostics import Diagnostic, did_you_mean
from factoryline.spec.model import Ref, Spec

if TYPE_CHECKING:
    from jinja2 import nodes

Check = Callable[[Spec], Iterator[Diagnostic]]
"""Yields every problem that it finds; never raises."""


def unknown(ref: Ref, what: str, known: Iterable[str]) -> Iterator[Diagnostic]:
    """A problem unless the name is one of `known`."""
    names = set(known)
    if ref.name not in names:
        yield Diagnostic(
            message=f"there is no {what} named `{ref.name}`",
            span=ref.span,
            help=did_you_mean(ref.name, names) or f"define it first; no {what} is defined yet",
            code="unknown-name",
        )


_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def placeholders(argv: Iterable[Ref], known: tuple[str, ...]) -> Iterator[Diagnostic]:
    """A problem for each placeholder in a command that is not one of `known`."""
    for ref in argv:
        for name in _PLACEHOLDER.findall(ref.name):
            if name not in known:
                yield Diagnostic(
                    message=f"the placeholder {{{name}}} is unknown here",
                    span=ref.span,
                    help=did_you_mean(name, known),
                    code="placeholder",
                )


def is_file(path: Path) -> bool:
    """Whether there is such a file; a name that no disk would take has none."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Whether there is such a folder; a name that no disk would take has none."""
    try:
        return path.is_dir()
    except OSError:
        return False


MOST_LEVELS = 100
"""How deeply the parts of a template may lie in each other: a sum of as many terms, for one."""


def parsed(text: str) -> nodes.Template:
    """A template's syntax tree. Raises jinja2.TemplateSyntaxError."""
    import jinja2

    try:
        tree = jinja2.Environment().parse(text)
    except RecursionError:
        raise jinja2.TemplateSyntaxError("the nesting is too deep", 1) from None
    level: list[nodes.Node] = [tree]
    for _ in range(MOST_LEVELS):
        level = [child for node in level for child in node.iter_child_nodes()]
    if level:
        # Whoever walks such a tree would run out of stack.
        raise jinja2.TemplateSyntaxError("the nesting is too deep", level[0].lineno)
    return tree
