"""An agent program, as it is called and as it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from factoryline.diagnostics import Span
from factoryline.plan.model.sides import Aside


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where the provider is: an address of the user's, or the program's own (`upstream`).

    variable: by which the program is told of another address; empty where it is told otherwise.
    """

    url: str
    variable: Aside[str]
    upstream: Aside[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """JMESPath expressions over what a program left; empty where it does not say.

    inclusive: the input tokens include the cached ones. cumulative: a resumed conversation's
    figures include those before it.
    """

    files: Mapping[str, str]
    session: str
    message: str
    error: str
    denied: str
    usd: str
    usage: Mapping[str, str]
    inclusive: bool
    cumulative: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """Regular expressions over a failed program's words, by what they mean."""

    quota: tuple[str, ...]
    auth: tuple[str, ...]
    unavailable: tuple[str, ...]
    error: tuple[str, ...]
    waits: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent program: how it is called without a person, and how to read what it left.

    profile: the program's name among ours. brief: stdin, argument or file. handoff: file or
    message. home: private or shared. passes, credentials: names of environment variables, the
    former also as beginnings (`AWS_*`). codes: what exit codes mean, by number as text. meter:
    whether its requests are counted on their way.
    """

    name: Aside[str]
    span: Aside[Span]
    profile: Aside[str]
    command: tuple[str, ...]
    resume: Aside[tuple[str, ...]]
    brief: str
    handoff: str
    home: str
    model: str | None
    env: Mapping[str, str]
    files: Mapping[str, str]
    endpoint: Endpoint
    passes: Aside[tuple[str, ...]]
    credentials: Aside[tuple[str, ...]]
    version: Aside[tuple[str, ...]]
    tried: Aside[tuple[str, ...]]
    meter: Aside[bool]
    prices: Aside[Mapping[str, Any]]
    reads: Aside[Reads]
    codes: Aside[Mapping[str, str]]
    signs: Aside[Signs]
