from __future__ import annotations

from pathlib import Path

import pytest

from server.config import load_config
from server.errors import ConfigError


def test_an_absent_file_configures_no_provider(empty_config: Path) -> None:
    assert load_config(empty_config, {}).provider is None


def test_a_known_provider_brings_its_address_and_model(empty_config: Path) -> None:
    empty_config.write_text('{"provider": "groq", "api_key": "gsk_test"}')
    provider = load_config(empty_config, {}).provider
    assert provider is not None
    assert provider.base_url == "https://api.groq.com/openai/v1"
    assert provider.model == "llama-3.1-8b-instant"


def test_the_environment_takes_precedence(config: Path) -> None:
    provider = load_config(config, {"PARLEY_MODEL": "tiny", "PARLEY_API_KEY": ""}).provider
    assert provider is not None
    assert (provider.model, provider.api_key) == ("tiny", "sk-test")


def test_the_key_is_not_part_of_the_repr(config: Path) -> None:
    assert "sk-test" not in repr(load_config(config, {}))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "cannot be read"),
        ("[]", "expected a JSON object"),
        ('{"providr": "openai"}', "unknown key 'providr'"),
        ('{"model": 3}', "model must be a string"),
        ('{"provider": "acme"}', "known are groq, openai, openrouter"),
        ('{"provider": "groq", "api_key": "k", "base_url": "ftp://x"}', "an http address"),
    ],
)
def test_a_mistake_is_named(empty_config: Path, text: str, sentence: str) -> None:
    empty_config.write_text(text)
    with pytest.raises(ConfigError, match=sentence):
        load_config(empty_config, {})
