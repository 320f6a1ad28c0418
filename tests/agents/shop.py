"""A factory whose agent is a real program, and whose model is our scripted provider.

`Shop` is a Line with one artifact: `limit`, which makes `LIMIT = 3` in the product a 4.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.agents import programs
from tests.line import UNIT, Line
from tests.provider.base import Asked
from tests.provider.hands import Look, Say, Shell, Write, hands
from tests.provider.script import Part, Step
from tests.provider.server import Provider

NAMES = ("gptme", "claude", "codex", "opencode", "aider")
"""The programs that a whole artifact goes through."""

KEY = "sk-scripted-0123456789abcdef"

SCOUTS = r"(?m)^# (Scout|Sent back): "
"""A hand-off that is sent back comes with a brief of its own; only scouts are sent one here."""

BUILDS = r"(?m)^# Build: "

MEMO: dict[str, Any] = {
    "summary": "The limit of the server is three; it shall be four.",
    "files": [{"path": "server/app.py", "why": "it holds the limit"}],
    "tests": [{"path": "checks/unit.txt", "why": "it reads the limit"}],
    "verification": ["the scope unit"],
}

SCOUT = "{kind: agent, agent: coder, hands: memo, touches: nothing, timeout: 3m}"
"""A scout that is an agent. `{kind: scout}` is ours, and asks no model."""

LOOK = (Look("server/app.py"), Look("checks/unit.txt"))
LIMIT = (Write("server/app.py", "LIMIT = 4\n"), Write("checks/unit.txt", UNIT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """How a program is told of the provider.

    agent: what factory.yaml says of it besides its profile. `PROVIDER` stands for the provider's.
    env: variables of the user who types `doit`.
    """

    agent: str
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


OPENCODE = {
    "provider": {
        "scripted": {
            "npm": "@ai-sdk/openai-compatible",
            "options": {"baseURL": "PROVIDER/v1", "apiKey": KEY},
            "models": {"stub": {"limit": {"context": 100_000, "output": 4096}}},
        }
    },
    "model": "scripted/stub",
    "small_model": "scripted/stub",
}

WIRING = {
    "gptme": Wiring(
        agent="model: local/stub", env={"OPENAI_BASE_URL": "PROVIDER/v1", "OPENAI_API_KEY": KEY}
    ),
    "claude": Wiring(
        agent="model: claude-sonnet-4-5",
        env={"ANTHROPIC_BASE_URL": "PROVIDER", "ANTHROPIC_API_KEY": KEY},
    ),
    "codex": Wiring(
        agent="model: stub, endpoint: {url: 'PROVIDER/v1'}",
        env={"OPENAI_API_KEY": KEY},
    ),
    "opencode": Wiring(
        agent="model: scripted/stub",
        env={"OPENAI_API_KEY": KEY, "OPENCODE_CONFIG": "FOLDER/opencode.json"},
        files={"opencode.json": json.dumps(OPENCODE)},
    ),
    "aider": Wiring(
        agent="model: openai/stub", env={"OPENAI_API_BASE": "PROVIDER/v1", "OPENAI_API_KEY": KEY}
    ),
}


def memo(asked: Asked, value: Any = MEMO) -> Step:
    """A scout's hand-off, where its brief wants it: in a file, or at the end of what it says."""
    text = value if isinstance(value, str) else json.dumps(value)
    if hands(asked) is None:
        return Say(f"This is what I found.\n\n{text}")
    found = re.search(r"`(/[^`\n]*handoff\.json)`", asked.turns[-1].text) or re.search(
        r"`(/[^`\n]*handoff\.json)`", asked.text
    )
    assert found, "the brief names the place of the hand-off"
    return Write(found[1], text)


def over(asked: Asked) -> Step:
    """The last word, where the hand-off is a file; where it is said, it is the last word itself."""
    return Say("" if hands(asked) is None else "It is written.")


def scout(*steps: Step) -> Part:
    """The part of a scout: it looks, and hands on the memo."""
    return Part(SCOUTS, steps or (Look("server/app.py"), memo, over))


def build(*steps: Step) -> Part:
    """The part of a builder: it looks, edits, and runs something."""
    # One call in an answer: gptme runs no more than the first.
    usual = (*LOOK, *LIMIT, Shell("cat server/app.py"), Say("The limit is four."))
    return Part(BUILDS, steps or usual)


class Shop(Line):
    """A line whose scout and builder are one real program."""

    def __init__(self, folder: Path, name: str, provider: Provider) -> None:
        self.name = name
        self.provider = provider
        self.program = programs.install(name)
        self.wiring = WIRING[name]
        super().__init__(folder)
        (folder / "tmp").mkdir()
        for file, text in self.wiring.files.items():
            self.write(self.folder / file, self._told(text))
        self.review("ok")
        self.mine = {path.name for path in folder.iterdir()}
        self.factory_yaml()

    def factory_yaml(
        self,
        *,
        agent: str = "",
        build: str = "timeout: 3m",
        scout: str = SCOUT,
        flow: str = "",
        reviews: str = "[ok.yaml]",
        more: str = "",
    ) -> None:
        """Write factory.yaml; the texts go into the agent, the two cells, and the artifact."""
        told = self._told(", ".join(filter(None, [self.wiring.agent, agent])))
        cells = f"""
surfaces: {{server: [server/**], webui: [webui/**]}}
agents: {{coder: {{profile: {self.name}, {told}}}}}
cells:
  scout: {scout}
  build: {{kind: agent, agent: coder, takes: [memo, feedback], hands: change,
          touches: [server, checks/**], {build}}}
  verify: {{kind: verify, returns: build}}
  package: {{kind: package}}
  review: {{kind: review, from: recorded, returns: build}}
line: [scout, build, verify, package, review]
"""
        artifact = (
            "  limit:\n    title: The limit\n    goal: The limit of the server is four.\n"
            f"    verify: [{{scope: unit}}]\n    reviews: {reviews}\n{more}"
        )
        self.spec(artifact, cells=cells, flow=flow)

    def env(self) -> dict[str, str]:
        node = shutil.which("node", path=os.environ["PATH"])
        surroundings = super().env()
        path = [str(self.program), surroundings["PATH"]]
        if node:
            # npm's programs are started by `env node`.
            path.insert(1, str(Path(node).parent))
        own = {name: self._told(value) for name, value in self.wiring.env.items()}
        # codex puts no helper under the temporary folder, and its sandbox does not work without.
        temporary = {"TMPDIR": str(self.folder / "tmp")}
        return surroundings | own | temporary | {"PATH": ":".join(path), "TERM": "dumb"}

    def _told(self, text: str) -> str:
        return text.replace("PROVIDER", self.provider.url).replace("FOLDER", str(self.folder))

    # Looking

    def told(self) -> list[dict[str, Any]]:
        """What the ledger says of the cost of each attempt, failed ones included."""
        return [event["cost"] for event in self.history("limit") if "cost" in event]

    def summed(self, part: str) -> int | None:
        """A kind of tokens over all attempts that asked a model; None where one does not know."""
        parts = [cost["usage"][part] for cost in self.told() if "usage" in cost]
        return None if None in parts else sum(parts)

    @property
    def tree(self) -> Path:
        return self.state / ".work/trees/limit"

    def nothing_got_out(self) -> None:
        """Nothing but the artifact's branch and the ledger came into the world."""
        assert self.git("status", "--porcelain") == ""
        assert "user." not in self.git("config", "--local", "--list")
        assert [path.name for path in self.folder.iterdir() if path.name not in self.mine] == []
