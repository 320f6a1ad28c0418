"""Templates that escape by default: only what is `Html` already goes into a page as it is."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from string import Template


class Html(str):
    """Text that is HTML; made by `fill` and `join` alone."""


def fill(template: str, **values: str) -> Html:
    safe = {
        name: value if isinstance(value, Html) else escape(value) for name, value in values.items()
    }
    return Html(Template(template).substitute(safe))


def join(parts: Iterable[Html]) -> Html:
    return Html("\n".join(parts))
