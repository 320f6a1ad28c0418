"""scout: a memo without a model. Files are ranked by the words of the goal, in paths, in symbols
and in the text, and by what changed together with them; tests are those that reach these files.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from factoryline.cells.base import Job, Result
from factoryline.contracts.touches import protects
from factoryline.diagnostics import listing, plural
from factoryline.verification import reach

FILES, COMMITS, TESTS = 12, 400, 12
MOST_BYTES = 300_000
"""Larger files are data or generated; they are ranked by their path alone."""

PATH_WEIGHT, SYMBOL_WEIGHT, TEXT_WEIGHT, TOGETHER_WEIGHT = 4.0, 3.0, 1.0, 2.0
SEEDS = 5
"""How many of the best files lead to what changed together with them."""

_WORD = re.compile(r"[A-Za-z][a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_SYMBOL = re.compile(
    r"^\s*(?:export\s+|pub\s+|async\s+|public\s+|static\s+)*"
    r"(?:def|class|function|func|fn|interface|type|struct|enum|trait|const)\s+(\w+)",
    re.MULTILINE,
)
_COMMON = frozenset(
    "a an and any are as at be by can for from has have if in into is it its later may must no not "
    "of on one or so than that the their them then there these this to up was when where which who "
    "will with without could first go new now".split()
)


@dataclass(slots=True)
class Candidate:
    """A file with the score and the reasons that speak for it."""

    path: str
    score: float = 0.0
    reasons: tuple[str, ...] = ()

    def add(self, score: float, reason: str) -> None:
        self.score += score
        self.reasons += (reason,)


def run(job: Job) -> Result:
    artifact = job.artifact
    paths = job.repository.files_at(job.base)
    texts = read_texts(job.tree.path, [p for p in paths if not protects(job.protected, p)])
    words = wanted(artifact.goal, artifact.consumer)
    together = job.repository.changed_together(job.base, limit=job.cell.commits or COMMITS)
    ranked = rank(texts, words, together)
    named = [c for c in ranked if not reach.supports_tests(c.path)][: job.cell.files or FILES]
    tests = reach.reaching(
        [candidate.path for candidate in named],
        {path: text for path, text in texts.items() if reach.is_test(path)},
        limit=TESTS,
    )
    memo = {
        "summary": artifact.goal,
        "files": [{"path": c.path, "why": "; ".join(c.reasons)} for c in named],
        "tests": [{"path": test, "why": f"reaches {path}"} for test, path in tests],
        "verification": [
            f"{selection.scope.name}: {' '.join(selection.chosen) or 'the whole scope'}"
            for selection in artifact.verify
        ],
        "priors": [{"id": p["id"], "statement": p["statement"]} for p in job.priors],
        "lessons": list(job.lessons),
    }
    found = (plural(len(named), "file"), plural(len(tests), "test file"))
    summary = f"{', '.join(found)}, {plural(len(job.priors), 'prior')}"
    return Result(handoff=memo, summary=summary, by="scout")


def wanted(*texts: str) -> tuple[str, ...]:
    """The words worth looking for, each once."""
    return tuple(dict.fromkeys(w for t in texts for w in _words(t) if w not in _COMMON))


def read_texts(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """The text of each file below `root`; empty for large, binary and unreadable ones."""
    texts = {}
    for path in paths:
        file = root / path
        data = b""
        if file.is_file() and not file.is_symlink() and file.stat().st_size <= MOST_BYTES:
            data = file.read_bytes()
        texts[path] = "" if b"\0" in data else data.decode(errors="replace")
    return texts


def rank(
    texts: Mapping[str, str], words: Sequence[str], together: Sequence[Sequence[str]]
) -> list[Candidate]:
    """The files that have to do with `words`, best first.

    `together` holds, for each commit, the paths that it changed.
    """
    asked = _Asked(frozenset(words))
    bags = {path: asked.bag(text) for path, text in texts.items()}
    rarity = {
        word: math.log((1 + len(bags)) / (1 + sum(word in bag for bag in bags.values()))) + 0.1
        for word in words
    }
    candidates = {path: _score(path, texts[path], bags[path], rarity) for path in texts}
    _add_neighbours(candidates, together)
    found = [candidate for candidate in candidates.values() if candidate.score > 0]
    return sorted(found, key=lambda c: (-round(c.score, 6), c.path))


def _score(path: str, text: str, bag: Counter[str], rarity: Mapping[str, float]) -> Candidate:
    candidate = Candidate(path)
    in_path = [word for word in rarity if word in set(_words(path))]
    if in_path:
        candidate.add(
            PATH_WEIGHT * sum(rarity[w] for w in in_path), f"its path says {listing(in_path)}"
        )
    symbols = {
        symbol: hits
        for symbol in (_SYMBOL.findall(text) if bag else ())
        if (hits := [word for word in _words(symbol) if word in rarity])
    }
    if symbols:
        score = SYMBOL_WEIGHT * sum(rarity[w] for w in {w for h in symbols.values() for w in h})
        candidate.add(score, f"it defines {listing(symbols, limit=3)}")
    mentioned = [word for word in rarity if bag[word]]
    if mentioned:
        score = TEXT_WEIGHT * sum(rarity[w] * math.log1p(bag[w]) for w in mentioned)
        best = sorted(mentioned, key=lambda w: -rarity[w] * math.log1p(bag[w]))
        candidate.add(score, f"it mentions {listing(best, limit=4)}")
    return candidate


def _add_neighbours(candidates: Mapping[str, Candidate], together: Sequence[Sequence[str]]) -> None:
    best = sorted(candidates.values(), key=lambda c: (-c.score, c.path))[:SEEDS]
    seeds = {candidate.path: candidate.score for candidate in best if candidate.score > 0}
    top = max(seeds.values(), default=0.0)
    pairs: Counter[tuple[str, str]] = Counter()
    for paths in together:
        # A commit that touches half of the repository tells nothing about any pair.
        if len(paths) <= 30:
            pairs.update((s, p) for s in seeds for p in paths if s in paths and p != s)
    for (seed, path), count in sorted(pairs.items(), key=lambda item: (-item[1], item[0])):
        neighbour = candidates.get(path)
        if neighbour and count > 1:
            weight = TOGETHER_WEIGHT * math.log1p(count) * seeds[seed] / top
            neighbour.add(weight, f"it changed {count} times together with {seed}")


def _words(text: str) -> list[str]:
    return [_stem(word.lower()) for word in _WORD.findall(text)]


class _Asked(dict[str, str]):
    """By a word as it is written: the one of the words asked for that it is, else nothing.

    Each spelling is looked at once, however many files have it, and of a file the lines alone that
    have one of the words in them.
    """

    def __init__(self, words: frozenset[str]) -> None:
        self.words = words
        # `entry` stands for entries, too; a word of one letter for nothing else.
        self.parts = [(w[:-1] if w[-1] == "y" and len(w) > 2 else w).encode() for w in words]

    def __missing__(self, written: str) -> str:
        stem = _stem(written.lower())
        self[written] = stem if stem in self.words else ""
        return self[written]

    def bag(self, text: str) -> Counter[str]:
        """How often each word that is asked for stands in a text."""
        bag = Counter[str]()
        for written, count in Counter(_WORD.findall(self._lines(text))).items():
            if word := self[written]:
                bag[word] += count
        return bag

    def _lines(self, text: str) -> str:
        # A byte a character, so that places are the same.
        plain = text.encode("ascii", "replace").lower()
        spans: dict[int, int] = {}
        for part in self.parts:
            place = plain.find(part)
            while place >= 0:
                end = plain.find(b"\n", place)
                end = len(plain) if end < 0 else end
                spans[plain.rfind(b"\n", 0, place) + 1] = end
                place = plain.find(part, end)
        return "\n".join(text[first:last] for first, last in spans.items())


def _stem(word: str) -> str:
    """Plurals and singulars alike: keys, key; entries, entry."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] not in "su" else word
