"""Which lines of a Python file can be executed at all, and which statement each line belongs to."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass

from factoryline.selection.outline import UNREADABLE

EXCLUDED = (
    # What coverage.py leaves out unless it is told otherwise: said so, or never there at run time.
    r"#\s*(pragma|PRAGMA)[:\s]?\s*(no|NO)\s*(cover|COVER)",
    r"^\s*(((async )?def .*?)?\)(\s*->.*?)?:\s*)?\.\.\.\s*(#|$)",
    r"if (typing\.)?TYPE_CHECKING:",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """The statements of a file, each by the line on which it starts.

    excluded: those that a pragma or their kind takes out. start: where a line's statement starts.
    coded: the lines that hold more than blanks and comments.
    """

    executable: frozenset[int]
    excluded: frozenset[int]
    start: dict[int, int]
    coded: frozenset[int]

    def of(self, lines: Iterable[int]) -> tuple[frozenset[int], frozenset[int]]:
        """The executable and the excluded statements that some lines belong to."""
        starts = {self.start.get(line, line) for line in lines if line in self.coded}
        return frozenset(starts & self.executable), frozenset(starts & self.excluded)


def statements(text: str) -> Statements | None:
    """The statements of a Python source text; None when this Python cannot read it."""
    from coverage.exceptions import CoverageException
    from coverage.parser import PythonParser

    parser = PythonParser(text=text or "\n", exclude="|".join(f"({one})" for one in EXCLUDED))
    try:
        parser.parse_source()
        coded = frozenset(_coded(text))
    except (CoverageException, *UNREADABLE):
        return None
    return Statements(
        executable=frozenset(parser.statements),
        excluded=frozenset(parser.excluded),
        start={line: parser.first_line(line) for line in range(1, text.count("\n") + 2)},
        coded=coded,
    )


def _coded(text: str) -> Iterable[int]:
    # A docstring is no statement that coverage knows; it is left out by what is executable.
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _SILENT:
            yield from range(token.start[0], token.end[0] + 1)


_SILENT = (
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENCODING),
    *(tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER),
)

_NOTHING = re.compile(r"\s*(//|/\*|\*(\s|/|$)|#(?!\w)|[\s()\[\]{};,]*$)")


def may_run(line: str) -> bool:
    """Whether a line of another language holds more than blanks, brackets and a comment's start."""
    return not _NOTHING.match(line)
