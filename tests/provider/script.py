"""What the model says: parts that are chosen by the brief, played step by step.

The position in a part is read off the conversation itself, so that a program may ask again, resume,
or ask for a title in between, and still gets the answer that fits.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.provider.base import Answer, Asked, Fault
from tests.provider.hands import Deed, Say, answer, hands

Step = Deed | Sequence[Deed] | Answer | Callable[[Asked], "Step"]
"""One answer. A function sees the request, for what only the brief says (such as a path)."""


@dataclass(slots=True)
class Part:
    """The answers to one kind of brief.

    brief: a regular expression that the brief matches, and no other brief.
    faults: what befalls the first requests of the part, one each; None lets one through.
    """

    brief: str
    steps: Sequence[Step]
    faults: list[Fault | None] = field(default_factory=list)


@dataclass(slots=True)
class Script:
    """Parts, of which the first that a turn of the user matches is played, the last turn first."""

    parts: Sequence[Part]
    last: Step = field(default_factory=lambda: Say("Done."))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, asked: Asked) -> tuple[Answer, bool]:
        """The answer, and whether the program asked for something beside its task."""
        if _beside(asked):
            return Answer(text="A short title"), True
        part, position = self._part(asked)
        if part is None:
            return Answer(text="I have no part for this."), False
        with self._lock:
            fault = part.faults.pop(0) if part.faults else None
        made = self._step(asked, part, position)
        return (made if fault is None else _with(made, fault)), False

    def _part(self, asked: Asked) -> tuple[Part | None, int]:
        """The part that is played, and how many answers of it were given."""
        given = 0
        for turn in reversed(asked.turns):
            if turn.role == "assistant":
                given += 1
            if turn.role == "user":
                for part in self.parts:
                    if re.search(part.brief, turn.text):
                        return part, given
        return None, given

    def _step(self, asked: Asked, part: Part, position: int) -> Answer:
        if hands(asked) is None:
            # A program without tools asks once for all of it.
            deeds = [deed for step in part.steps for deed in _deeds(asked, step)]
            return answer(asked, deeds)
        step = part.steps[position] if position < len(part.steps) else self.last
        return _answer(asked, step)


def _answer(asked: Asked, step: Step) -> Answer:
    while callable(step):
        step = step(asked)
    return step if isinstance(step, Answer) else answer(asked, _deeds(asked, step))


def _deeds(asked: Asked, step: Step) -> Sequence[Deed]:
    while callable(step):
        step = step(asked)
    if isinstance(step, Answer):
        return (Say(step.text),)
    return step if isinstance(step, Sequence) else (step,)


def _with(made: Answer, fault: Fault) -> Answer:
    return Answer(text=made.text, calls=made.calls, usage=made.usage, fault=fault)


def _beside(asked: Asked) -> bool:
    """A title for the conversation: some programs ask for one, with no tool at hand."""
    return not asked.tools and bool(re.search(r"\btitles?\b", asked.system, re.I))
