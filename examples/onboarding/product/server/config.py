"""The configuration file with the environment on top, read once when the server starts.

Whoever holds a `Config` holds a valid one: names are known, addresses are addresses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from server.errors import ConfigError

KEYS = ("provider", "api_key", "model", "base_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A provider that Parley knows: where it listens and what it answers with by default."""

    base_url: str
    model: str


SERVICES: Mapping[str, Service] = {
    "groq": Service(base_url="https://api.groq.com/openai/v1", model="llama-3.1-8b-instant"),
    "openai": Service(base_url="https://api.openai.com/v1", model="gpt-4o-mini"),
    "openrouter": Service(base_url="https://openrouter.ai/api/v1", model="openrouter/auto"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider that is ready to be asked."""

    name: str
    api_key: str = field(repr=False)
    model: str
    base_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    path: Path
    provider: Provider | None


def load_config(path: Path, environ: Mapping[str, str]) -> Config:
    """Raises ConfigError. A file that is absent counts as an empty one."""
    values = read_values(path) | environment_values(environ)
    return Config(path=path, provider=provider_from(values))


def read_values(path: Path) -> dict[str, str]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: expected a JSON object")
    for key, value in values.items():
        if key not in KEYS:
            raise ConfigError(f"{path}: unknown key {key!r}; known are {', '.join(KEYS)}")
        if not isinstance(value, str):
            raise ConfigError(f"{path}: {key} must be a string")
    return values


def environment_values(environ: Mapping[str, str]) -> dict[str, str]:
    found = {key: environ.get(f"PARLEY_{key.upper()}", "") for key in KEYS}
    return {key: value for key, value in found.items() if value}


def provider_from(values: Mapping[str, str]) -> Provider | None:
    """None as long as the name or the key is missing."""
    name, api_key = values.get("provider"), values.get("api_key")
    if name and name not in SERVICES:
        raise ConfigError(f"unknown provider {name!r}; known are {', '.join(SERVICES)}")
    if not name or not api_key:
        return None
    service = SERVICES[name]
    base_url = values.get("base_url") or service.base_url
    if not base_url.startswith(("http://", "https://")):
        raise ConfigError(f"base_url must be an http address, not {base_url!r}")
    model = values.get("model") or service.model
    return Provider(name=name, api_key=api_key, model=model, base_url=base_url.rstrip("/"))
