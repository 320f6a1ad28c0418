"""An agent of a few lines that does what a list says: for lines whose agents have bad days."""

from __future__ import annotations

from tests.line import Line

PROGRAM = '''"""Takes the first line of plan.txt: what to do, and what to say that it cost."""
import json, os, pathlib, sys, time

plan = pathlib.Path(sys.argv[1], "plan.txt")
lines = plan.read_text().splitlines() if plan.exists() else []
what, *cost = (lines.pop(0) if lines else "work 1.5 1000").split()
plan.write_text("\\n".join(lines))
if cost:
    bill = {"usd": float(cost[0]), "tokens": int(cost[1])}
    pathlib.Path(os.environ["FACTORY_COST"]).write_text(json.dumps(bill))
if what.startswith("quota"):
    sys.exit("429: too many requests" + what.removeprefix("quota").replace("-", ", try again in "))
if what == "sleep":
    time.sleep(30)
if what == "fail":
    sys.exit("it did not work")
if what == "outside":
    pathlib.Path("webui/page.py").write_text("TITLE = 1")
else:
    pathlib.Path("server/app.py").write_text("LIMIT = 4\\n")
'''

CELLS = """
surfaces: {server: [server/**], webui: [webui/**]}
agents:
  coder:
    command: [python3, "{home}/agent.py", "{home}"]
    signs: {quota: ["429"], waits: ["again in (?P<seconds>[0-9]+)"]}
cells:
  scout: {kind: scout}
  build: {kind: agent, agent: coder, takes: [memo, feedback], hands: change, touches: [server]}
  verify: {kind: verify, returns: build}
  package: {kind: package}
  review: {kind: review, from: recorded, returns: build}
line: [scout, build, verify, package, review]
"""


def with_agent(line: Line, *plan: str, budget: str = "", flow: str = "", more: str = "") -> Line:
    """A line whose agent does what `plan` says, try after try: `fail 0.5 100`, `quota-60`."""
    line.write(line.home / "agent.py", PROGRAM)
    line.write(line.home / "plan.txt", "\n".join(plan))
    line.review("ok")
    artifact = (
        "  limit:\n    title: The limit\n    goal: It works.\n"
        "    verify: [{scope: style}]\n    reviews: [ok.yaml]\n"
    )
    line.spec(
        artifact + (f"    budget: {budget}\n" if budget else "") + more, cells=CELLS, flow=flow
    )
    return line


def events(line: Line) -> list[str]:
    """What happened to the build, in the words of the history."""
    return [e["event"] for e in line.history("limit") if e.get("stage") == "1-build"]
