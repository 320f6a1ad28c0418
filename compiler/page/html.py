"""A page put together: one template, one style sheet, one script, all in the file."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources
from typing import Any

from factoryline import VERSION
from factoryline.page.charts import NEEDS, charts

DETAILS_BYTES = 4_000_000
"""How much of a page all details of artifacts may take, packed: it stays below 5 MB by it."""

LISTED = ("name", "title", "state", "at", "said", "command")
"""What the list of artifacts shows."""


def page(data: Mapping[str, Any], *, live: bool = False) -> str:
    """The whole file. What is in `data` is text wherever it stands.

    live: whether it comes from our own server, and asks that for news.
    """
    import jinja2

    style, script = _text("page.css"), _text("page.js")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    drawn = charts(data)
    text = json.dumps({**split(data), "live": live}, ensure_ascii=False, separators=(",", ":"))
    return environment.from_string(_text("page.html.j2")).render(
        data=data,
        # Nothing in it ends the element that it stands in.
        json=_safe(text),
        style=_safe_code(style),
        script=_safe_code(script),
        policy=policy(style, script, live=live),
        charts=drawn,
        needs="" if any(chart.light for chart in drawn) or not drawn else NEEDS,
        version=VERSION,
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def split(data: Mapping[str, Any], room: int = DETAILS_BYTES) -> dict[str, Any]:
    """The data with what is shown of one artifact alone packed up beside it, the newest first.

    Where there is no room for a change it is left out, and then the artifact's details as a whole:
    the page says where they lie.
    """
    listed = [{name: one[name] for name in LISTED} for one in data["artifacts"]]
    details = {}
    for one in reversed(data["artifacts"]):
        for kept in (one, {**one, "diff": {}}):
            packed = _packed({name: v for name, v in kept.items() if name not in LISTED})
            if len(packed) <= room:
                details[one["name"]] = packed
                room -= len(packed)
                break
    return {**data, "artifacts": listed, "details": details}


def _packed(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def policy(style: str, script: str, *, live: bool = False) -> str:
    """No address, no script and no style but these two; images are those in the file."""
    own = "connect-src 'self'; " if live else ""
    return own + (
        f"default-src 'none'; img-src data:; style-src 'sha256-{_hash(style)}'; "
        f"script-src 'sha256-{_hash(script)}'; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _safe(text: str) -> Any:
    from markupsafe import Markup

    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _safe_code(text: str) -> Any:
    """A file of ours as it is: its hash is in the policy."""
    from markupsafe import Markup

    return Markup(text)


def _text(name: str) -> str:
    return resources.files("factoryline.templates").joinpath(name).read_text(encoding="utf-8")
