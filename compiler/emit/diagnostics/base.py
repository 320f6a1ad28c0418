"""What a format of diagnostics gets, and what it makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from factoryline.diagnostics import Diagnostic, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The problems of a specification, in order of position; none when it is sound.

    home: the folder that the positions are relative to. within: that folder, as seen from the top
    of its repository, since this is where other services look for files.
    """

    diagnostics: tuple[Diagnostic, ...]
    home: Path
    within: PurePosixPath

    def path(self, span: Span) -> str:
        """The file of a position, from the top of the repository."""
        return (self.within / span.file).as_posix()


Format = Callable[[Found], str]
"""What was found, as text to print; empty where there is nothing to print."""


def found(diagnostics: tuple[Diagnostic, ...], home: Path) -> Found:
    """The problems, with the place of `home` in the repository that it lies in (if any)."""
    top = next((folder for folder in (home, *home.parents) if (folder / ".git").exists()), home)
    return Found(
        diagnostics=diagnostics, home=home, within=PurePosixPath(home.relative_to(top).as_posix())
    )
