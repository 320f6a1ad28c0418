"""Secrets in what others wrote: found by the values of variables, and by the shapes of tokens.

`mask` makes text safe to be kept; `found_in` names what a change must not hold. Every pattern
begins with fixed letters and never looks at a character more than a few times, so that hostile
output of any size costs no more than its length.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from urllib.parse import quote

NAMES = re.compile(
    r"KEY|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|AUTH|(^|_)(PAT|PWD|PASS)(_|$)", re.IGNORECASE
)
"""What the name of a variable says when its value is nobody else's business."""

SHORTEST = 8
"""Shorter values are words, numbers and switches, and stand everywhere."""

PLAIN = 16
"""Values of one kind of character, such as lower-case letters alone, are words up to here."""

LONGEST = 65536
"""Longer values are documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A kind of token. `grave`: it is never right in a change, whoever wrote it."""

    name: str
    start: bytes
    rest: bytes
    grave: bool = True

    @property
    def pattern(self) -> re.Pattern[bytes]:
        """All of it. A group is the part that is secret, where not all is."""
        return _compiled(self.start, self.rest)


@cache
def _compiled(start: bytes, rest: bytes) -> re.Pattern[bytes]:
    return re.compile(re.escape(start) + rest)


def _shape(name: str, start: str, rest: str, *, grave: bool = True) -> Shape:
    # Possessive repeats (`++`) give nothing back, so that none of them is tried twice.
    return Shape(name=name, start=start.encode(), rest=rest.encode(), grave=grave)


_KEY = r"(?:\\[nrt]|[A-Za-z0-9+/=\s])"
"""A character of a key's body, also where its lines stand in a JSON text."""

SHAPES: tuple[Shape, ...] = (
    _shape(
        "OpenAI or Anthropic key",
        "sk-",
        r"(?<![A-Za-z0-9_-]...)(?=[A-Za-z_-]{0,200}[0-9])[A-Za-z0-9_-]{20,}+",
    ),
    _shape("GitHub token", "github_pat_", r"[A-Za-z0-9_]{22,}+"),
    *(
        _shape("GitHub token", start, r"(?<![A-Za-z0-9]....)[A-Za-z0-9]{36,}+")
        for start in ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")
    ),
    _shape("GitLab token", "glpat-", r"[A-Za-z0-9_-]{20,}+"),
    _shape("Slack token", "xox", r"[abeoprs]-[A-Za-z0-9-]{10,}+"),
    _shape("AWS key", "AKIA", r"(?<![A-Za-z0-9+/]....)[A-Z0-9]{16}(?![A-Za-z0-9+/])"),
    _shape("AWS key", "ASIA", r"(?<![A-Za-z0-9+/]....)[A-Z0-9]{16}(?![A-Za-z0-9+/])"),
    _shape("Google key", "AIza", r"(?<![A-Za-z0-9+/]....)[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
    _shape("npm token", "npm_", r"(?<![A-Za-z0-9]....)[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
    _shape("PyPI token", "pypi-AgE", r"[A-Za-z0-9_-]{50,}+"),
    _shape("Hugging Face token", "hf_", r"(?<![A-Za-z0-9_]...)[A-Za-z0-9]{34,}+"),
    _shape("Groq key", "gsk_", r"(?<![A-Za-z0-9_]....)[A-Za-z0-9]{40,}+"),
    _shape("xAI key", "xai-", r"(?<![A-Za-z0-9_-]....)[A-Za-z0-9]{40,}+"),
    _shape("Stripe key", "sk_live_", r"[A-Za-z0-9]{20,}+"),
    _shape(
        "private key",
        "-----BEGIN ",
        rf"[A-Z0-9 ]{{0,40}}PRIVATE KEY(?: BLOCK)?-----"
        rf"(?:(?:\\[nrt]|\s)*+(?:Proc-Type|DEK-Info|Version|Comment): [^\n\\]{{0,200}}){{0,6}}+"
        rf"{_KEY}{{40,}}+"
        rf"(?:-----END [A-Z0-9 ]{{0,40}}PRIVATE KEY(?: BLOCK)?-----)?",
    ),
    _shape(
        "JSON Web Token",
        "eyJ",
        r"(?<![A-Za-z0-9_-]...)[A-Za-z0-9_-]{10,}+\.eyJ[A-Za-z0-9_-]{10,}+\.[A-Za-z0-9_-]{10,}+",
        grave=False,
    ),
    # What follows these words is a credential, whatever it looks like; the words stay.
    _shape(
        "credential",
        "earer",
        r"[ \t]{1,8}(?=[A-Za-z._~+/-]{0,999}[0-9])([A-Za-z0-9._~+/-]{16,}+=*+)",
        grave=False,
    ),
    _shape(
        "credential",
        "uthorization",
        r"[\"']?[ \t]{0,8}[:=][ \t]{0,8}[\"']?"
        r"(?:[Bb]asic|[Tt]oken)[ \t]{1,8}([A-Za-z0-9._~+/-]{8,}+=*+)",
        grave=False,
    ),
    _shape(
        "password", "://", r"[^\s:/@\"'<>{}$\\]{0,200}+:([^\s:/@\"'<>{}$\\]{3,200}+)@", grave=False
    ),
)

_STARTS = tuple(dict.fromkeys(shape.start for shape in SHAPES))

_SAMPLE = re.compile(rb"(?i)example|dummy|fake|placeholder|x{6}|0{6}|\*{3}|\.{3}|12345678|abcdefgh")
"""What is written where a token would stand: documentation and tests are full of it."""

_ALLOWED = re.compile(rb"pragma: allowlist secret|gitleaks:allow")
"""Marks of well-known scanners by which a person says that a line holds no secret."""

Value = TypeVar("Value")


class Known:
    """The values of secret-looking variables, each in every form that it may be written in."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.forms: dict[bytes, str] = {}
        for name, value in env.items():
            if is_secret(name, value):
                for form in _forms(value):
                    self.forms.setdefault(form, name)

    def __or__(self, other: Known) -> Known:
        both = Known({})
        both.forms = {**other.forms, **self.forms}
        return both

    def masked(self, data: bytes) -> bytes:
        # The longest first: one value may hold another.
        for form in sorted(self.forms, key=len, reverse=True):
            if form in data:
                data = data.replace(form, f"[masked {self.forms[form]}]".encode())
        return data


def is_secret(name: str, value: str) -> bool:
    """Whether a variable's value is a secret, and long and odd enough not to be a mere word."""
    text = value.strip()
    if not NAMES.search(name) or not SHORTEST <= len(text) <= LONGEST:
        return False
    if text.startswith(("/", "~", "./", "file:")) and "\n" not in text:
        return False  # where it is kept, and not the thing itself
    kinds = sum(bool(re.search(kind, text)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]"))
    return kinds > 1 or len(text) >= PLAIN


_lock = threading.Lock()
_learned = Known({})
_cached: tuple[dict[str, str], Known] = ({}, Known({}))


def know(env: Mapping[str, str]) -> None:
    """Learn the secrets of further variables, such as those that an agent is given."""
    global _learned
    with _lock:
        _learned = _learned | Known(env)


def known() -> Known:
    """The secrets of our own environment and those that were learned."""
    global _cached
    with _lock:
        env = dict(os.environ)
        if _cached[0] != env:
            _cached = (env, Known(env))
        return _cached[1] | _learned if _learned.forms else _cached[1]


def mask(text: str) -> str:
    """Text without the secrets in it."""
    return mask_bytes(text.encode(errors="surrogatepass")).decode(errors="surrogatepass")


def mask_bytes(data: bytes, values: Known | None = None) -> bytes:
    """`mask` for bytes of any kind. `values` are those of variables, if they are at hand."""
    data = (values or known()).masked(data)
    for shape in SHAPES:
        # Looking for fixed letters is far quicker than for a pattern.
        if shape.start in data:
            data = shape.pattern.sub(_masked, data)
    return data


def mask_value(value: Value) -> Value:
    """A JSON value with every text in it masked, keys included. Itself if nothing was."""
    values = known()
    # Most values hold nothing like a secret, which one look over all of their texts tells.
    together = b"\0".join(text.encode(errors="surrogatepass") for text in _texts(value))
    if not any(form in together for form in (*values.forms, *_STARTS)):
        return value
    masked: Any = _masked_value(value, values)
    return value if masked == value else masked


def found_in(data: bytes) -> Iterator[tuple[int, str]]:
    """What text holds that no change may hold: the line, from 0, and words; never the thing itself.

    A line on which a person says so (as other scanners read it) may hold a token, as tests do, but
    never the value of a variable.
    """
    for form, name in known().forms.items():
        if (at := data.find(form)) >= 0:
            yield data.count(b"\n", 0, at), f"the value of {name}"
    for shape in SHAPES:
        if not shape.grave or shape.start not in data:
            continue
        for found in shape.pattern.finditer(data):
            start, end = data.rfind(b"\n", 0, found.start()) + 1, data.find(b"\n", found.end())
            line = data[start : end if end >= 0 else None]
            sample = _SAMPLE.search(found[0]) or len(set(found[0][len(shape.start) :])) < 8
            if not sample and not _ALLOWED.search(line):
                article = "an" if shape.name[0] in "AEIOU" else "a"
                yield data.count(b"\n", 0, found.start()), f"{article} {shape.name}"


class Flow:
    """Output that is masked as it comes; what may be the beginning of a secret is held back."""

    def __init__(self) -> None:
        self._held = b""

    def add(self, data: bytes) -> bytes:
        """What can be written now."""
        held = self._held + data
        cut = self._cut(held)
        self._held = held[cut:]
        return mask_bytes(held[:cut])

    def end(self) -> bytes:
        """What was held back."""
        held, self._held = self._held, b""
        return mask_bytes(held)

    def _cut(self, held: bytes) -> int:
        """How much of it holds nothing that goes on: whole lines, but for secrets of many lines."""
        cut = held.rfind(b"\n") + 1
        if len(held) - cut > MOST_HELD:
            # A line without end is cut where no token can be.
            cut = len(held) - MOST_HELD // 2
            cut = max(len(held[:cut].rstrip(_TOKEN)), cut - MOST_HELD // 4)
        begun = held.rfind(b"-----BEGIN ", max(0, cut - MOST_HELD), cut)
        if begun >= 0 and held.find(b"-----END", begun, cut) < 0:
            cut = begun if _KEY_SO_FAR.fullmatch(held, begun, cut) else cut
        for form in known().forms:
            cut = _before(held, cut, form)
        return cut


MOST_HELD = 64 * 1024
"""How much is held back at most: of a line without end, and of a private key."""

_KEY_SO_FAR = re.compile(
    rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\s\\:,-]*+"
)
"""A private key whose end has not come yet."""


_TOKEN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./+=~"


def _before(held: bytes, cut: int, form: bytes) -> int:
    """Where to cut so that no beginning of `form`, which may have lines of its own, goes out."""
    at = held.find(form[:SHORTEST], max(0, cut - len(form)), cut)
    while at >= 0:
        if form.startswith(held[at : at + len(form)]) and at + len(form) > cut:
            return at
        at = held.find(form[:SHORTEST], at + 1, cut)
    # The last few bytes may be its very beginning.
    for length in range(min(SHORTEST, cut), 0, -1):
        if form.startswith(held[cut - length : cut - length + len(form)]):
            return cut - length
    return cut


def _masked(found: re.Match[bytes]) -> bytes:
    if found.re.groups:
        whole, start = found[0], found.start()
        return whole[: found.start(1) - start] + b"[masked token]" + whole[found.end(1) - start :]
    return b"[masked token]"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts(name)
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)


def _masked_value(value: Any, values: Known) -> Any:
    if isinstance(value, str):
        data = value.encode(errors="surrogatepass")
        return mask_bytes(data, values).decode(errors="surrogatepass")
    if isinstance(value, Mapping):
        return {_masked_value(n, values): _masked_value(v, values) for n, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked_value(item, values) for item in value]
    return value


def _forms(value: str) -> Iterator[bytes]:
    """A value as it is, within a JSON text, and within an address."""
    text = value.strip()
    written = (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
    for form in dict.fromkeys((*written, quote(text, safe=""))):
        yield form.encode(errors="surrogateescape")
