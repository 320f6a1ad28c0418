"""Order among artifacts: who waits for whom, and the cycles in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence


def cycles(edges: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Each cycle once, as `a, b, a`, starting at its first name in the order of `edges`."""
    done: set[str] = set()
    for start in edges:
        if start in done:
            continue
        # The names on the way, in order; a mapping, since a way can be thousands of names long.
        path = {start: iter(edges[start])}
        while path:
            name, rest = next(reversed(path.items()))
            following = next((n for n in rest if n in edges), None)
            if following is None:
                del path[name]
                done.add(name)
            elif following in path:
                names = list(path)
                yield (*names[names.index(following) :], following)
            elif following not in done:
                path[following] = iter(edges[following])


def ordered(edges: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The names so that each comes after those it waits for, else in the given order.

    Expects no cycles.
    """
    result: dict[str, None] = {}
    for start in edges:
        stack = [start]
        while stack:
            name = stack[-1]
            waiting = [n for n in edges[name] if n in edges and n not in result]
            if waiting:
                stack.extend(reversed(waiting))
            else:
                result[stack.pop()] = None
    return tuple(result)
