"""Every format of diagnostics, one line each."""

from __future__ import annotations

from collections.abc import Mapping

from factoryline.emit.diagnostics import github, json, sarif, text
from factoryline.emit.diagnostics.base import Format

FORMATS: Mapping[str, Format] = {
    "text": text.form,
    "json": json.form,
    "sarif": sarif.form,
    "github": github.form,
}
