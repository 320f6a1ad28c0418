"""Words of others in a text of ours: they cannot pass for our headings, nor close our fences."""

from __future__ import annotations

import re

_RUN = re.compile(r"`+")
_BLOCK = re.compile(r"[#>+*=~<-]|```|\d+[.)]")
"""How a line begins that is more than words in Markdown."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def fenced(text: str, language: str = "text") -> str:
    """The text in a fence that is longer than any run of backticks in it."""
    text = printable(text).replace("\r\n", "\n").replace("\r", "\n")
    fence = "`" * max(3, 1 + max(map(len, _RUN.findall(text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def line(text: str) -> str:
    """The text on one line, so that none of it begins one."""
    return " ".join(printable(text).split())


def item(text: str) -> str:
    """The text as what a list's item says: on its line, or in a fence where it is more."""
    if len(text.strip().splitlines()) < 2 and not _BLOCK.match(line(text)):
        return line(text) or "(empty)"
    return inset(fenced(text))


def inset(text: str, by: int = 2) -> str:
    """The text with all lines but the first moved to the right, blank ones too."""
    return text.replace("\n", "\n" + " " * by)


def printable(text: str) -> str:
    """The text as any program takes it as an argument: Unicode, and no control characters."""
    return _CONTROL.sub("", text.encode("utf-8", "replace").decode())
