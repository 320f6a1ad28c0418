"""A review as a small file that a person fills in with their editor."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from factoryline.diagnostics import SpecError
from factoryline.plan import findings
from factoryline.spec import schema
from factoryline.spec.include import parse
from factoryline.system import files, process
from factoryline.system.git import Git

FORM = """\
# A review of {name}, {commit}. Leave the file as it is to decide nothing.
decision: request-changes   # or: approve
by: {by}
summary: ""

# findings:
#   - kind: architecture      # {kinds}
#     severity: major         # {severities}
#     statement: Keys belong to the server.
#     paths: [server/keys.py:12]
"""


def filled_in(git: Git, path: Path, *, name: str, commit: str, by: str) -> dict[str, Any] | None:
    """What a person wrote with the editor that git would open; None where they left it.

    An unfinished form of the same commit is opened again. Raises SpecError with the places in it;
    the form stays for another try.
    """
    fresh = FORM.format(
        name=name,
        commit=commit[:10],
        by=_quoted(by),
        kinds=", ".join(findings.kinds()),
        severities=", ".join(findings.severities()),
    )
    head = fresh.partition("\n")[0]
    if not (path.exists() and path.read_text(encoding="utf-8").startswith(head)):
        files.make_folder(path.parent)
        files.write_text(path, fresh)
    editor = git.text("var", "GIT_EDITOR")
    process.hand_over(["sh", "-c", f'{editor} "$@"', editor, str(path)], cwd=path.parent)
    if path.read_text(encoding="utf-8", errors="replace").strip() in ("", fresh.strip()):
        done(path)
        return None
    root, problems = parse(path.parent, path.name)
    problems = problems or schema.diagnose(root, schema.builtin("recorded-review"))
    if problems:
        raise SpecError(problems, root=path.parent)
    value = root.plain()
    assert isinstance(value, Mapping), "the schema asks for a mapping"
    return dict(value)


def done(path: Path) -> None:
    """The review is on record: its form is not needed any more."""
    files.remove_quickly(path)


def _quoted(text: str) -> str:
    return text if text.replace(" ", "").isalnum() else f'"{text}"'
