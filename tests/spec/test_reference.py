"""docs/specification.md has every key of factory.yaml. FACTORYLINE_UPDATE_GOLDEN=1 writes its
tables from the schemas; read the difference before you commit it.
"""

from __future__ import annotations

import os

from tests.conftest import ROOT
from tests.spec.reference import MARK, reference

PAGE = ROOT / "docs/specification.md"


def test_the_reference_is_that_of_the_schemas() -> None:
    text = PAGE.read_text(encoding="utf-8")
    words, mark, tables = text.partition(MARK)
    assert mark, "the tables stand under their mark"
    if os.environ.get("FACTORYLINE_UPDATE_GOLDEN") == "1":
        PAGE.write_text(f"{words}{MARK}\n{reference()}", encoding="utf-8")
        return
    assert tables == f"\n{reference()}"


def test_every_key_says_what_it_means() -> None:
    empty = [row for row in reference().splitlines() if row.startswith("| `") and "|  |" in row]
    assert not empty, "\n".join(empty)
