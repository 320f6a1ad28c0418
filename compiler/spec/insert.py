"""An artifact put into a factory.yaml that people wrote: nothing else in the file is touched.

The text is edited at a known place, and not written anew, so that every comment, blank line and
alignment stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from factoryline.errors import UserError
from factoryline.spec.nodes import Field, Node, read_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Inserted:
    """A file with its new text, and the line on which the artifact begins."""

    path: Path
    text: str
    line: int


def insert(path: Path, name: str, lines: str) -> Inserted:
    """A factory.yaml with one more artifact, or the file of its own where artifacts have one.

    lines: what stands under the artifact's name, without indentation. The file is sound.
    """
    text = path.read_bytes().decode("utf-8")
    if text.startswith(BOM):
        found = _inserted(path, text.removeprefix(BOM), name, lines)
        return found if found.path != path else replace(found, text=BOM + found.text)
    return _inserted(path, text, name, lines)


BOM = "\ufeff"


def _inserted(path: Path, text: str, name: str, lines: str) -> Inserted:
    root, _ = read_yaml(text, path.name)
    field = (root.fields or {}).get("artifacts")
    include = field.node.get("include") if field else None
    if include is not None:
        return _file(path.parent, name, lines, include)
    end = "\r\n" if "\r\n" in text else "\n"
    rows = text.splitlines(keepends=True)
    if rows and not rows[-1].endswith(("\n", "\r")):
        rows[-1] += end
    if field is None:
        rows += [end, f"artifacts:{end}"]
        return _put(path, rows, len(rows), _block(name, lines, 2), end)
    if not field.node.fields:
        return _put(path, _opened(rows, field), field.key.line, _block(name, lines, 2), end)
    if rows[field.node.span.line - 1][field.node.span.column - 1 :].startswith("{"):
        raise UserError(
            f"{path.name}:{field.key.line}: `artifacts` is written in braces, and a new one "
            "is only added to a list of lines",
            help="write them one below the other, or give each a file: artifacts: {include: …}",
        )
    keys = [one.key for one in field.node.fields.values()]
    at = _last_row(rows, max(key.line for key in keys), keys[0].column)
    block = _block(name, lines, keys[0].column - 1)
    if len(keys) > 1 and not rows[keys[-1].line - 2].strip():
        block = ["", *block]
    return _put(path, rows, at, block, end)


def _put(path: Path, rows: list[str], at: int, block: list[str], end: str) -> Inserted:
    new = [*rows[:at], *(f"{row}{end}" for row in block), *rows[at:]]
    return Inserted(path=path, text="".join(new), line=at + 1 + (not block[0]))


def _block(name: str, lines: str, indent: int) -> list[str]:
    inner = [" " * (indent + 2) + row if row else "" for row in lines.splitlines()]
    return [f"{' ' * indent}{name}:", *inner]


def _opened(rows: list[str], field: Field) -> list[str]:
    """The rows without what says that there are no artifacts: `{}`, or `null`."""
    row, at = field.node.span.line - 1, field.node.span.column - 1
    rest = re.sub(r"^(\{\s*\}|null\b|~)[ \t]*", "", rows[row][at:])
    kept = rows[row][:at].rstrip() + (f" {rest}" if rest.strip() else rest.lstrip(" \t"))
    own = row != field.key.line - 1
    return [*rows[:row], *([] if own and not kept.strip() else [kept]), *rows[row + 1 :]]


def _last_row(rows: list[str], first: int, column: int) -> int:
    """Behind which row a mapping ends whose last key stands in row `first`, in `column`.

    Comments that are indented like it belong to it; those that are not, and blank rows before
    them, belong to what follows.
    """
    last = first
    for number, row in enumerate(rows[first:], start=first + 1):
        inside = len(row) - len(row.lstrip(" ")) >= column - 1
        if row.strip() and inside:
            last = number
        elif row.strip() and not row.lstrip().startswith("#"):
            break
    return last


def _file(home: Path, name: str, lines: str, include: Node) -> Inserted:
    """A file of its own, where the first pattern finds it."""
    patterns = include.items if include.items is not None else (include,)
    for pattern in (str(one.scalar) for one in patterns):
        folder = PurePosixPath(pattern).parent
        for ending in (".yaml", ".yml"):
            place = folder / f"{name}{ending}"
            if not re.search(r"[*?\[]", str(folder)) and fnmatch(str(place), pattern):
                return Inserted(path=home / place, text=f"{lines.rstrip()}\n", line=1)
    raise UserError(
        f"{include.span}: no pattern tells where the file of a new artifact goes",
        help="say a folder: artifacts: {include: artifacts/*.yaml}",
    )
