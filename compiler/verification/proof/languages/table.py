"""Every language that is mutated, one line each."""

from __future__ import annotations

from factoryline.verification.proof.languages import javascript, python
from factoryline.verification.proof.languages.base import Language

LANGUAGES: tuple[Language, ...] = (
    python.LANGUAGE,
    javascript.LANGUAGE,
)


def language_of(path: str) -> Language | None:
    """The language of a file, by its name."""
    return next((one for one in LANGUAGES if path.endswith(one.endings)), None)
