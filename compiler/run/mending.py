"""What an entry leaves to mend, in a few lines for a terminal. The agent's brief has all of it."""

from __future__ import annotations

from factoryline.contracts import quote
from factoryline.learning.feedback import items_to_mend
from factoryline.ledger.entry import Entry
from factoryline.plan.rounds import OPENS

DETAILS = 3
"""How many details of an item are shown."""
OUTPUT_LINES = 5
"""How many lines of output stand for an item without details: the last."""
CHARACTERS = 200
"""How much of a line is shown; of a text of several, the first two."""


def to_mend(entry: Entry) -> list[str]:
    """An item a line, its details moved to the right; nothing where the entry opens no round."""
    if entry.outcome not in OPENS:
        return []
    lines = []
    for item in items_to_mend(entry)["items"]:
        details = item["details"]
        lines.append(_short(item["statement"]))
        lines += [f"  {_short(detail)}" for detail in details[:DETAILS]]
        if len(details) > DETAILS:
            lines.append(f"  and {len(details) - DETAILS} more")
        if not details:
            printed = [line for line in item["output"].splitlines() if line.strip()]
            lines += [f"  {_short(line)}" for line in printed[-OUTPUT_LINES:]]
    return lines


def _short(text: str) -> str:
    # A test that failed without a word leaves nothing after its colon.
    text = quote.line(" ".join(text.strip().splitlines()[:2])).removesuffix(":")
    return text if len(text) <= CHARACTERS else f"{text[: CHARACTERS - 1]}…"
