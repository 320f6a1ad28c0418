"""For a terminal: the text that doit prints too."""

from __future__ import annotations

from factoryline.diagnostics import render
from factoryline.emit.diagnostics.base import Found


def form(found: Found) -> str:
    return render(found.diagnostics, root=found.home)
