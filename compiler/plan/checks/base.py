"""What a check is, and the words that the checks share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from factoryline.diagnostics import Diagnostic, did_you_mean
from factoryline.spec.model import Ref, Spec

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
