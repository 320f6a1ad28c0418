"""For GitHub Actions: a workflow command a problem, which annotates the line in the change."""

from __future__ import annotations

from factoryline.diagnostics import Diagnostic
from factoryline.emit.diagnostics.base import Found


def form(found: Found) -> str:
    return "\n".join(_annotation(found, diagnostic) for diagnostic in found.diagnostics)


def _annotation(found: Found, diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    properties = {
        "file": found.path(span),
        "line": str(span.line),
        "col": str(span.column),
        "title": f"factory {diagnostic.code}".rstrip(),
    }
    lines = [diagnostic.message, *(f"{place}: {why}" for place, why in diagnostic.related)]
    lines += [f"help: {diagnostic.help}"] if diagnostic.help else []
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{diagnostic.severity} {given}::{_data(chr(10).join(lines))}"


def _data(text: str) -> str:
    """The escapes of a message, as the runner undoes them."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
