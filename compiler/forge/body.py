"""The text of a pull request: ours between two marks, and around them whatever people wrote."""

from __future__ import annotations

import re

BEGIN, END = "<!-- factoryline: begin -->", "<!-- factoryline: end -->"

_OURS = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
_APART = "\u200b"
"""It has no width: what it parts looks as before, and begins no comment."""


def placed(ours: str, before: str = "") -> str:
    """`before` with our part in it: in place of the old one, or at the end where there is none."""
    # What is quoted in it may not end our part.
    quoted = ours.replace("<!--", f"<!{_APART}--").strip()
    part = f"{BEGIN}\n{quoted}\n{END}"
    if _OURS.search(before):
        return _OURS.sub(lambda _: part, before, count=1)
    return f"{before.rstrip()}\n\n{part}".lstrip() if before.strip() else part


def same(one: str, other: str) -> bool:
    """Whether two texts are the same but for line ends, which forges change."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()
