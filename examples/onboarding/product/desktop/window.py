"""Where the shell shows a page: the user's browser, or nowhere but in a list."""

from __future__ import annotations

import webbrowser
from dataclasses import dataclass, field
from typing import Protocol


class Window(Protocol):
    def open(self, url: str) -> None: ...


class BrowserWindow:
    def open(self, url: str) -> None:
        webbrowser.open(url)


@dataclass(slots=True)
class HeadlessWindow:
    """For machines without a screen: prints each address and remembers it."""

    opened: list[str] = field(default_factory=list)

    def open(self, url: str) -> None:
        self.opened.append(url)
        print(url, flush=True)
