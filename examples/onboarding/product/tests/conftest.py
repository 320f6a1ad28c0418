"""No test sees the developer's own configuration, proxy or provider."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stub_provider import StubProvider


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PARLEY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def provider() -> Iterator[StubProvider]:
    with StubProvider() as stub:
        yield stub


@pytest.fixture
def empty_config(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "config.json"


@pytest.fixture
def config(tmp_path: Path, provider: StubProvider) -> Path:
    """A complete configuration that leads to the stub."""
    path = tmp_path / "complete.json"
    values = {"provider": "openai", "api_key": "sk-test", "base_url": provider.url}
    path.write_text(json.dumps(values))
    return path
