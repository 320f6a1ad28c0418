"""A first factory.yaml, as `factory init` writes it: a line that works on any repository."""

from __future__ import annotations

import json
from collections.abc import Sequence

from factoryline.spec.runners import Scope

PLAIN = ("main", "master", "trunk", "develop")
"""Branches that need no quotes; YAML takes `on` and others for something else."""

HEAD = """\
# How software is produced here. `factory check` proves this file, `doit` runs what it says, and
# docs/specification.md of factoryline has every key.
factoryline: 1
name: {name}
target: {{repo: ., base: {base}}}
"""

AGENT = """
agents: {{builder: {{profile: {agent}, model: {model}}}}}
"""

CELLS = """
# What an artifact goes through. A verdict that fails, and a review that asks for changes, open the
# next round at `build`.
cells:
  scout:   {{kind: scout}}
  {build}
  verify:  {{kind: verify, returns: build}}
  package: {{kind: package}}
  review:  {{kind: review, from: {reviews}, returns: build}}

line: [scout, build, verify, package, review]
"""

ASKS = """\
build:   {kind: agent, agent: builder, takes: [memo, feedback], hands: change, touches: ["**"],
            timeout: 20m}"""
ADOPTS = """\
# Takes work of yours, round by round: patch files, commits, a branch.
  build:   {kind: adopt, takes: [memo, feedback], touches: ["**"]}"""

EMPTY = """
# One change each, from goal to merged. Take the {} away and the # below, and say what yours is.
artifacts: {}
"""


def factory_text(
    *,
    name: str,
    base: str,
    scopes: Sequence[Scope],
    surfaces: Sequence[str],
    agent: str,
    model: str,
    artifact: str,
    reviews: str = "person",
) -> str:
    """The text of a factory.yaml. Without an artifact, one to fill in stands in comments."""
    text = HEAD.format(name=name, base=base if base in PLAIN else json.dumps(base))
    if surfaces:
        text += "\n# Changed lines are told for each of these.\nsurfaces:\n"
        text += "".join(f"  {name}: [{name}/**]\n" for name in surfaces)
    text += AGENT.format(agent=agent, model=json.dumps(model)) if agent else ""
    text += CELLS.format(build=ASKS if agent else ADOPTS, reviews=reviews)
    text += "\nscopes:\n"
    for scope in scopes:
        text += f"  {scope.name}:\n" + "".join(f"    {line}\n" for line in scope.lines)
    if artifact:
        return f"{text}\n# One change each, from goal to merged.\nartifacts:\n{artifact}"
    example = artifact_text(
        "first-change",
        artifact_lines(
            "What a pull request would be called",
            "What is true afterwards that is not true now.",
            scopes,
            adopt="" if agent else "BRANCH",
        ),
    )
    return text + EMPTY + "".join(f"# {line}\n" for line in example.splitlines())


def artifact_text(name: str, lines: str) -> str:
    """The text of an artifact under `artifacts:`."""
    return f"  {name}:\n" + "".join(f"    {line}\n" for line in lines.splitlines())


def artifact_lines(
    title: str,
    goal: str,
    scopes: Sequence[Scope],
    *,
    adopt: str = "",
    consumer: str = "",
    source: str = "",
    agent: str = "",
) -> str:
    """What stands under an artifact's name."""
    verify = [
        f"{{scope: {scope.name}{', select: changed' if scope.selects else ''}}}" for scope in scopes
    ]
    lines = [f"title: {_text(title)}", f"goal: {_paragraphs(goal)}"]
    more = (("consumer", consumer), ("source", source), ("agent", agent))
    lines += [f"{key}: {_text(value)}" for key, value in more if value]
    lines.append(f"verify: [{', '.join(verify)}]")
    covers = ", covers: 0.8" if any(scope.covers for scope in scopes) else ""
    if any(scope.selects for scope in scopes):
        lines.append(f"proof: {{fails_before: true{covers}}}")
    if adopt:
        lines.append(f"adopt: [[{_text(adopt)}]]")
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _paragraphs(text: str) -> str:
    """A text of several lines as people write it in YAML, where YAML keeps it as it is."""
    lines = text.split("\n")
    plain = all(line == line.rstrip() and line.isprintable() for line in lines)
    if len(lines) == 1 or not plain or lines[0] != lines[0].lstrip():
        return _text(text)
    return "\n".join(["|-", *(f"  {line}" if line else "" for line in lines)])
