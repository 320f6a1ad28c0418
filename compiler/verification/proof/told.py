"""A proof as a verdict carries it: bounded, with a reason where it does not hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from factoryline.diagnostics import listing, percent, plural
from factoryline.plan.model import Proof
from factoryline.verification.proof.before import Before
from factoryline.verification.proof.covers import Covered
from factoryline.verification.proof.mutants import Tried
from factoryline.verification.proof.places import bounded, ranges
from factoryline.verification.proof.restored import Was
from factoryline.verification.proof.tampering import Finding


def before(
    found: Mapping[str, Before],
    *,
    tests: Sequence[str] = (),
    product: Sequence[str] = (),
    unknown: str = "",
) -> dict[str, Any]:
    """What failed before. `tests` and `product` are the changed files of either sort."""
    failed = [(test, how) for one in found.values() for test, how in one.failed]
    passing = [test.id for one in found.values() for test in one.passing]
    lost = [f"{name}: {one.unknown}" for name, one in found.items() if one.unknown]
    reason, outcome = "", "pass"
    if unknown or (lost and not failed):
        outcome, reason = "unknown", unknown or f"the base cannot be tested: {'; '.join(lost)}"
    elif not failed:
        outcome, reason = "fail", _none_failed(tests, product)
    named, unnamed = bounded([{"test": test.id, "how": how} for test, how in failed])
    return {
        "outcome": outcome,
        "reason": reason,
        "failed": len(failed),
        "missing": sum(how == "missing" for _, how in failed),
        "tests": named,
        "unnamed": unnamed,
        "passing": bounded(passing)[0],
        "unknown": lost,
    }


def _none_failed(tests: Sequence[str], product: Sequence[str]) -> str:
    if not product:
        return (
            "the change is nothing but tests, so that none of them can fail without it; an "
            "artifact of this sort has no `fails_before`"
        )
    if not tests:
        return (
            "the change brings no test (no file that is named like one or lies in a folder of "
            "tests), and the selected ones pass on the base as well: add one that fails without "
            "the change"
        )
    return (
        "every selected test passes on the base as well, with the change's own tests: none of them "
        "shows that the change does anything"
    )


def covers(
    found: Covered,
    *,
    asked: float,
    lost: Mapping[str, str],
    without: Sequence[str],
    unknown: str = "",
) -> dict[str, Any]:
    """Which changed lines ran. `lost`: scopes whose data cannot be read, and why."""
    ran = sum(map(len, found.executed.values()))
    reasons = [f"the scope `{name}`: its coverage data {why}" for name, why in lost.items()]
    if found.absent:
        files = listing([f"`{path}`" for path in found.absent], limit=5)
        reasons.append(f"no selected test loads {files}")
    if found.share is not None and found.share < asked:
        reasons.append(
            f"the selected tests run {ran} of {plural(found.lines, 'changed line')}, "
            f"{percent(ran / found.lines)}, and {percent(asked)} are asked for"
        )
    failed = bool(asked and reasons and not unknown)
    if asked and not failed and not found.lines and found.unknown:
        unknown = unknown or f"what changed cannot be measured: {found.unknown[0][1]}"
    uncovered, unnamed = bounded(_places(found.missed))
    return {
        "outcome": "fail" if failed else "unknown" if unknown else "pass",
        "reason": "; ".join(reasons) if failed else unknown,
        "asked": asked,
        "lines": found.lines,
        "executed": ran,
        "uncovered": uncovered,
        "unnamed": unnamed,
        "absent": list(found.absent),
        "excluded": bounded(_places(found.excluded))[0],
        "unknown": _unknown(found.unknown),
        "without": list(without),
    }


def _unknown(found: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"path": path, "why": why} for path, why in bounded(found)[0]]


def _places(lines: Mapping[str, frozenset[int]]) -> list[dict[str, str]]:
    return [{"path": path, "lines": ranges(numbers)} for path, numbers in lines.items()]


def mutants(found: Tried | None, *, asked: Proof, unknown: str = "") -> dict[str, Any]:
    """What became of the mutants; a floor where one is asked for."""
    found = found or Tried()
    outcome, reason = "pass", ""
    if unknown or not found.tried:
        outcome, reason = "unknown", unknown or "the time was used up before the first mutant"
    elif found.share is not None and found.share < asked.caught:
        outcome = "fail"
        reason = (
            f"the selected tests notice {found.caught} of {plural(found.tried, 'mutant')} of the "
            f"changed lines, {percent(found.share)}, and {percent(asked.caught)} are asked for"
        )
    named, unnamed = bounded(found.survivors)
    return {
        "outcome": outcome,
        "reason": reason,
        "asked": asked.mutants,
        "floor": asked.caught,
        "possible": found.possible,
        "tried": found.tried,
        "caught": found.caught,
        "hung": found.hung,
        "left": found.left,
        "survivors": [
            {
                "path": one.path,
                "line": one.line,
                "kind": one.kind,
                "before": one.before,
                "after": one.after,
                "executed": executed,
            }
            for one, executed in named
        ],
        "unnamed": unnamed,
        "unknown": _unknown(found.unknown),
    }


def tests(found: Sequence[Finding], was: Mapping[Finding, Was]) -> dict[str, Any]:
    """What the change does to tests that were there, and what they do as they were."""
    named, unnamed = bounded(found, limit=50)
    return {
        "count": len(found),
        "hiding": sum(one == "fails" for one in was.values()),
        "findings": [
            {
                "kind": one.kind,
                "path": one.path,
                "line": one.line,
                "test": one.test,
                "statement": one.statement,
                "as_it_was": was.get(one, "unknown"),
            }
            for one in named
        ],
        "unnamed": unnamed,
    }
