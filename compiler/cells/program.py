"""Running a program as a cell: what goes in, what comes out. Shared by `command` and the agents."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from factoryline.cells import isolation
from factoryline.cells.base import Job
from factoryline.diagnostics import StageFailed, span_of_time
from factoryline.errors import ProgramMissing
from factoryline.ledger.cost import FREE, UNKNOWN, Cost, from_program
from factoryline.system import files, process, sandbox, secrets
from factoryline.system.process import Completed

REASON_CHARACTERS = 2000

COST_BYTES = 1024 * 1024
"""How long a program's word on its cost may be."""

KEPT_BYTES = 64 * 1024 * 1024
"""How much of each stream is read; its whole is in the log."""


def place(job: Job, name: str) -> Path:
    """A file of the attempt; what the program may write lies in a folder of its own, the outbox."""
    inside = name in ("handoff.json", "cost.json")
    return job.scratch / "outbox" / name if inside else job.scratch / name


def words(job: Job) -> dict[str, str]:
    """What placeholders in a cell's command stand for."""
    return {
        "brief": str(place(job, "brief.md")),
        "handoff": str(place(job, "handoff.json")),
        "outbox": str(job.scratch / "outbox"),
        "scratch": str(job.scratch),
        "worktree": str(job.tree.path),
        "home": str(job.plan.home),
        "artifact": job.artifact.name,
    }


def run(
    job: Job, argv: Sequence[str], words: Mapping[str, str], *, env: Mapping[str, str], stdin: str
) -> Completed:
    """Run a program in the work tree, to whatever end. Raises StageFailed when it has none.

    `argv` has its placeholders filled from `words`; `env` is all that the program gets, besides the
    FACTORY_ variables: it finds the brief at FACTORY_BRIEF, leaves its hand-off at FACTORY_HANDOFF
    and may say at FACTORY_COST what it cost.
    """
    outbox = _lay_out(job)
    secrets.know({**env})
    command = [process.fill(part, words) for part in argv]
    try:
        with _boxed(job, command, words, {**env, **_variables(job, env)}) as (command, env):
            done = process.run(
                command,
                cwd=job.tree.path,
                env=env,
                stdin=stdin.encode(),
                timeout=job.cell.timeout,
                log=job.log,
                keep=KEPT_BYTES,
                idle=job.cell.idle,
                outbox=outbox,
            )
    except ProgramMissing as missing:
        raise StageFailed(
            f"`{job.cell.name}` needs `{missing.program}`, which was not found",
            span=job.cell.span,
            help=missing.help,
            cost=FREE,
        ) from missing
    _ended_by_itself(job, done)
    return done


def _lay_out(job: Job) -> Path:
    """Put the brief where the program finds it, beside an outbox with nothing in it."""
    handoff, bill = place(job, "handoff.json"), place(job, "cost.json")
    outbox = handoff.parent
    if outbox.is_symlink():
        # An attempt before this one left it, and may have wanted us to write where it leads.
        files.remove(outbox)
    files.make_folder(outbox)
    files.write_text(place(job, "brief.md"), job.brief)
    for path in (handoff, bill):
        path.unlink(missing_ok=True)
    return outbox


def _variables(job: Job, env: Mapping[str, str]) -> dict[str, str]:
    return {
        "FACTORY_BRIEF": str(place(job, "brief.md")),
        "FACTORY_HANDOFF": str(place(job, "handoff.json")),
        "FACTORY_COST": str(place(job, "cost.json")),
        "FACTORY_ARTIFACT": job.artifact.name,
        "FACTORY_STAGE": job.stage.id,
        "FACTORY_ROUND": str(job.stage.round or 0),
        "FACTORY_WORKTREE": str(job.tree.path),
        **isolation.identity(*signature(job), env),
    }


def _ended_by_itself(job: Job, done: Completed) -> None:
    """Raise StageFailed for a program that had to be ended."""
    if done.left and done.code is not None:
        files.write_text(leftover(job), "")
    if done.timed_out:
        raise StageFailed(
            f"`{job.cell.name}` ran longer than {job.cell.timeout:g} s and was ended",
            span=job.cell.span,
            help=f"give it a longer `timeout`; {where(job)}",
            cost=cost(job),
        )
    if done.silent:
        raise StageFailed(
            f"`{job.cell.name}` wrote nothing for {span_of_time(job.cell.idle or 0)} and was ended",
            span=job.cell.span,
            help=f"where it works in silence, give it a longer `idle`; {where(job)}",
            cost=cost(job),
        )


@contextlib.contextmanager
def _boxed(
    job: Job, command: list[str], words: Mapping[str, str], env: Mapping[str, str]
) -> Iterator[tuple[list[str], Mapping[str, str]]]:
    """A command and its variables, in the sandbox where the cell has one. Raises ProgramMissing."""
    if not job.cell.sandbox:
        yield command, env
        return
    process.find_program(command[0], env=env, cwd=job.tree.path)
    # Beside the scratch: what a program may write to, it could turn into a link.
    temporary = job.scratch.with_name(f"{job.scratch.name}.tmp")
    files.remove_tree(temporary)
    files.make_folder(temporary)
    cache = (Path(words["cache"]),) if "cache" in words else ()
    box = sandbox.Box(
        folder=job.tree.path,
        writable=(job.tree.path, job.scratch, *cache),
        fixed=(job.tree.path / ".git",),
        readable=(job.plan.home, job.repository.path, *sandbox.programs(env)),
        temporary=temporary,
        network=job.cell.network,
    )
    try:
        yield sandbox.argv(command, box), sandbox.environment(env)
    finally:
        files.remove_tree(temporary)


def leftover(job: Job) -> Path:
    """A file that is there when an attempt's program left processes behind, which were ended."""
    return job.scratch / "processes-left"


def signature(job: Job) -> tuple[str, str]:
    """The name and address under which a cell's program commits, unless it says otherwise."""
    return job.cell.name, f"{job.artifact.name}.{job.stage.id}@factoryline.invalid"


def where(job: Job) -> str:
    """Where a program's whole output is."""
    return f"the whole output: {job.log}.out and .err, or `factory logs {job.stage}`"


def failed(job: Job, done: Completed) -> StageFailed:
    """What to say of a program that ended badly."""
    return StageFailed(
        f"`{job.cell.name}` ended with exit code {done.code}",
        span=job.cell.span,
        help=where(job),
        detail=(done.err.strip() or done.out.strip())[-REASON_CHARACTERS:],
        cost=cost(job),
    )


def handoff(job: Job) -> tuple[Mapping[str, Any] | None, str]:
    """The program's hand-off, or what it did instead."""
    path = place(job, "handoff.json")
    if job.cell.hands.name == "change":
        return None, ""
    if not path.is_file():
        return None, "left no hand-off at FACTORY_HANDOFF"
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        return None, f"left a hand-off that is not JSON: {error}"
    if not isinstance(value, dict):
        return None, "left a hand-off that is not a JSON mapping"
    return value, ""


def cost(job: Job) -> Cost:
    """What a program says at FACTORY_COST that it cost: `{"usd": 0.12, "tokens": 3400}`.

    `ledger.cost.from_program` has the finer fields. Nothing said is unknown.
    """
    path = place(job, "cost.json")
    try:
        # No pipe that nobody writes to, and no device without an end.
        return from_program(json.loads(path.read_bytes())) if _is_small(path) else UNKNOWN
    except (OSError, ValueError, RecursionError):
        return UNKNOWN


def _is_small(path: Path) -> bool:
    return path.is_file() and path.stat().st_size <= COST_BYTES
