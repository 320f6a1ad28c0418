"""What a forge tells and takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Decision = Literal["approve", "request-changes", "comment", "dismissed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """A pull request.

    address: where people read it. commit: of its branch, as the forge knows it. merged: the commit
    that it became on the base; empty while it is not merged. by: who merged it, if that is told.
    """

    number: int
    address: str
    title: str
    body: str
    author: str
    commit: str
    open: bool
    draft: bool = False
    merged: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A review: what one person decided, of which commit.

    bot: whether a program said it. id: its own, by which remarks belong to it.
    """

    id: int
    by: str
    decision: Decision
    text: str
    commit: str
    bot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A comment on a line of the change. line: 0 where it is on the file as a whole."""

    review: int
    by: str
    text: str
    path: str
    line: int
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A pull request and all that was said of it, the oldest first."""

    pull: Pull
    reviews: Sequence[Said] = ()
    remarks: Sequence[Remark] = ()


class Refusal(Exception):
    """The forge does not do what it was asked, in its own words; asking again changes nothing."""


class Away(Exception):
    """The forge could not be asked. until: when it asks to be asked again, aware of its zone."""

    def __init__(self, reason: str, *, help: str = "", until: datetime | None = None) -> None:
        super().__init__(reason)
        self.help, self.until = help, until


class Forge(Protocol):
    """One repository on a forge. Every method raises Away, and Refusal where it is refused."""

    name: str
    """As people call it, such as GitHub."""

    def find(self, branch: str) -> Pull | None:
        """The newest pull request of a branch of the repository itself; open ones come first."""

    def open(self, *, branch: str, base: str, title: str, body: str) -> Pull:
        """Open a pull request."""

    def update(self, number: int, *, title: str, body: str) -> None:
        """Give a pull request another title and body."""

    def label(self, number: int, labels: Sequence[str]) -> None:
        """Add labels; those that it has stay."""

    def look(self, number: int) -> Look:
        """A pull request as it is now."""

    def mark(self, commit: str, *, passed: bool, said: str) -> None:
        """Put the verdict on a commit, as a status of ours; the same one is not put twice."""

    def merge(self, number: int, *, commit: str, squash: bool, title: str, message: str) -> str:
        """Merge a pull request whose branch is at `commit`; the commit on the base."""


class Maker(Protocol):
    """A module of this folder that is a forge."""

    def missing(self) -> tuple[str, str]:
        """What it lacks here, and what to do; empty where nothing is missing."""

    def connect(self, *, repository: str, url: str) -> Forge:
        """`repository` as the forge names it, below the API at `url`. Raises Away."""

    def place(self, remote: str) -> tuple[str, str] | None:
        """Repository and API of a git remote's address; None where it does not tell."""
