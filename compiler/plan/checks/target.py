"""The target is one repository, and surfaces tell its paths apart."""

from __future__ import annotations

from collections.abc import Iterator

from factoryline.diagnostics import Diagnostic
from factoryline.plan.checks.base import is_folder
from factoryline.spec.model import Spec


def check(spec: Spec) -> Iterator[Diagnostic]:
    yield from _forge(spec)
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
                message=f"the {what} `{ref.name}` is not a folder",
                span=ref.span,
                help=f"paths are relative to {spec.file}",
                code="missing-file",
            )
    seen: dict[str, str] = {}
    for surface in spec.surfaces:
        name = surface.name.name
        for glob in surface.globs:
            first = seen.get(glob.name)
            if first == name:
                yield Diagnostic(
                    message=f"`{glob.name}` stands twice in the surface `{name}`",
                    span=glob.span,
                    help="keep one of them",
                    code="surface-overlap",
                )
            elif first:
                yield Diagnostic(
                    message=f"the surfaces `{first}` and `{name}` both hold `{glob.name}`",
                    span=glob.span,
                    help="a path is accounted to one surface; keep the pattern in one of them",
                    code="surface-overlap",
                )
            seen.setdefault(glob.name, name)


def _forge(spec: Spec) -> Iterator[Diagnostic]:
    """A review from a forge needs a repository that is there too."""
    for cell in spec.cells:
        if cell.source in ("", "person", "recorded") or spec.target.scaffold is None:
            continue
        yield Diagnostic(
            message=f"`{cell.name.name}` takes its reviews from {cell.source}, and a scaffold is "
            "nowhere but here",
            span=spec.target.scaffold.span,
            help="name a repository: target: {repo: .}; or take reviews from a person",
            code="target",
        )
