"""Every format of the plan, one line each."""

from __future__ import annotations

from collections.abc import Mapping

from factoryline.emit.graphs import dot, json, mermaid, text
from factoryline.emit.graphs.base import Format

FORMATS: Mapping[str, Format] = {
    "text": text.form,
    "json": json.form,
    "mermaid": mermaid.form,
    "dot": dot.form,
}
