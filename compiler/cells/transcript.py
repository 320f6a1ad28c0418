"""What an agent program printed, for people: who said what, and each tool call on one line.

Lines of JSON are read by the shapes that the programs of our profiles use; any other line stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

SHOWN = 160
"""How much of a tool call is shown."""


def readable(line: str) -> str:
    """One line of a stream as people read it; empty for one that says nothing to them."""
    if not line.lstrip().startswith("{"):
        return _plain(line)
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return _plain(line)
    said = list(_said(value)) if isinstance(value, dict) else [line]
    return "\n".join(said or [f"· {_plain(str(value.get('type', 'json')))}"])


def _said(value: Mapping[str, Any]) -> Iterator[str]:
    kind, part, item = value.get("type"), _map(value.get("part")), _map(value.get("item"))
    message = _map(value.get("message"))
    if message:
        # Claude Code: a message of parts.
        yield from _parts(str(message.get("role", kind)), message.get("content"))
    elif item and kind == "item.completed":
        # Codex: an item is a message, a command or a change of files.
        yield from _item(item)
    elif kind == "tool_use" and part:
        # opencode.
        yield _call(str(part.get("tool")), _map(part.get("state")).get("input"))
    elif part.get("text"):
        yield f"assistant: {_plain(str(part['text']))}"
    elif isinstance(value.get("role"), str):
        # gptme: a message a line.
        yield from _parts(value["role"], value.get("content"))
    elif isinstance(value.get("result"), str):
        yield f"result: {_plain(value['result'])}"
    elif value.get("error"):
        error = value["error"]
        told = _map(error).get("message") or _map(_map(error).get("data")).get("message") or error
        yield f"error: {_plain(str(told))}"


def _parts(role: str, content: Any) -> Iterator[str]:
    for one in [content] if isinstance(content, str) else content or []:
        part = _map(one)
        if isinstance(one, str) or part.get("text"):
            yield f"{role}: {_plain(str(part.get('text') or one))}"
        elif part.get("type") == "tool_use":
            yield _call(str(part.get("name")), part.get("input"))
        elif part.get("type") == "tool_result":
            yield f"  ← {_short(part.get('content'))}"


def _item(item: Mapping[str, Any]) -> Iterator[str]:
    if item.get("text"):
        yield f"assistant: {_plain(str(item['text']))}"
    elif item.get("command"):
        yield _call("command", item["command"])
    elif item.get("type"):
        yield _call(str(item["type"]), item.get("changes") or item.get("message"))


def _call(tool: str, given: Any) -> str:
    return f"  → {_plain(tool)} {_short(given)}".rstrip()


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(_plain(text).split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


def _plain(text: str) -> str:
    """Without what moves a terminal's cursor or changes its colours."""
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text.rstrip("\r\n"))


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
