"""What is fixed about each kind of cell. The work itself stands in `cells/`, one file a kind.

`merge` and `note` are no cells of factory.yaml: every line ends with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Facts about a kind.

    hands: the contract that it always fulfils; None where factory.yaml says it.
    takes: what it takes unless factory.yaml says otherwise.
    also: what it takes besides, unless factory.yaml says otherwise, where an earlier cell hands it.
    needs: what it cannot do without.
    reads: the artifact's fields that shape its result.
    round: the artifact's list of which the item of its round shapes its result.
    settings: the plan's fields that shape its result, such as `flow.merge`, if set.
    sees: of what it takes, the contracts of which it sees some fields alone.
    outside: whether it also works from what neither factory.yaml nor the ledger holds; its module
    then says from what, by `consumed`.
    proves: whether it runs the artifact's scopes, and looks whether the priors' guards are kept.
    edits: whether it may change files.
    tree: whether it works in the artifact's work tree without changing it.
    commit: whether it works on the built commit, which a clone may lack, in places of its own.
    asks: whether it asks an agent, by a brief of its own.
    whole: whether it takes the hand-off of every stage before it.
    priors: whether the rules learned so far are an input.
    spends: whether an attempt costs tokens and money, and how much is not known by us.
    decides: whether the line goes on in more than one way after it.
    renders: whether it renders its hand-off for people itself, as it knows more than that.
    closes: whether its entry is of the end, and is undone where the artifact starts anew.
    seals: whether its entry ends the artifact: nothing off its way stays, nor its work tree.
    """

    hands: str | None
    takes: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    round: str = ""
    settings: tuple[str, ...] = ()
    sees: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outside: bool = False
    proves: bool = False
    edits: bool = False
    tree: bool = False
    commit: bool = False
    asks: bool = False
    whole: bool = False
    priors: bool = False
    spends: bool = False
    decides: bool = False
    renders: bool = False
    closes: bool = False
    seals: bool = False

    @property
    def in_tree(self) -> bool:
        """Whether it works in the artifact's own work tree."""
        return self.edits or self.tree


_TASK = ("goal", "consumer", "source", "verify")

KINDS: Mapping[str, Kind] = {
    "agent": Kind(hands=None, reads=_TASK, edits=True, asks=True, priors=True, spends=True),
    "command": Kind(hands=None, reads=_TASK, edits=True, priors=True, spends=True),
    "adopt": Kind(hands="change", round="adopt", edits=True, outside=True),
    "scout": Kind(hands="memo", reads=_TASK, tree=True, priors=True),
    "verify": Kind(
        hands="verdict",
        takes=("change",),
        needs=("change",),
        reads=("verify", "proof"),
        proves=True,
        commit=True,
        decides=True,
    ),
    "package": Kind(
        hands="packet",
        takes=("change", "verdict"),
        also=("critique",),
        needs=("change", "verdict"),
        reads=("title", "goal", "consumer", "source"),
        settings=("forge",),
        renders=True,
    ),
    "review": Kind(
        hands="review",
        takes=("packet",),
        needs=("packet",),
        # A review is bound to what it judged, and not to the packet's wording.
        sees={"packet": ("commit", "verdict")},
        outside=True,
        decides=True,
    ),
    "critic": Kind(
        hands="critique",
        takes=("change",),
        also=("memo", "verdict", "feedback"),
        needs=("change",),
        reads=_TASK,
        tree=True,
        asks=True,
        priors=True,
        spends=True,
        decides=True,
    ),
    "analyst": Kind(
        hands="analysis",
        reads=_TASK,
        tree=True,
        asks=True,
        whole=True,
        priors=True,
        spends=True,
        closes=True,
    ),
    "merge": Kind(
        hands="merge",
        takes=("packet", "review"),
        needs=("packet",),
        settings=("flow.merge", "target.base"),
        commit=True,
        decides=True,
        closes=True,
    ),
    "note": Kind(
        hands="note",
        reads=("title", "goal"),
        whole=True,
        priors=True,
        renders=True,
        closes=True,
        seals=True,
    ),
}

LINE_KINDS = tuple(kind for kind in KINDS if kind not in ("merge", "note"))
"""The kinds that a cell of factory.yaml can have."""
