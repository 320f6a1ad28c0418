"""An agent: what factory.yaml says of it, laid over its profile, laid over `custom`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from factoryline.plan.model import Agent, Endpoint, Reads, Signs
from factoryline.spec.model import AgentSpec
from factoryline.spec.nodes import read_yaml

BASE = "custom"
"""The profile that lies under all others."""


def resolved(spec: AgentSpec) -> Agent:
    """The agent that a specification means; every check has passed."""
    whole = merged(spec)
    endpoint, reads, signs = (whole.get(key, {}) for key in ("endpoint", "reads", "signs"))
    return Agent(
        name=spec.name.name,
        span=spec.name.span,
        profile=profile_of(spec),
        command=tuple(whole.get("command", ())),
        resume=tuple(whole.get("resume", ())),
        brief=whole["brief"],
        handoff=whole["handoff"],
        home=whole["home"],
        model=whole.get("model"),
        env={name: str(value) for name, value in whole.get("env", {}).items()},
        files=whole.get("files", {}),
        endpoint=Endpoint(
            url=endpoint.get("url", ""),
            variable=endpoint.get("variable", ""),
            upstream=endpoint.get("upstream", ""),
        ),
        passes=tuple(whole.get("passes", ())),
        credentials=tuple(whole.get("credentials", ())),
        version=tuple(whole.get("version", ())),
        tried=tuple(whole.get("tried", ())),
        meter=whole.get("meter", False),
        prices=whole.get("prices", {}),
        reads=Reads(
            files=reads.get("files", {}),
            session=reads.get("session", ""),
            message=reads.get("message", ""),
            error=reads.get("error", ""),
            denied=reads.get("denied", ""),
            usd=reads.get("usd", ""),
            usage=reads.get("usage", {}),
            inclusive=reads.get("inclusive", False),
            cumulative=reads.get("cumulative", False),
        ),
        codes=whole.get("codes", {}),
        signs=Signs(
            quota=tuple(signs.get("quota", ())),
            auth=tuple(signs.get("auth", ())),
            unavailable=tuple(signs.get("unavailable", ())),
            error=tuple(signs.get("error", ())),
            waits=tuple(signs.get("waits", ())),
        ),
    )


def profile_of(spec: AgentSpec) -> str:
    """The name of an agent's profile."""
    return spec.profile.name if spec.profile else BASE


def merged(spec: AgentSpec) -> Mapping[str, Any]:
    """All that holds for an agent, as JSON. Mappings are joined key by key, all else replaces."""
    own = {key: value for key, value in spec.own.items() if key != "profile"}
    return _over(_over(profile(BASE), profile(profile_of(spec))), own)


@cache
def profile(name: str) -> Mapping[str, Any]:
    """An agent profile of ours by its name, as it stands in its file."""
    file = resources.files("factoryline.plan.agents").joinpath(f"{name}.yaml")
    node, problems = read_yaml(file.read_text(encoding="utf-8"), f"{name}.yaml")
    value = node.plain()
    assert not problems, f"{name}.yaml is sound"
    assert isinstance(value, dict), f"{name}.yaml is a mapping"
    return value


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> Mapping[str, Any]:
    joined = dict(below)
    for key, value in above.items():
        under = below.get(key)
        both = isinstance(value, Mapping) and isinstance(under, Mapping)
        joined[key] = _over(under or {}, value) if both else value
    return joined
