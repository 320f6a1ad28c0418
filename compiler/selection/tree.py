"""The files of one commit: their texts, their outlines, and which file a Python import means."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import PurePosixPath

from factoryline.selection import conventions
from factoryline.selection.outline import Import, Outline, outline

_NAME = re.compile(r"\w+")

MOST_BYTES = 2_000_000
"""Larger Python files are generated; they are not parsed."""


class Tree:
    """`read` gives the text of a path of `blobs`, None where it is no text.

    Where both have the same blob, what `like` knows of a file is not found out once more.
    """

    def __init__(
        self,
        blobs: Mapping[str, str],
        read: Callable[[str], str | None],
        like: Tree | None = None,
    ) -> None:
        self.blobs = blobs
        self.paths = frozenset(blobs)
        self._read = read
        self._like = like
        self._texts: dict[str, str] = {}
        self._outlines: dict[str, Outline | None] = {}
        self._words: dict[str, dict[str, list[int]]] = {}
        self._imports: dict[str, dict[str, set[tuple[str, str | None]]]] = {}

    def text(self, path: str) -> str:
        """A file's text; empty for what is not there or is none."""
        if self._like and self._is_same(path):
            return self._like.text(path)
        if path not in self._texts:
            self._texts[path] = (self._read(path) or "") if path in self.paths else ""
        return self._texts[path]

    def outline(self, path: str) -> Outline | None:
        """None for what cannot be parsed."""
        if self._like and self._is_same(path):
            return self._like.outline(path)
        if path not in self._outlines:
            text = self.text(path)
            self._outlines[path] = outline(text) if len(text) < MOST_BYTES else None
        return self._outlines[path]

    def _is_same(self, path: str) -> bool:
        assert self._like is not None, "the caller looked"
        blob = self.blobs.get(path)
        return blob is not None and blob == self._like.blobs.get(path)

    @cached_property
    def python(self) -> tuple[str, ...]:
        return tuple(sorted(path for path in self.paths if path.endswith(".py")))

    @cached_property
    def tests(self) -> tuple[str, ...]:
        """The Python files that are named like tests."""
        return tuple(path for path in self.python if conventions.is_test(path))

    def mentioning(self, words: Iterable[str], among: Iterable[str]) -> Iterator[str]:
        """The files whose text has one of the words: what is worth parsing."""
        wanted = [word for word in dict.fromkeys(words) if word]
        for path in among if wanted else ():
            if any(self.lines_with(word, path) for word in wanted):
                yield path

    def lines_with(self, word: str, path: str) -> Sequence[int]:
        """The lines of a file that have a word, whole and not as a part of another one."""
        if self._like and self._is_same(path):
            return self._like.lines_with(word, path)
        text = self.text(path)
        if word not in text:
            return ()
        if not _NAME.fullmatch(word):
            places = re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text)
            return [text.count("\n", 0, place.start()) + 1 for place in places]
        if path not in self._words:
            found: dict[str, list[int]] = defaultdict(list)
            for number, line in enumerate(text.split("\n"), 1):
                for name in _NAME.findall(line):
                    found[name].append(number)
            self._words[path] = dict(found)
        return self._words[path].get(word, ())

    # Imports

    @cached_property
    def _modules(self) -> dict[str, list[str]]:
        """Dotted name to files. A module is named from each folder that is no package above it."""
        packages = {path.rpartition("/")[0] for path in self.python if _is_init(path)}
        named: dict[str, list[str]] = defaultdict(list)
        for path in self.python:
            parts = list(PurePosixPath(path).with_suffix("").parts)
            if parts[-1] == "__init__":
                parts.pop()
            for start in range(len(parts)):
                if "/".join(parts[:start]) not in packages:
                    named[".".join(parts[start:])].append(path)
        return named

    def module(self, name: str, *, importer: str) -> tuple[str, ...]:
        """The files that `import name` in `importer` may mean; empty for what is not ours."""
        found = self._modules.get(name, ())
        if "." not in name and name in sys.stdlib_module_names:
            # `import json` is the standard library's, unless ours lies beside it.
            beside = importer.rpartition("/")[0]
            found = [path for path in found if path.rpartition("/")[0] == beside]
        return tuple(found)

    def targets(self, one: Import, *, importer: str) -> Iterator[tuple[str, str | None]]:
        """What an import leads to: files of ours, with the name in them (None for all of it)."""
        base = one.module
        if one.level:
            parts = importer.split("/")[:-1]
            parts = parts[: len(parts) - one.level + 1]
            base = ".".join([*parts, *([one.module] if one.module else [])])
        if one.name is None:
            names = base.split(".")
            for length in range(len(names), 0, -1):
                yield from (
                    (p, None) for p in self.module(".".join(names[:length]), importer=importer)
                )
            return
        inside = self.module(f"{base}.{one.name}" if base else one.name, importer=importer)
        yield from ((path, None) for path in inside)
        if not inside:
            name = None if one.name == "*" else one.name
            yield from ((path, name) for path in self.module(base, importer=importer))
        elif base:
            # The package's own file ran as well, and may bind the same name.
            yield from ((path, one.name) for path in self.module(base, importer=importer))

    def imports_of(self, path: str) -> Mapping[str, set[tuple[str, str | None]]]:
        """By the name it is bound to: what a file's imports lead to."""
        if path not in self._imports:
            whole = self.outline(path)
            found: dict[str, set[tuple[str, str | None]]] = defaultdict(set)
            for one in whole.imports if whole else ():
                for target in self.targets(one, importer=path):
                    if target[0] != path:
                        found[one.alias].add(target)
            self._imports[path] = dict(found)
        return self._imports[path]

    def starring(self, path: str) -> Sequence[str]:
        """The files that import everything from one."""
        return self._starring.get(path, ())

    @cached_property
    def _starring(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for user in (path for path in self.python if "import *" in self.text(path)):
            for place, _ in self.imports_of(user).get("*", ()):
                found[place].append(user)
        return dict(found)


def _is_init(path: str) -> bool:
    return path == "__init__.py" or path.endswith("/__init__.py")
