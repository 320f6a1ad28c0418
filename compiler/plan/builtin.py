"""The contracts and templates that come with factoryline."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources

CONTRACTS: Mapping[str, str | None] = {
    "memo": "memo.md.j2",
    "change": None,
    "verdict": None,
    "packet": "packet.md.j2",
    "review": None,
    "merge": None,
    "critique": "critique.md.j2",
    "analysis": None,
    "note": "post-run.md.j2",
}
"""Each contract of ours, with the template that renders it for people."""

MADE_BY_CODE = frozenset(CONTRACTS) - {"memo"}
"""Contracts whose hand-offs we compute or read; their schema is not for users to change."""

MADE_BY_GIT = frozenset({"change", "merge"})
"""Contracts whose hand-offs are read off commits, which are made again from these very words."""

FEEDBACK = "feedback"
"""What a cell may take besides contracts: what earlier rounds left to mend."""

_PROMPTS = {
    "memo": "scout.prompt.md.j2",
    "change": "build.prompt.md.j2",
    "critique": "critic.prompt.md.j2",
    "analysis": "analyst.prompt.md.j2",
}


REPAIR = "repair.prompt.md.j2"
"""What an agent is told whose conversation goes on after its work was sent back."""

PARTS = tuple(
    f"{name}.part.j2"
    for name in (
        "documents",
        "feedback",
        "handoff",
        "lessons",
        "priors",
        "proof",
        "repair",
        "rules",
        "task",
        "verification",
    )
)
"""What a template may include."""

FILTERS = (
    "duration",
    "fenced",
    "guard",
    "inset",
    "item",
    "kept",
    "line",
    "outline",
    "plural",
    "pretty",
    "skeleton",
)
"""The filters that templates have besides Jinja's own; they stand in `contracts/render.py`."""

_INCLUDE = re.compile(r'{% include "([a-z.]+\.part\.j2)" %}\n?')


def template(name: str) -> str:
    """The text of a template of ours."""
    folder = resources.files("factoryline.templates")
    return expand(folder.joinpath(name).read_text(encoding="utf-8"))


def expand(text: str) -> str:
    """A template with our parts put in, so that its digest covers them too."""
    return _INCLUDE.sub(lambda found: template(found[1]) if found[1] in PARTS else found[0], text)


def sources() -> tuple[str, ...]:
    """The files of ours that a plan is made from."""
    names = ("schemas", "templates", "plan.agents")
    folders = (resources.files(f"factoryline.{name}") for name in names)
    return tuple(sorted(str(file) for folder in folders for file in folder.iterdir()))


def prompt_for(contract: str) -> str:
    """The name of the brief's template for a cell that hands `contract`."""
    return _PROMPTS.get(contract, "cell.prompt.md.j2")
