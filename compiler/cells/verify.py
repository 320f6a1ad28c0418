"""verify: the built commit, in clean checkouts, proven by the artifact's own scopes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from factoryline.cells.base import Job, Result
from factoryline.diagnostics import StageFailed, listing
from factoryline.ledger.query import proven
from factoryline.plan import guards
from factoryline.plan.model import Proof, Scope, Selection
from factoryline.system import diffs, files, process
from factoryline.system.git import Git
from factoryline.verification import fault, hermetic, parts, prepare, selected, site
from factoryline.verification.hermetic import Commit
from factoryline.verification.proof import prove, sentences
from factoryline.verification.proof.prove import Case
from factoryline.verification.reuse import never
from factoryline.verification.scopes import Checked
from factoryline.verification.selected import Change
from factoryline.verification.sentence import sentence


def run(job: Job) -> Result:
    change = job.handoff("change")
    for selection in job.artifact.verify:
        site.require(selection.scope)
    checks, proof = _proven(job, change["commit"])
    grounds = [{"scope": check["scope"], **check.pop("ground")} for check in checks]
    asides = [frozenset(check.get("aside", ())) for check in checks]
    unverified = sorted(frozenset.intersection(*asides))
    guarded = guards.Changed(
        surfaces=change["surfaces"],
        paths=[one["path"] for one in change["files"]],
        added=lambda: diffs.added(job.repository.readable_patch(job.base, change["commit"])),
    )
    kept = guards.results(job.priors, guarded)
    bad = {"fail", "broken"} & {one["outcome"] for one in (*checks, *kept)}
    verdict = {
        "outcome": "fail" if bad or prove.failures(proof) else "pass",
        "commit": change["commit"],
        "tree": change["tree"],
        "checks": checks,
        "guards": kept,
        "proof": proof,
    }
    if unverified:
        verdict["unverified"] = unverified
    return Result(
        outcome=str(verdict["outcome"]),
        summary=_summary(verdict, grounds),
        handoff=verdict,
        grounds=grounds,
    )


def _proven(job: Job, commit: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What every scope proves about a commit, and the proof that they are enough."""
    # A proof looks at the runs themselves, which a result from before does not have.
    asks = job.artifact.proof != Proof()
    about = Commit(
        id=commit,
        files=job.repository.listing(commit),
        protected=job.protected,
        earlier=never if asks else lambda key: proven(job.ledger, key),
        changed=tuple(one.path for one in job.repository.changed_files(job.base, commit)),
    )
    maps = job.ledger.maps
    change = Change(
        repository=job.repository, base=job.base, commit=commit, maps=maps, hermetic=about
    )
    with checkout(job, commit) as place:
        checked = _side_by_side(job, change, place)
        case = Case(
            proof=job.artifact.proof,
            repository=job.repository,
            base=job.base,
            commit=commit,
            checked=checked,
            here=place,
            clean=lambda commit, name: _prepared(job, commit, name),
            scratch=job.scratch,
        )
        with ExitStack() as stack:
            if asks and case.passes:
                # Where a check failed, that is the verdict, and no proof is made.
                _prepare(job, stack, place, commit)
            return [one.check for one in checked], prove.prove(case)


def _side_by_side(job: Job, change: Change, place: Path) -> list[Checked]:
    """Every scope's check, in order: at `place` one after the other, or `jobs` at once, each in a
    checkout of its own.
    """
    selections = job.artifact.verify
    if min(job.cell.jobs, len(selections)) < 2:
        return [_checked(job, change, selection, place) for selection in selections]

    def apart(number: int) -> Checked:
        with checkout(job, change.commit, f".{number}") as own:
            return _checked(job, change, selections[number], own)

    with ThreadPoolExecutor(job.cell.jobs) as pool:
        futures = [pool.submit(apart, number) for number in range(len(selections))]
        try:
            return [future.result() for future in futures]
        except (KeyboardInterrupt, SystemExit):
            # The pool waits for its threads, and these for their programs.
            process.end_all()
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _checked(job: Job, change: Change, selection: Selection, place: Path) -> Checked:
    try:
        checked = _run(job, change, selection, place)
        failed = checked.check["outcome"] == "fail"
        missing = parts.missing(Git(place), change.commit) if failed else ()
        if checked.ran.idle or missing:
            _judge_idle(job, checked, place, missing)
        return checked
    except prepare.Failed as failed:
        _judge(job, selection.scope, failed, place)
    try:
        # It holds on the base by now: a network that was away for a moment is no fault either. What
        # the first attempt left half made stays behind.
        with checkout(job, change.commit, f"-again-{selection.scope.name}") as own:
            return _run(job, change, selection, own)
    except prepare.Failed as failed:
        return hermetic.unprepared(selection, failed)


def _run(job: Job, change: Change, selection: Selection, place: Path) -> Checked:
    with _ready(job, selection.scope, place, change.commit):
        return selected.verify(selection, change, place, job.scratch)


def _judge(job: Job, scope: Scope, failed: prepare.Failed, place: Path) -> None:
    """Raise StageFailed where a preparation failed through no fault of the change."""
    with _on_the_base(job, scope) as (base, log):
        fault.on_the_base(scope, failed, change=place, base=base, commit=job.base, log=log)


def _judge_idle(job: Job, checked: Checked, place: Path, missing: Sequence[str]) -> None:
    """Raise StageFailed where no test of a scope gets to run, through no fault of the change.

    missing: what the checkout lacks, by which tests may fail too.
    """
    scope = checked.selection.scope
    with _on_the_base(job, scope) as (base, log):
        try:
            with _ready(job, scope, base, job.base):
                fault.idle_on_the_base(
                    checked,
                    change=place,
                    base=base,
                    commit=job.base,
                    log=log,
                    artifact=job.artifact.name,
                    missing=missing,
                )
        except prepare.Failed:
            return  # nothing can be told from a base that cannot be prepared


@contextmanager
def _on_the_base(job: Job, scope: Scope) -> Iterator[tuple[Path, Path]]:
    """A checkout of the base to try a scope in, and where its logs go."""
    with checkout(job, job.base, f"-base-{scope.name}") as base:
        yield base, job.scratch / f"{scope.name}-base"


def _ready(job: Job, scope: Scope, place: Path, commit: str) -> Any:
    """The scope's preparation in a checkout, for the time of a block."""
    store, log = job.ledger.work / "prepared", job.scratch / scope.name
    return prepare.prepared(scope, place, log, job.repository, commit, store)


def _prepare(job: Job, stack: ExitStack, place: Path, commit: str) -> None:
    """Everything that the artifact's scopes need. Raises StageFailed where that does not work."""
    scopes = {selection.scope.name: selection.scope for selection in job.artifact.verify}
    for scope in scopes.values():
        try:
            stack.enter_context(_ready(job, scope, place, commit))
        except prepare.Failed as failed:
            raise StageFailed(
                f"the proof cannot be made at {commit[:10]}: {failed.reason}", span=scope.span
            ) from failed


@contextmanager
def _prepared(job: Job, commit: str, name: str) -> Iterator[Path]:
    """A clean checkout in which every scope of the artifact is prepared."""
    with checkout(job, commit, name) as place, ExitStack() as stack:
        _prepare(job, stack, place, commit)
        yield place


@contextmanager
def checkout(job: Job, commit: str, name: str = "") -> Iterator[Path]:
    """A clean checkout of a commit, for the time of a block. `name` tells several apart."""
    place = job.ledger.work / "checkouts" / f"{job.artifact.name}{name}"
    try:
        job.repository.add_worktree(place, commit)
        parts.fill(job.repository, commit, place)
        yield place
    finally:
        job.repository.remove_worktree(place)
        files.remove_tree(site.beside(place))


def _summary(verdict: Mapping[str, Any], grounds: Sequence[Mapping[str, Any]]) -> str:
    """Half a line: how much ran. What failed is told beneath it, from the entry."""
    checks, proof = verdict["checks"], verdict["proof"]
    said = [sentence(verdict, grounds), *sentences.summary(proof)]
    parts = [f"{verdict['outcome']}: {', '.join(said)}"]
    parts += [f"{c['scope']} {c['selection']['summary']}" for c in checks if c["selection"]]
    if "unverified" in verdict:
        parts.append(f"no scope is about {listing(verdict['unverified'], limit=3)}")
    return "; ".join(parts)
