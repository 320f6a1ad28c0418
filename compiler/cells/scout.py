"""scout: a memo without a model. Files are ranked by the words of the goal, in paths, in symbols
and in the text, and by what changed together with them; tests are those that reach these files.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from factoryline.cells.base import Job, Result
from factoryline.contracts.touches import protects
from factoryline.diagnostics import listing, plural
from factoryline.selection import conventions
from factoryline.system.git import Git

FILES, COMMITS, TESTS = 12, 400, 12
MOST_BYTES = 300_000
"""Larger files are data or generated."""

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
    words = wanted(artifact.goal, artifact.consumer)
    texts = lines_with(job.tree, words, [p for p in paths if not protects(job.protected, p)])
    together = job.repository.changed_together(job.base, limit=job.cell.commits or COMMITS)
    ranked = rank(texts, words, together)
    named = [c for c in ranked if not conventions.supports_tests(c.path)][: job.cell.files or FILES]
    near = [candidate.path for candidate in named]
    mentions = job.tree.grep(conventions.needles(near))
    all_tests = {path: mentions.get(path, "") for path in texts if conventions.is_test(path)}
    tests = conventions.reaching(near, all_tests, limit=TESTS)
    memo = {
        "summary": artifact.goal,
        "files": [{"path": c.path, "why": "; ".join(c.reasons)} for c in named],
        "tests": [{"path": test, "why": f"reaches {path}"} for test, path in tests],
        "verification": [
            f"{selection.scope.name}: {' '.join(selection.chosen) or 'the whole scope'}"
            for selection in artifact.verify
        ],
        "priors": [
            {"id": p["id"], "statement": p["statement"], "from": p["source"]["artifact"]}
            for p in job.priors
        ],
        "lessons": list(job.lessons),
    }
    found = (plural(len(named), "file"), plural(len(tests), "test file"))
    summary = f"{', '.join(found)}, {plural(len(job.priors), 'prior')}"
    return Result(handoff=memo, summary=summary, by="scout")


def wanted(*texts: str) -> tuple[str, ...]:
    """The words worth looking for, each once."""
    return tuple(dict.fromkeys(w for t in texts for w in _words(t) if w not in _COMMON))


def lines_with(tree: Git, words: Sequence[str], paths: Iterable[str]) -> dict[str, str]:
    """Of each of `paths` in a work tree, the lines that may have one of `words` in them.

    Nothing of large files: they are data or generated, and ranked by their path alone.
    """
    # `entry` stands for entries, too; a word of one letter for nothing else.
    found = tree.grep({w[:-1] if w[-1] == "y" and len(w) > 2 else w for w in words})
    return {
        path: found[path] if path in found and _is_small(tree.path / path) else "" for path in paths
    }


def _is_small(file: Path) -> bool:
    return file.is_file() and file.stat().st_size <= MOST_BYTES


def rank(
    texts: Mapping[str, str], words: Sequence[str], together: Sequence[Sequence[str]]
) -> list[Candidate]:
    """The files that have to do with `words`, best first.

    `texts` maps every path to its text, or to the lines of it that have one of the words.
    `together` holds, for each commit, the paths that it changed.
    """
    asked = _Asked(words)
    bags = {path: asked.bag(text) for path, text in texts.items()}
    rarity = {
        word: math.log((1 + len(bags)) / (1 + sum(word in bag for bag in bags.values()))) + 0.1
        for word in words
    }
    candidates = {path: _score(path, texts[path], bags[path], rarity, asked) for path in texts}
    _add_neighbours(candidates, together)
    found = [candidate for candidate in candidates.values() if candidate.score > 0]
    return sorted(found, key=lambda c: (-round(c.score, 6), c.path))


def _score(
    path: str, text: str, bag: Counter[str], rarity: Mapping[str, float], asked: _Asked
) -> Candidate:
    candidate = Candidate(path)
    named = asked.bag(path)
    in_path = [word for word in rarity if word in named]
    if in_path:
        candidate.add(
            PATH_WEIGHT * sum(rarity[w] for w in in_path), f"its path says {listing(in_path)}"
        )
    symbols = {
        symbol: hits
        for symbol in (_SYMBOL.findall(text) if bag else ())
        if (hits := asked.bag(symbol))
    }
    if symbols:
        score = SYMBOL_WEIGHT * sum(rarity[w] for w in {w for h in symbols.values() for w in h})
        candidate.add(score, f"it defines {listing(symbols, limit=3)}")
    mentioned = [word for word in rarity if word in bag]
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


class _Asked(dict[bytes, tuple[str, ...]]):
    """By a run of letters and digits as it is written, `APIKeys`: those of its words that are
    asked for.

    Each run is looked at once, however many files have it.
    """

    def __init__(self, words: Collection[str]) -> None:
        self.words = frozenset(words)

    def __missing__(self, run: bytes) -> tuple[str, ...]:
        self[run] = found = tuple(w for w in _words(run.decode("ascii")) if w in self.words)
        return found

    def bag(self, text: str) -> Counter[str]:
        """How often each word that is asked for stands in a text."""
        bag = Counter[str]()
        runs = text.encode("ascii", "replace").translate(_APART).split()
        for run, count in Counter(runs).items():
            for word in self[run]:
                bag[word] += count
        return bag


_APART = bytes(code if chr(code).isalnum() and code < 128 else 32 for code in range(256))
"""Everything but letters and digits is a space: words do not go across it."""


def _stem(word: str) -> str:
    """Plurals and singulars alike: keys, key; entries, entry."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] not in "su" else word
