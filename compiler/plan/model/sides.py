"""The mark of what does not shape a result. Each field's side is declared where the field is."""

from __future__ import annotations

from typing import Annotated, TypeVar


class Side:
    """The mark of a field that cannot shape a result, or that is an input of its own."""


T = TypeVar("T")
Aside = Annotated[T, Side]
