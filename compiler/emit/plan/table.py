"""Every format of the plan, one line each."""

from __future__ import annotations

from collections.abc import Mapping

from factoryline.emit.plan import dot, json, mermaid, text
from factoryline.emit.plan.base import Format

FORMATS: Mapping[str, Format] = {
    "text": text.form,
    "json": json.form,
    "mermaid": mermaid.form,
    "dot": dot.form,
}
