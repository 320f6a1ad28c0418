"""Programs that leave a process behind in a session of its own; the factory may be killed, too."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

import pytest

from tests.agents.conftest import Open
from tests.agents.processes import agents, alive, running, until
from tests.agents.shop import LIMIT, LOOK, Shop, build
from tests.provider.base import Asked, Stalled
from tests.provider.hands import Say, Shell, answer
from tests.provider.script import Part, Step

pytestmark = pytest.mark.agents

LEAVES = Shell("nohup sleep 98765 >/dev/null 2>&1 & echo $! > $TMPDIR/pid")
"""claude gives what its shell starts a session of its own, so that it is not of the group."""

OURS = "{kind: scout}"


def lingering(shop: Open, name: str, part: Part) -> Shop:
    here = shop(name, part)
    here.factory_yaml(scout=OURS)
    return here


def left(here: Shop) -> int:
    """The process that the program left."""
    path = here.folder / "tmp/pid"
    until(lambda: path.is_file() and path.read_text().strip())
    return int(path.read_text())


@pytest.mark.parametrize("name", ["claude", "codex"])
def test_a_process_in_the_background_ends_with_its_stage(name: str, shop: Open) -> None:
    here = lingering(shop, name, build(*LOOK, *LIMIT, LEAVES, Say("Done.")))
    ran = here.doit()
    assert ran.code == 0, ran.out
    assert left(here), "it was started"
    assert agents(here) == []
    told = [r for e in here.history("limit") if e["event"] == "noticed" for r in e["reasons"]]
    # codex's sandbox takes all of it along when it ends, at times before anybody looks.
    assert told == ["`build` left processes running, which were ended"] or name == "codex"


def test_it_ends_with_the_next_doit_where_the_factory_was_killed(shop: Open) -> None:
    faults = iter([Stalled(after=2)])

    def stalls(asked: Asked) -> Step:
        return replace(answer(asked, [Say("Done.")]), fault=next(faults, None))

    here = lingering(shop, "claude", build(*LOOK, *LIMIT, LEAVES, stalls))
    with running(here) as doit:
        orphan = left(here)
        assert os.getsid(orphan) != os.getsid(doit.pid), "it is in no session of ours"
        os.kill(doit.pid, signal.SIGKILL)
        doit.communicate(timeout=60)
        assert alive(orphan), "nobody is there to end it"
    (here.folder / "tmp/pid").unlink()
    ran = here.doit()
    assert ran.code == 0, ran.out
    assert "1 of 1 artifact sealed" in ran.out
    assert not alive(orphan), "no orphan outlives the next doit"
    assert not alive(left(here))
