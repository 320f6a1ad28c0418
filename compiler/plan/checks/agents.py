"""Agents: a command with placeholders that exist, a model where one is asked for, sound readers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from factoryline.diagnostics import Diagnostic, Span
from factoryline.plan.agents.base import merged, profile_of
from factoryline.plan.checks.base import placeholders
from factoryline.spec.model import AgentSpec, Ref, Spec

PLACEHOLDERS = (
    *("prompt", "brief", "handoff", "outbox", "scratch", "worktree"),
    *("home", "cache", "model", "endpoint", "artifact"),
)
RESUME_PLACEHOLDERS = (*PLACEHOLDERS, "session")


def check(spec: Spec) -> Iterator[Diagnostic]:
    for agent in spec.agents:
        whole = merged(agent)
        yield from _command(agent, whole)
        yield from _readers(agent)
        yield from _signs(agent)
        yield from _meter(agent, whole)


def _command(agent: AgentSpec, whole: Mapping[str, Any]) -> Iterator[Diagnostic]:
    name = agent.name.name
    place = agent.places.get("command", agent.profile.span if agent.profile else agent.name.span)
    yield from placeholders(agent.command, PLACEHOLDERS)
    resume = (Ref(name=p, span=agent.places["resume"]) for p in agent.own.get("resume", ()))
    yield from placeholders(resume, RESUME_PLACEHOLDERS)
    command = whole.get("command", ())
    if not command:
        yield Diagnostic(
            message=f"the agent `{name}` has no command",
            span=agent.name.span,
            help="name a `profile` of ours, or give the `command` of your program",
            code="agent-command",
        )
        return
    if whole["brief"] == "argument" and not any("{prompt}" in part for part in command):
        yield Diagnostic(
            message=f"the brief of `{name}` goes in as an argument, and the command does not "
            "say which",
            span=agent.places.get("brief", place),
            help="put {prompt} where the brief belongs",
            code="agent-brief",
        )
    if whole["brief"] == "file" and not any("{brief}" in part for part in command):
        yield Diagnostic(
            message=f"the brief of `{name}` goes in as a file, and the command does not name it",
            span=agent.places.get("brief", place),
            help="put {brief} where the file's path belongs",
            code="agent-brief",
        )
    if any("{model}" in part for part in command) and not whole.get("model"):
        yield Diagnostic(
            message=f"the agent `{name}` names no model",
            span=agent.name.span,
            help=f"give it one, such as `model: …`, by {profile_of(agent)}'s own name for it",
            code="agent-model",
        )


def _readers(agent: AgentSpec) -> Iterator[Diagnostic]:
    """Only what factory.yaml says itself; ours are held by tests."""
    reads = agent.own.get("reads", {})
    expressions = {name: reads[name] for name in reads if isinstance(reads[name], str)}
    expressions |= reads.get("usage", {})
    if not expressions:
        return
    import jmespath

    for name, expression in expressions.items():
        try:
            jmespath.compile(expression)
        except jmespath.exceptions.JMESPathError as error:
            why = str(error).splitlines()[0].removeprefix("Invalid jmespath expression: ")
            yield Diagnostic(
                message=f"`{name}` is not a JMESPath expression: {why.rstrip(':')}",
                span=_within(agent, "reads", name, "usage"),
                help="the language is described at jmespath.org",
                code="expression",
            )


def _signs(agent: AgentSpec) -> Iterator[Diagnostic]:
    for name, patterns in agent.own.get("signs", {}).items():
        for pattern in patterns:
            problem = ""
            try:
                groups = set(re.compile(pattern).groupindex)
                if name == "waits" and not groups & {"seconds", "minutes", "epoch"}:
                    problem = "it has no group named seconds, minutes or epoch"
            except re.error as error:
                problem = str(error)
            if problem:
                yield Diagnostic(
                    message=f"`{pattern}` is not a regular expression for `{name}`: {problem}",
                    span=_within(agent, "signs", name),
                    help="the syntax is Python's",
                    code="expression",
                )


def _within(agent: AgentSpec, key: str, *names: str) -> Span:
    known = (agent.places.get(f"{key}.{name}") for name in names)
    return next((place for place in known if place), agent.places[key])


def _meter(agent: AgentSpec, whole: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """A meter stands in front of an address, and the program has to be told of it."""
    if not whole.get("meter"):
        return
    name, endpoint = agent.name.name, whole.get("endpoint", {})
    told = [
        *whole.get("command", ()),
        *whole.get("files", {}).values(),
        *whole.get("env", {}).values(),
    ]
    if not endpoint.get("variable") and not any("{endpoint}" in str(word) for word in told):
        yield Diagnostic(
            message=f"the meter cannot stand between `{name}` and its provider: nothing tells the "
            "program of another address",
            span=agent.places["meter"],
            help="name the variable as `endpoint: {variable: …}`, or put {endpoint} into the "
            "command, `env` or `files`",
            code="agent-meter",
        )
    if not endpoint.get("url") and not endpoint.get("upstream"):
        yield Diagnostic(
            message=f"the meter of `{name}` does not know where its provider is",
            span=agent.places["meter"],
            help="say it as `endpoint: {upstream: https://…}`",
            code="agent-meter",
        )
