"""What priors were good for: who was shown each, and who kept or broke its guard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from factoryline.ledger.query import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Artifacts in the order of the line. broken: in some round, also where it was mended later."""

    shown: Sequence[str] = field(default_factory=list)
    kept: Sequence[str] = field(default_factory=list)
    broken: Sequence[str] = field(default_factory=list)

    @property
    def needed(self) -> bool:
        """Whether it told somebody something that they did not do by themselves."""
        return bool(self.broken)


def uses(records: Iterable[Record]) -> Mapping[str, Use]:
    """The use of each prior, by its id; of one that nobody was shown nothing is known."""
    shown: dict[str, list[str]] = {}
    kept: dict[str, list[str]] = {}
    broken: dict[str, list[str]] = {}
    for record in records:
        memo, last = record.last("memo"), record.last("verdict")
        for prior in memo.handoff.get("priors", ()) if memo else ():
            shown.setdefault(prior["id"], []).append(record.artifact)
        guards = [g for verdict in record.all("verdict") for g in verdict.handoff["guards"]]
        for name in dict.fromkeys(g["prior"] for g in guards if g["outcome"] == "broken"):
            broken.setdefault(name, []).append(record.artifact)
        for guard in last.handoff["guards"] if last else ():
            if guard["outcome"] == "kept":
                kept.setdefault(guard["prior"], []).append(record.artifact)
    return {
        name: Use(
            shown=shown.get(name, []),
            kept=list(dict.fromkeys(kept.get(name, []))),
            broken=broken.get(name, []),
        )
        for name in {**shown, **kept, **broken}
    }
