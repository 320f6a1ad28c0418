"""Secrets in what others wrote: masked whole, masked once, and nothing else with them.

The tokens here are made up, and put together at run time so that no scanner takes them for real.
"""

from __future__ import annotations

import base64
import json
import random
import string
import time
import uuid
from pathlib import Path

import pytest
from factoryline.system import secrets
from factoryline.system.secrets import Flow, found_in, mask, mask_value

ROOT = Path(__file__).parent.parent.parent

RANDOM = random.Random(7)


def noise(length: int, letters: str = string.ascii_letters + string.digits) -> str:
    return "".join(RANDOM.choices(letters, k=length)) + "7aB"


TOKENS = {
    "anthropic": "sk-" + "ant-api03-" + noise(90),
    "openai": "sk-" + "proj-" + noise(100),
    "openai-old": "sk-" + noise(48),
    "github": "ghp" + "_" + noise(36),
    "github-fine": "github" + "_pat_" + noise(80),
    "gitlab": "glpat" + "-" + noise(20),
    "slack": "xox" + "b-" + noise(40),
    "aws": "AKIA" + noise(13, string.ascii_uppercase).upper(),
    "google": "AI" + "za" + noise(32),
    "npm": "npm" + "_" + noise(33),
    "pypi": "pypi" + "-AgE" + noise(80),
    "groq": "gsk" + "_" + noise(50),
    "jwt": f"eyJ{noise(30)}.eyJ{noise(60)}.{noise(40)}",
}

KEY = "\n".join(
    [
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        *(noise(61) for _ in range(20)),
        "-----END RSA " + "PRIVATE KEY-----",
    ]
)
LOCKED = KEY.replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES,0A\n\n", 1)


@pytest.fixture(autouse=True)
def no_secrets_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_learned", secrets.Known({}))


@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize(
    "around", ["{}", "key={}", '{{"key": "{}"}}', "a {} b", "({})", "x\n{}\ny", "'{}',", "{}."]
)
def test_tokens_of_known_shapes(name: str, around: str) -> None:
    text = around.format(TOKENS[name])
    masked = mask(text)
    assert TOKENS[name][8:] not in masked
    assert masked.rstrip(".") == around.format("[masked token]").rstrip(".")
    assert mask(masked) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Bearer abcdefghijk12345", "Authorization: Bearer [masked token]"),
        ('"authorization": "Basic dXNlcjpwYXNz"', '"authorization": "Basic [masked token]"'),
        ("git clone https://ann:hunter22@host/x", "git clone https://ann:[masked token]@host/x"),
        ("postgres://:pa-ss@db:5432/x", "postgres://:[masked token]@db:5432/x"),
    ],
)
def test_what_certain_words_lead_to(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize("key", [KEY, LOCKED])
def test_private_keys(key: str) -> None:
    assert mask(f"before\n{key}\nafter") == "before\n[masked token]\nafter"
    text = json.dumps({"key": key, "more": 1})
    assert json.loads(mask(text)) == {"key": "[masked token]", "more": 1}


@pytest.mark.parametrize(
    "text",
    [
        "task-management-of-everything-2024 and disk-usage-of-a-very-large-disk1",
        "risk-assessment-report-for-2024-and-later",
        "sk-learn is short, and sk-estimator-doc-link-container is a name",
        "the bearer responsibilities-of-everybody are many",
        "http://localhost:8080/a@b and https://example.org:443/x",
        "mail to ann@example.org: see https://example.org/~ann",
        'if "-----BEGIN PRIVATE KEY-----" in text: raise ValueError("a key")',
        "sha256:" + "0a1b2c3d" * 8,
        "c80cfd3e5c647ab5d08f74db63260d6a1b39ed9b",
        str(uuid.UUID(int=RANDOM.getrandbits(128))),
        "eyJhbGciOiJIUzI1NiJ9 alone is no token",
        "AKIA is a beginning, xox and hf_ and npm_install_the_package too",
    ],
)
def test_what_is_no_secret(text: str) -> None:
    assert mask(text) == text


def test_ordinary_code_and_data_stay_as_they_are() -> None:
    # Not tests/: some of them show what a credential looks like.
    paths = sorted((ROOT / "compiler").rglob("*.py"))
    assert len(paths) > 100
    assert [p.name for p in paths if mask(p.read_text()) != p.read_text()] == []
    data = base64.b64encode(RANDOM.randbytes(3_000_000)).decode()
    assert mask(data) == data


def test_values_of_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_API_KEY", "correct horse")
    monkeypatch.setenv("DB_PASSWORD", 'pa"ss\\word\n2')
    monkeypatch.setenv("LONGER_TOKEN", "correct horse battery")
    assert mask("it is correct horse battery") == "it is [masked LONGER_TOKEN]"
    assert mask("it is correct horse.") == "it is [masked ACME_API_KEY]."
    assert mask('pa"ss\\word\n2') == "[masked DB_PASSWORD]"
    assert mask(json.dumps({"a": 'pa"ss\\word\n2'})) == '{"a": "[masked DB_PASSWORD]"}'
    assert mask("?q=correct%20horse") == "?q=[masked ACME_API_KEY]"
    monkeypatch.delenv("ACME_API_KEY")
    assert mask("it is correct horse.") == "it is correct horse."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ACME_API_KEY", "1"),
        ("USE_TOKEN", "true"),
        ("DB_PASSWORD", "postgres"),
        ("TOKENIZERS_PARALLELISM", "disabled"),
        ("SSH_AUTH_SOCK", "/tmp/ssh-1/agent.7"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/home/ann/key.json"),
        ("KEY_FILE", "~/.ssh/id_rsa"),
        ("PATH", "/usr/bin:/bin:/usr/local/bin"),
        ("HOME", "aB3defghijklmnop"),
    ],
)
def test_values_that_are_words_and_places(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert mask(f"it says {value} here") == f"it says {value} here"


def test_variables_that_an_agent_is_given() -> None:
    assert mask("s3cret-of-agent") == "s3cret-of-agent"
    secrets.know({"AGENT_SECRET": "s3cret-of-agent", "PLAIN": "visible-1"})
    assert mask("s3cret-of-agent visible-1") == "[masked AGENT_SECRET] visible-1"


def test_values_in_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_API_KEY", "abc-123-def")
    value = {"a": ["x abc-123-def", 3, None, {"abc-123-def": True}], "b": "half \ud800 a pair"}
    assert mask_value(value) == {
        "a": ["x [masked ACME_API_KEY]", 3, None, {"[masked ACME_API_KEY]": True}],
        "b": "half \ud800 a pair",
    }
    plain = {"a": 1}
    assert mask_value(plain) is plain


def flowed(data: bytes, size: int) -> bytes:
    flow = Flow()
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(map(flow.add, pieces)) + flow.end()


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1000, 65536])
def test_a_stream_is_masked_wherever_it_is_cut(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCOUNT_CREDENTIALS", '{\n  "id": 7,\n  "more": {\n    "key": "k"\n  }\n}')
    monkeypatch.setenv("ACME_API_KEY", "abc-123-def")
    text = "\n".join(
        ["start", *TOKENS.values(), KEY, "abc-123-def", "{", '{\n  "id": 7,\n  "x"', "-----BEGIN x"]
    )
    text += '\n{\n  "id": 7,\n  "more": {\n    "key": "k"\n  }\n}\nend without newline'
    assert flowed(text.encode(), size).decode() == mask(text)
    assert "[masked ACCOUNT_CREDENTIALS]\nend" in mask(text)


def test_what_is_complete_goes_out_at_once() -> None:
    flow = Flow()
    assert flow.add(b"a line\nand ha") == b"a line\n"
    assert flow.add(b"lf\n") == b"and half\n"
    begin = b"-----BEGIN " + b"PRIVATE KEY-----\n"
    assert flow.add(begin) == b"", "a key may follow"
    assert flow.add(b"that is all!\n") == begin + b"that is all!\n"
    assert flow.add(b"-----BEGIN CERTIFICATE-----\n") == b"-----BEGIN CERTIFICATE-----\n"


def test_a_line_without_end_is_not_held_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_API_KEY", "abc-123-def ghi-456")
    for token in ("abc-123-def ghi-456", TOKENS["openai"], TOKENS["jwt"]):
        for place in range(32768 - 300, 32768 + 300, 13):
            data = b"x " * (place // 2) + token.encode() + b" y" * 60000
            flow = Flow()
            out = b"".join(flow.add(data[at : at + 65537]) for at in range(0, len(data), 65537))
            assert len(out) > 90_000
            assert token.encode()[4:12] not in out + flow.end()


def hostile(size: int) -> dict[str, bytes]:
    def much(piece: bytes) -> bytes:
        return piece * (size // len(piece))

    key = b"-----BEGIN " + b"PRIVATE KEY-----"
    return {
        "prefixes": much(b"sk-eyJAKIAghp_xoxb-AIzahf_npm_"),
        "dashes": much(b"sk-"),
        "tokens that end early": much(b"sk-aaaaaaaaaaaaaaa "),
        "half a web token": much(b"eyJaaaaaaaaaaaa.") + b"eyJ" * 1000,
        "one long web token": b"eyJ" + much(b"a"),
        "addresses": much(b"://a:"),
        "one long address": b"://" + much(b"a"),
        "keys without body": much(key),
        "one long key": key + much(b"A"),
        "keys with heads": much(key + b"\nProc-Type: "),
        "one key with heads": key + much(b"A Proc-Type: "),
        "bearers": much(b"bearer        "),
        "letters": much(b"authorization: bearer aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        "noise": RANDOM.randbytes(size),
    }


@pytest.mark.parametrize("name", hostile(100))
def test_hostile_text_takes_no_more_than_its_length(name: str) -> None:
    small, large = (hostile(size)[name] for size in (100_000, 800_000))
    secrets.mask_bytes(small)
    times = []
    for data in (small, large):
        started = time.process_time()
        secrets.mask_bytes(data)
        flowed(data, 65536)
        times.append(time.process_time() - started)
    assert times[1] < 40 * max(times[0], 0.01), "eight times the text"
    assert times[1] < 5


def test_what_a_change_may_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_API_KEY", "abc-123-def")
    text = f"one\nkey = '{TOKENS['github']}'\n{KEY}\nx = 'abc-123-def'\n"
    assert sorted(found_in(text.encode())) == [
        (1, "a GitHub token"),
        (2, "a private key"),
        (24, "the value of ACME_API_KEY"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "url = 'postgres://user:password@localhost/test'",
        "headers = {'Authorization': 'Bearer test-token-123456789'}",
        "AKIA" + "IOSFODNN7EXAMPLE",
        "sk-" + "x" * 40 + "1",
        "sk-" + "fake-key-for-a-test-1234",
        "key = 'sk-" + noise(40) + "'  # pragma: allowlist secret",
        "key = 'sk-" + noise(40) + "'  # gitleaks:allow",
    ],
)
def test_what_a_change_may_hold(text: str) -> None:
    assert list(found_in(text.encode())) == []


def test_a_mark_excuses_no_value_of_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_API_KEY", "abc-123-def")
    assert list(found_in(b"abc-123-def  # pragma: allowlist secret")) == [
        (0, "the value of ACME_API_KEY")
    ]
