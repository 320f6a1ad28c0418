"""A line whose reviews come from our GitHub: `Hosted`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.forge.server import REPOSITORY, TOKEN, Hub
from tests.line import Line, Ran

CELLS = """surfaces: {server: [server/**], webui: [webui/**]}
cells:
  scout: {kind: scout}
  build: {kind: adopt, takes: [memo, feedback], touches: [server, webui, checks/**]}
  verify: {kind: verify, returns: build}
  package: {kind: package, surfaces: {server: {labels: [server]}}}
  review: {kind: review, from: github, returns: build}
line: [scout, build, verify, package, review]
"""


class Hosted(Line):
    """Its product has a bare repository as `origin`, and an artifact `limit` that adopts a branch
    of the same name.
    """

    def __init__(self, folder: Path, hub: Callable[[Path], Hub] = Hub) -> None:
        super().__init__(folder)
        self.bare = folder / "bare"
        self.git("init", "-q", "--bare", "-b", "main", str(self.bare))
        self.git("remote", "add", "origin", str(self.bare))
        self.git("push", "-q", "origin", "main")
        self.hub = hub(self.bare)
        self.work("LIMIT = 4\n")
        self.about()

    def about(self, *, flow: str = "", more: str = "") -> None:
        """Write factory.yaml."""
        where = f"github: {{repository: {REPOSITORY}, url: '{self.hub.url}'{more}}}"
        artifact = self.artifact("limit").replace("limit-1.patch", "limit")
        self.spec(artifact.replace("    reviews: []\n", ""), cells=CELLS, flow=flow)
        self.edit("base: main}", f"base: main, {where}}}")

    def work(self, text: str, path: str = "server/app.py") -> str:
        """One more commit on the branch `limit`."""
        exists = self.run("git", "rev-parse", "-q", "--verify", "limit", cwd=self.product).code == 0
        self.git("switch", "-q", *([] if exists else ["-c"]), "limit")
        self.write(self.product / path, text)
        commit = self.commit(f"The limit\n\n{path} has another one.")
        self.git("switch", "-q", "main")
        return commit

    def env(self) -> dict[str, str]:
        return super().env() | {"GITHUB_TOKEN": TOKEN}

    def reviewed(self) -> Ran:
        """A run up to the review."""
        ran = self.doit()
        assert ran.code == 0, ran.out + ran.err
        return ran
