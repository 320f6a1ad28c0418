"""A verdict in half a line, for the run, the packet and the note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from factoryline.diagnostics import listing, plural


def sentence(verdict: Mapping[str, Any], grounds: Sequence[Mapping[str, Any]] = ()) -> str:
    """`6 of 412 tests in 2 scopes, 1 flaky (test_a), 1 scope proven before in a/1-verify`.

    grounds: what the checks rest on, in their order.
    """
    checks = verdict["checks"]
    counted = [check["tests"] for check in checks if check["tests"]]
    known = [tests["known"] for tests in counted]
    of = f" of {sum(known)}" if counted and None not in known else ""
    ran = sum(tests["run"] for tests in counted)
    tests = f"{ran}{of} tests" if of else plural(ran, "test") if counted else "nothing counted"
    parts = [f"{tests} in {plural(len(checks), 'scope')}"]
    shaky = [one["test"] for check in checks for one in check["flaky"]]
    if shaky:
        parts.append(f"{len(shaky)} flaky ({listing(shaky, limit=3)})")
    reused = [ground["reused"] for ground in grounds if ground["reused"]]
    if reused:
        sources = dict.fromkeys(f"{one['artifact']}/{one['stage']}" for one in reused)
        whole = "" if len(reused) == len(checks) else f"{plural(len(reused), 'scope')} "
        parts.append(f"{whole}proven before in {listing(sources, limit=3)}")
    return ", ".join(parts)
