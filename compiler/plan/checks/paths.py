"""What a specification says of paths, held against the files that the target has.

This asks git or the disk, so `factory check` does it and a plain compile does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from factoryline.diagnostics import Diagnostic, listing
from factoryline.errors import FactoryError
from factoryline.plan.model import Surface
from factoryline.spec.model import Ref, ScopeSpec, Spec
from factoryline.system.git import Git


def check(spec: Spec) -> Iterator[Diagnostic]:
    """Warnings about patterns that match nothing, and paths that two surfaces hold."""
    files = files_of(spec)
    if not files:
        return
    surfaces = {s.name.name: s.globs for s in spec.surfaces}
    for globs in surfaces.values():
        for glob in globs:
            yield from _matches_nothing(glob, files, "no path of the target")
    for cell in spec.cells:
        for ref in cell.touches or ():
            if ref.name not in surfaces:
                yield from _matches_nothing(ref, files, "no path of the target yet")
    for scope in spec.scopes:
        folder = scope.cwd.rstrip("/") + "/"
        if scope.cwd != "." and not any(path.startswith(folder) for path in files):
            yield Diagnostic(
                message=f"the target has no folder `{scope.cwd}` for the scope to run in",
                span=scope.span,
                severity="warning",
                code="no-such-path",
            )
        if scope.run and scope.run[0].name == "make" and not scope.prepare:
            yield from _makefile(scope, files)
    yield from _held_by_two(spec, files)


def _makefile(scope: ScopeSpec, files: Sequence[str]) -> Iterator[Diagnostic]:
    """What `factory init` writes where it finds no tests proves nothing yet."""
    start = "" if scope.cwd == "." else scope.cwd.rstrip("/") + "/"
    named = any(ref.name in ("-f", "-C") for ref in scope.run)
    if not named and not any(start + name in files for name in MAKEFILES):
        yield Diagnostic(
            message=f"the scope `{scope.name.name}` runs make, and the target has no Makefile",
            span=scope.run[0].span,
            help="put in the command that tests this repository",
            severity="warning",
            code="no-such-path",
        )


MAKEFILES = ("GNUmakefile", "makefile", "Makefile")


def files_of(spec: Spec) -> tuple[str, ...]:
    """The files of the target: at its base commit, or in the folder that it is made from."""
    target, home = spec.target, spec.home
    try:
        # In a folder of a repository git would tell of that folder alone.
        if target.repo and (home / target.repo.name / ".git").exists():
            return Git(home / target.repo.name).files_at(f"refs/heads/{target.base}")
        if target.scaffold:
            root = home / target.scaffold.name
            found = (p for p in root.rglob("*") if p.is_file())
            return tuple(sorted(path.relative_to(root).as_posix() for path in found))
    except (FactoryError, OSError):
        pass  # that the target is none is said elsewhere
    return ()


def _matches_nothing(glob: Ref, files: Sequence[str], what: str) -> Iterator[Diagnostic]:
    pattern = Surface(name="", globs=(glob.name,))
    if not any(map(pattern.holds, files)):
        yield Diagnostic(
            message=f"`{glob.name}` matches {what}",
            span=glob.span,
            help="patterns are gitignore's, relative to the target",
            severity="warning",
            code="no-such-path",
        )


def _held_by_two(spec: Spec, files: Sequence[str]) -> Iterator[Diagnostic]:
    holds = {}
    for surface in spec.surfaces:
        whole = Surface(name=surface.name.name, globs=tuple(glob.name for glob in surface.globs))
        holds[whole.name] = {*filter(whole.holds, files)}
    seen: dict[str, set[str]] = {}
    for surface in spec.surfaces:
        name = surface.name.name
        for other, paths in seen.items():
            both = sorted(paths & holds[name])
            if both:
                yield Diagnostic(
                    message=f"the surfaces `{other}` and `{name}` both hold "
                    f"{listing(both, limit=3)}",
                    span=surface.name.span,
                    help=f"they are accounted to `{other}`, the first that holds them",
                    severity="warning",
                    code="surface-overlap",
                )
        seen[name] = holds[name]
