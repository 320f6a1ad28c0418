"""A shop with a real program and a scripted model, for the length of a test."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.agents import programs
from tests.agents.shop import Shop
from tests.provider.script import Part, Script
from tests.provider.server import Provider

Open = Callable[..., Shop]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Open]:
    """`shop(program, part, …)` opens one."""
    with contextlib.ExitStack() as stack:

        def open_shop(name: str, *parts: Part) -> Shop:
            if name in programs.WITHOUT:
                pytest.skip(f"FACTORYLINE_WITHOUT names {name}")
            provider = stack.enter_context(Provider(Script(parts)))
            return Shop(tmp_path / "shop", name, provider)

        yield open_shop
