"""The target is one repository, and surfaces tell its paths apart."""

from __future__ import annotations

from collections.abc import Iterator

from factoryline.diagnostics import Diagnostic
from factoryline.plan.checks.base import is_folder
from factoryline.spec.model import Ref, Spec


def check(spec: Spec) -> Iterator[Diagnostic]:
    target = spec.target
    if (target.repo is None) == (target.scaffold is None):
        count = "neither" if target.repo is None else "both"
        yield Diagnostic(
            message=f"a target is a `repo` or a `scaffold`; this has {count}",
            span=target.span,
            help="write `{repo: .}` for the repository that factory.yaml lies in",
            code="target",
        )
    for ref, what in ((target.repo, "repository"), (target.scaffold, "scaffold")):
        if ref and not is_folder(spec.home / ref.name):
            yield Diagnostic(
                message=f"the {what} `{ref.name}` is no folder",
                span=ref.span,
                help=f"paths are relative to {spec.file}",
                code="missing-file",
            )
    holder: dict[str, str] = {}
    for surface in spec.surfaces:
        name = surface.name.name
        for glob in surface.globs:
            if glob.name in holder:
                yield _held_twice(glob, name, holder[glob.name])
            holder.setdefault(glob.name, name)


def _held_twice(glob: Ref, name: str, other: str) -> Diagnostic:
    message = f"the surfaces `{other}` and `{name}` both hold `{glob.name}`"
    help = "a path is accounted to one surface; keep the pattern in one of them"
    if other == name:
        message, help = f"`{glob.name}` stands twice in the surface `{name}`", "keep one of them"
    return Diagnostic(message=message, span=glob.span, help=help, code="surface-overlap")
