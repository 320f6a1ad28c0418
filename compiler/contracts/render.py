"""Jinja, in one place: values into briefs and documents.

What agents and reviewers wrote is a value here and never a template. A field that does not exist
is an error, not an empty string.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from factoryline.contracts.fields import outline, skeleton
from factoryline.contracts.quote import fenced, inset, item, line
from factoryline.errors import WorldError
from factoryline.plan import guards
from factoryline.plan.model import Template

if TYPE_CHECKING:
    from factoryline.ledger.spending import Spent
    from jinja2.sandbox import SandboxedEnvironment


def render(template: Template, values: Mapping[str, Any]) -> str:
    """The text of a template. Raises WorldError with the template's name and line."""
    import jinja2

    try:
        return _environment().from_string(template.text).render(values)
    except (jinja2.TemplateError, *_MISTAKES) as error:
        line = _line_of(error)
        raise WorldError(
            f"{template.name}{line}: the template cannot be rendered: {error}",
            help="the values are those of the contract's schema",
        ) from error


_MISTAKES = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What an expression in a template may end in; the template is at fault, and not we."""


@cache
def _environment() -> SandboxedEnvironment:
    import jinja2
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["pretty"] = _pretty
    environment.filters["plural"] = _plural
    environment.filters["duration"] = duration
    environment.filters["fenced"] = fenced
    environment.filters["inset"] = inset
    environment.filters["line"] = line
    environment.filters["item"] = item
    environment.filters["outline"] = outline
    environment.filters["skeleton"] = skeleton
    environment.filters["dollars"] = dollars
    environment.filters["guard"] = guards.words
    environment.filters["kept"] = guards.said
    return environment


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _plural(count: int, noun: str) -> str:
    from factoryline.diagnostics import plural

    return plural(count, noun)


def duration(seconds: float) -> str:
    """`43 ms`, `1.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 0.95:
        return f"{round(seconds * 1000)} ms"
    if round(seconds, 1) < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def dollars(usd: float) -> str:
    """`$0.42`, `$1,250.00`; `$0.0042` where cents would show nothing."""
    return f"${usd:,.4f}" if 0 < usd < 0.01 else f"${usd:,.2f}"


def amount(spent: Spent) -> str:
    """`$0.42 + 2 attempts of unknown cost, 12,300 tokens + 1 attempt of unknown tokens`."""
    from factoryline.diagnostics import plural

    known = spent.known_usd or spent.known_tokens
    if not known and spent.unknown_usd == spent.unknown_tokens > 0:
        return f"{plural(spent.unknown_usd, 'attempt')} of unknown cost and tokens"
    money, tokens = dollars(spent.known_usd), plural(spent.known_tokens, "token")
    parts = [
        (money, spent.known_usd, spent.unknown_usd, "cost"),
        (
            tokens.replace(str(spent.known_tokens), f"{spent.known_tokens:,}", 1),
            spent.known_tokens,
            spent.unknown_tokens,
            "tokens",
        ),
    ]
    said = []
    for told, any_known, unknown, of in parts:
        attempts = f"{plural(unknown, 'attempt')} of unknown {of}"
        said.append(told if not unknown else f"{told} + {attempts}" if any_known else attempts)
    return ", ".join(said)


def _line_of(error: Exception) -> str:
    number = getattr(error, "lineno", None)
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            number = trace.tb_lineno
        trace = trace.tb_next
    return f":{number}" if number else ""
