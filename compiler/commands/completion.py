"""factory completion: what makes a shell complete commands, options, artifacts and stages.

A shell asks the program itself at each TAB (argcomplete), so artifacts that were just added are
offered too. What goes wrong on the way offers nothing, and says nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from factoryline.cells import preflight
from factoryline.commands.base import open_factory
from factoryline.errors import FactoryError
from factoryline.run.factory import Factory

HELP = "print what makes your shell complete commands, artifacts and stages"
EXAMPLES = (
    'eval "$(factory completion bash)"',
    'eval "$(factory completion zsh)"',
    "factory completion fish | source",
)

SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS)


def run(args: argparse.Namespace) -> int:
    from argcomplete.shell_integration import shellcode

    print(shellcode(["factory"], shell=args.shell))
    return 0


def offer(parsers: Mapping[str, argparse.ArgumentParser], top: argparse.ArgumentParser) -> None:
    """Answer a shell that asks, and end."""
    import argcomplete

    for command, parser in parsers.items():
        for action in _actions(parser):
            names = NAMES.get((command, action.dest)) or NAMES.get(("", action.dest))
            if names:
                action.completer = _completer(names)  # type: ignore[attr-defined]
    argcomplete.autocomplete(top)


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """The arguments of a command, and of the commands that it has of its own."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from _actions(inner)


Names = Callable[[Factory], Iterable[str]]


def _completer(names: Names) -> Callable[..., list[str]]:
    def complete(*, parsed_args: argparse.Namespace, **_: object) -> list[str]:
        try:
            return sorted(names(open_factory(parsed_args)))
        except (FactoryError, OSError):
            return []

    return complete


def artifacts(factory: Factory) -> Iterable[str]:
    return (artifact.name for artifact in factory.plan.artifacts)


def _places(apart: str) -> Names:
    def places(factory: Factory) -> Iterable[str]:
        """Artifacts, and the stages of those that have begun."""
        for name in artifacts(factory):
            yield name
            record = factory.record(name)
            way = record.expected_way(factory.plan) if record.begun else ()
            yield from (f"{name}{apart}{stage.id}" for stage in way)

    return places


def branches(factory: Factory) -> Iterable[str]:
    return factory.repository.branches()


def _scopes(factory: Factory) -> Iterable[str]:
    return (scope.name for scope in factory.plan.scopes)


def _surfaces(factory: Factory) -> Iterable[str]:
    return (surface.name for surface in factory.plan.surfaces)


def _findings(factory: Factory) -> Iterable[str]:
    for name in artifacts(factory):
        for entry in factory.record(name).all("critique"):
            count = len(entry.handoff["findings"])
            yield from (f"{entry.stage.id}/{number + 1}" for number in range(count))


def _files(factory: Factory) -> Iterable[str]:
    return factory.repository.files_in(Path.cwd())


def _priors(factory: Factory) -> Iterable[str]:
    return (prior["id"] for prior in factory.ledger.all_priors())


def _every_finding(factory: Factory) -> Iterable[str]:
    records = map(factory.record, artifacts(factory))
    return (place for record in records for place, _, _ in record.findings())


def _agents(factory: Factory) -> Iterable[str]:
    return (agent.name for agent in preflight.agents(factory.plan))


NAMES: Mapping[tuple[str, str], Names] = {
    # By command and argument; an empty command stands for all that are not named.
    ("", "name"): artifacts,
    ("", "what"): _places("/"),
    ("", "stage"): _places("/"),
    ("", "adopt"): branches,
    ("", "scopes"): _scopes,
    ("review", "surface"): _surfaces,
    ("prior", "prior"): _priors,
    ("prior", "finding"): _every_finding,
    ("prior", "surface"): _surfaces,
    ("new", "agent"): _agents,
    ("report", "artifact"): artifacts,
    ("prior", "artifact"): artifacts,
    ("review", "confirm"): _findings,
    ("review", "path"): _files,
    **{(command, "name"): _places(":") for command in ("run", "list", "info", "forget", "clean")},
    ("new", "name"): lambda _: (),
    ("replay", "range"): branches,
    ("history", "range"): branches,
}
