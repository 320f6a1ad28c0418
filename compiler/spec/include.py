"""Artifacts that lie in files of their own, each named after its file.

A factory lives for years and has thousands of them, so what a file said is kept until its stat
signature changes; only files without a problem are kept.
"""

from __future__ import annotations

import glob
import os
import re
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from factoryline.diagnostics import Diagnostic, Span
from factoryline.skipping import quick
from factoryline.spec import model, records, schema
from factoryline.spec.model import ArtifactSpec
from factoryline.spec.nodes import Field, Node, read_yaml
from factoryline.system import files
from factoryline.system.codec import Codec, Encoded

CACHE = "state/.work/artifacts.cache"
_CODEC = Codec(
    (
        *(Span, model.Ref, model.SelectionSpec, model.ProofSpec, model.BudgetSpec),
        model.ArtifactSpec,
    )
)

Kept = dict[str, tuple[quick.Signature | None, Encoded]]
"""By file: its signature, and the artifact that it holds."""


def parse(home: Path, file: str) -> tuple[Node, list[Diagnostic]]:
    """A file's located tree and what is wrong with it as YAML."""
    start = Span(file=file, line=1, column=1)
    try:
        text = files.read_at_once(home / file).decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        span = Span(file=file, line=line, column=1)
        problem = Diagnostic(
            message="this is not UTF-8 text", span=span, help="save it as UTF-8", code="encoding"
        )
        return Node(span=start), [problem]
    except OSError as error:
        message = f"it cannot be read: {error.strerror}"
        return Node(span=start), [Diagnostic(message=message, span=start, code="missing-file")]
    return read_yaml(text, file)


def included(
    home: Path, root: Node, problems: list[Diagnostic]
) -> tuple[tuple[ArtifactSpec, ...], tuple[str, ...]]:
    """The artifacts of all included files, and the files and folders that were looked at.

    What is wrong is added to `problems`.
    """
    node = root.get("artifacts")
    include = node.get("include") if node else None
    if node is None or include is None:
        return (), ()
    started, before = time.time_ns(), _read(home)
    found: dict[str, tuple[Span, ArtifactSpec | None]] = {
        name: (entry.key, None) for name, entry in (node.fields or {}).items()
    }
    kept: Kept = {}
    looked: list[str] = []
    for pattern in include.items if include.items is not None else (include,):
        if not isinstance(pattern.scalar, str):
            continue  # the schema says what is wrong with it
        if Path(pattern.scalar).is_absolute() or ".." in Path(pattern.scalar).parts:
            problems.append(_outside(pattern))
            continue
        looked += _folders(home, pattern.scalar)
        names = sorted(glob.glob(pattern.scalar, root_dir=home, recursive=True))
        if not names:
            problems.append(_nothing(pattern))
        for file in names:
            path = f"{home}/{file}"
            looked.append(path)
            signature = quick.signature(path)
            known = before.get(file)
            artifact: ArtifactSpec | None
            if known and known[0] == signature:
                kept[file] = known
                artifact = _CODEC.decode(known[1])
            else:
                artifact = _artifact(home, file, problems)
                if artifact and quick.settled([signature], started):
                    kept[file] = (signature, _CODEC.encode(artifact))
            _add(found, file, artifact, problems)
    same = len(kept) == len(before) and all(kept[file] is before.get(file) for file in kept)
    if not same and (home / CACHE).parent.is_dir():
        files.replace_quickly(home / CACHE, quick.pack(kept))
    return tuple(artifact for _, artifact in found.values() if artifact), tuple(looked)


def _artifact(home: Path, file: str, problems: list[Diagnostic]) -> ArtifactSpec | None:
    """The artifact of one file, unless something is wrong with it."""
    node, wrong = parse(home, file)
    wrong = wrong or schema.diagnose(node, _schema())
    name, start = Path(file).stem, Span(file=file, line=1, column=1)
    if "\n" in name or not re.search(schema.builtin("factory")["$defs"]["name"]["pattern"], name):
        wrong.append(
            Diagnostic(
                message=f"`{name}` is not a name for an artifact",
                span=start,
                help="the file gives it: lower-case letters, digits and dashes, a letter first",
                code="pattern",
            )
        )
    problems += wrong
    return None if wrong else records.artifact(name, Field(key=start, node=node))


def _add(
    found: dict[str, tuple[Span, ArtifactSpec | None]],
    file: str,
    artifact: ArtifactSpec | None,
    problems: list[Diagnostic],
) -> None:
    name = artifact.name.name if artifact else Path(file).stem
    start = Span(file=file, line=1, column=1)
    if name in found:
        problems.append(
            Diagnostic(
                message=f"the artifact `{name}` is already defined",
                span=start,
                help="give one of the two another name",
                code="duplicate-artifact",
                related=((found[name][0], "it is defined here"),),
            )
        )
    found[name] = (start, artifact)


def _outside(pattern: Node) -> Diagnostic:
    return Diagnostic(
        message=f"`{pattern.scalar}` leaves the folder of factory.yaml",
        span=pattern.span,
        help="artifacts lie below it, such as in artifacts/*.yaml",
        code="include",
    )


def _nothing(pattern: Node) -> Diagnostic:
    return Diagnostic(
        message=f"no file matches `{pattern.scalar}`",
        span=pattern.span,
        help="each file that matches holds one artifact and gives it its name",
        severity="warning",
        code="include",
    )


def _folders(home: Path, pattern: str) -> Iterator[str]:
    """The folders whose content decides which files a pattern matches."""
    fixed = str(home / Path(re.split(r"[*?\[]", pattern)[0] + "x").parent)
    yield fixed
    for folder, inner, _ in os.walk(fixed):
        yield from (f"{folder}/{name}" for name in inner)


@cache
def _schema() -> schema.Schema:
    whole = schema.builtin("factory")
    return {"$ref": "#/$defs/artifact", "$defs": whole["$defs"]}


def _read(home: Path) -> Kept:
    kept = quick.read(str(home / CACHE))
    return kept if isinstance(kept, dict) else {}
