"""The tables of docs/specification.md, from the schemas: each key, what it takes and means."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml

from tests.conftest import ROOT

MARK = "<!-- Made from the schemas; tests/spec/test_reference.py says how. -->\n"
REQUIRED = "**needed**"
KINDS = ("agent", "command", "adopt", "scout", "verify", "package", "review", "critic", "analyst")


def schema(name: str) -> Any:
    return json.loads((ROOT / f"schemas/{name}.schema.json").read_text(encoding="utf-8"))


FACTORY = schema("factory")
DEFS = FACTORY["$defs"]


def reference() -> str:
    """All tables, each under its heading."""
    review = schema("recorded-review")
    return "\n".join(
        [
            *section("The top of the file", FACTORY, FACTORY),
            *section("`target`", DEFS["target"]),
            *cells(),
            *section("`cells: {package: {surfaces: {NAME: …}}}`", DEFS["variant"]),
            *section("`agents: {NAME: …}`", DEFS["agent"]),
            *section("`agents: {NAME: {prices: {MODEL: …}}}`", DEFS["price"]),
            *section("`contracts: {NAME: …}`", DEFS["contract"]),
            *section("`scopes: {NAME: …}`", DEFS["scope"]),
            *section("`scopes: {NAME: {prepare: …}}`", DEFS["prepare"]),
            *section("`flow`", DEFS["flow"]),
            *section("`artifacts: {NAME: …}`", DEFS["artifact"]),
            *section("`verify: [{…}]` of an artifact", DEFS["selection"]),
            *section("`proof`, of an artifact or in `flow`", DEFS["proof"]),
            *section("`budget`, of an artifact or in `flow`", DEFS["budget"]),
            *section("The file of a recorded review", review),
            *section("`findings: [{…}]` of a review", review["$defs"]["finding"]),
        ]
    )


def section(title: str, node: Any, whole: Any = FACTORY) -> Iterator[str]:
    yield f"### {title}\n"
    yield "| key | takes | | for example |"
    yield "|---|---|---|---|"
    yield from rows(node, whole)
    yield ""


def cells() -> Iterator[str]:
    """One table for all kinds, since most keys are those of several."""
    yield "### `cells: {NAME: …}`\n"
    yield "| key | of the kinds | takes | | for example |"
    yield "|---|---|---|---|---|"
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for kind in KINDS:
        node = DEFS[f"cell-{kind}"]
        for key, value in node["properties"].items():
            if key != "kind":
                need = REQUIRED if key in node["required"] else ""
                row = (f"`{key}`", takes(value), described(value), example(key, value))
                found.setdefault(row, []).append(f"{kind} ({need})" if need else kind)
    kinds = takes(DEFS["cell"]["properties"]["kind"])
    said = described(DEFS["cell"]["properties"]["kind"])
    shown = example("kind", DEFS["cell"]["properties"]["kind"])
    yield f"| `kind` | all ({REQUIRED}) | {kinds} | {said} | {shown} |"
    for (key, kind_takes, text, shown), of in found.items():
        named = "all" if len(of) == len(KINDS) else ", ".join(of)
        yield f"| {key} | {named} | {kind_takes} | {text} | {shown} |"
    yield ""


def rows(node: Any, whole: Any, prefix: str = "") -> Iterator[str]:
    needed = node.get("required", [])
    for key, value in node.get("properties", {}).items():
        need = f" {REQUIRED}" if key in needed and not prefix else ""
        shown = example(key, value)
        yield f"| `{prefix}{key}`{need} | {takes(value)} | {described(value)} | {shown} |"
        inner = value.get("items", value) if value.get("type") == "array" else value
        if "properties" in inner:
            yield from rows(inner, whole, f"{prefix}{key}.")


def example(key: str, node: Any) -> str:
    """The first example of a key, as one would write it in factory.yaml."""
    for value in node.get("examples", [])[:1]:
        flow = yaml.safe_dump(
            value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000
        )
        text = f"{key}: {flow.strip().removesuffix('...').strip()}"
        return f"`{text}`".replace("|", "\\|")
    return ""


def takes(node: Any) -> str:
    """What a value is, in a few words."""
    if "const" in node:
        return f"`{json.dumps(node['const'])}`"
    if "enum" in node:
        return ", ".join(f"`{one}`" for one in node["enum"])
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return NAMED.get(name, "see below")
    types = node.get("type", "object")
    types = [types] if isinstance(types, str) else types
    return " or ".join(WORDS[one](node) for one in types)


NAMED = {
    "name": "a name",
    "globs": "patterns",
    "duration": "a duration",
    "touches": "`nothing`, or surfaces and patterns",
}


def _items(node: Any) -> str:
    inner = takes(node.get("items", {"type": "string"}))
    return {"a text": "texts", "a name": "names", "see below": "a list, see below"}.get(
        inner, f"a list of {inner}" if inner.startswith("`") else "lists of texts"
    )


def _mapping(node: Any) -> str:
    return "by name" if isinstance(node.get("additionalProperties"), dict) else "a mapping"


WORDS = {
    "string": lambda _: "a text",
    "integer": lambda _: "a whole number",
    "number": lambda _: "a number",
    "boolean": lambda _: "`true`, `false`",
    "array": _items,
    "object": _mapping,
}


def described(node: Any) -> str:
    text = node.get("description", "")
    if not text and "$ref" in node:
        text = DEFS[node["$ref"].rpartition("/")[2]].get("description", "")
    return str(text).replace("|", "\\|").replace("\n", " ")
