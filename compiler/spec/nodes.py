"""YAML text to a located tree: every value knows its line and column.

The language is YAML 1.2's core schema: `true`, `false` and `null` are the only words with a
meaning, so `on:` and `no` stay what they look like; where YAML 1.1 would have read a boolean, it is
said.
Duplicate keys are errors, aliases are shared, and `<<` merges.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import yaml
from factoryline.diagnostics import Diagnostic, Span

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]
"""A value as JSON knows it."""

MOST_NODES = 200_000
"""How many values a file may have once its aliases are followed: a limit on alias bombs."""

_YAML_1_1_WORDS = frozenset("y Y yes Yes YES n N no No NO on On ON off Off OFF".split())
_INT = re.compile(r"[-+]?[0-9]+$")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value in a file. `items` holds a sequence's nodes, `fields` a mapping's."""

    span: Span
    scalar: bool | int | float | str | None = None
    items: tuple[Node, ...] | None = None
    fields: Mapping[str, Field] | None = None

    def plain(self) -> Plain:
        """The value without positions."""
        if self.fields is not None:
            return {key: field.node.plain() for key, field in self.fields.items()}
        if self.items is not None:
            return [item.plain() for item in self.items]
        return self.scalar

    def get(self, key: str) -> Node | None:
        """The value of a key, or None where the key is absent."""
        found = (self.fields or {}).get(key)
        return found.node if found else None

    def at(self, path: Iterator[str | int] | tuple[str | int, ...]) -> Node:
        """The node that a path of keys and indices leads to, as far as there are nodes."""
        node = self
        for step in path:
            if node.fields is not None and step in node.fields:
                node = node.fields[str(step)].node
            elif node.items is not None and isinstance(step, int) and step < len(node.items):
                node = node.items[step]
            else:
                break
        return node


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A key of a mapping, with the place of the key and the value."""

    key: Span
    node: Node


@dataclass(slots=True)
class _Reader:
    file: str
    problems: list[Diagnostic] = field(default_factory=list)
    converted: dict[int, Node] = field(default_factory=dict)
    open: set[int] = field(default_factory=set)
    sizes: dict[int, int] = field(default_factory=dict)

    def report(self, span: Span, message: str, help: str = "", code: str = "yaml") -> None:
        self.problems.append(Diagnostic(message=message, span=span, help=help, code=code))

    def read(self, raw: yaml.Node) -> Node:
        key = id(raw)
        if key in self.converted:
            return self.converted[key]
        span = _span(self.file, raw)
        if key in self.open:
            self.report(span, "this alias contains itself")
            return Node(span=span)
        self.open.add(key)
        node = self._convert(raw, span)
        self.open.discard(key)
        self.converted[key] = node
        self.sizes[id(node)] = 1 + sum(self.sizes.get(id(child), 1) for child in _children(node))
        return node

    def _convert(self, raw: yaml.Node, span: Span) -> Node:
        if not raw.tag.startswith("tag:yaml.org,2002:"):
            self.report(
                span, f"the tag `{raw.tag}` has no meaning here", "write the value without it"
            )
        if isinstance(raw, yaml.MappingNode):
            return Node(span=span, fields=self._fields(raw))
        if isinstance(raw, yaml.SequenceNode):
            return Node(span=span, items=tuple(self.read(item) for item in raw.value))
        return Node(span=span, scalar=self._scalar(raw, span))

    def _scalar(self, raw: yaml.Node, span: Span) -> bool | int | float | str | None:
        text: str = raw.value
        if not _is_plain(raw):
            return text
        if text in ("", "~", "null", "Null", "NULL"):
            return None
        if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
            return text.lower() == "true"
        if text in _YAML_1_1_WORDS:
            self.report(
                span,
                f"`{text}` is a boolean to some YAML readers and a word to others",
                f'write true or false, or quote it: "{text}"',
            )
        if _INT.match(text):
            return int(text) if len(text) < 300 else text
        if _FLOAT.match(text):
            return float(text)
        return text

    def _fields(self, raw: yaml.MappingNode) -> dict[str, Field]:
        own: dict[str, Field] = {}
        merged: dict[str, Field] = {}
        for key_node, value_node in raw.value:
            at = _span(self.file, key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                self.report(at, "a key must be a plain word")
                continue
            key: str = key_node.value
            if key == "<<" and _is_plain(key_node):
                self._merge(merged, value_node)
                continue
            if key in own:
                self.problems.append(
                    Diagnostic(
                        message=f"the key `{key}` stands twice in this mapping",
                        span=at,
                        help="keep one of them; YAML readers would silently take the last",
                        code="duplicate-key",
                        related=((own[key].key, "it stands here first"),),
                    )
                )
                continue
            if _is_plain(key_node) and key in _YAML_1_1_WORDS:
                self.report(
                    at, f"the key `{key}` is a boolean to some YAML readers", f'quote it: "{key}"'
                )
            own[key] = Field(key=at, node=self.read(value_node))
        return merged | own

    def _merge(self, merged: dict[str, Field], value: yaml.Node) -> None:
        node = self.read(value)
        for source in node.items if node.items is not None else (node,):
            if source.fields is None:
                self.report(source.span, "`<<` merges mappings, and this is none")
                continue
            for key, entry in source.fields.items():
                merged.setdefault(key, entry)


def read_yaml(text: str, file: str) -> tuple[Node, list[Diagnostic]]:
    """The located tree of a YAML text and what is wrong with it. `file` goes into the positions."""
    start = Span(file=file, line=1, column=1)
    reader = _Reader(file)
    try:
        documents = list(yaml.compose_all(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        return Node(span=start), [_syntax_problem(error, file)]
    except (yaml.YAMLError, ValueError) as error:
        message = " ".join(str(error).split())
        return Node(span=start), [
            Diagnostic(message=f"this is not YAML: {message}", span=start, code="yaml")
        ]
    except RecursionError:
        return Node(span=start), [
            Diagnostic(message="the nesting is too deep", span=start, code="yaml")
        ]
    if len(documents) > 1 and documents[1] is not None:
        reader.report(_span(file, documents[1]), "one document a file; a second one starts here")
    if not documents or documents[0] is None:
        return Node(span=start), reader.problems
    try:
        root = reader.read(documents[0])
    except RecursionError:
        return Node(span=start), [
            Diagnostic(message="the nesting is too deep", span=start, code="yaml")
        ]
    if reader.sizes.get(id(root), 1) > MOST_NODES:
        size = reader.sizes[id(root)]
        problem = f"the aliases expand to {size:,} values; at most {MOST_NODES:,} are read"
        return Node(span=start), [Diagnostic(message=problem, span=start, code="yaml")]
    return root, reader.problems


_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _children(node: Node) -> Iterator[Node]:
    yield from node.items or ()
    for entry in (node.fields or {}).values():
        yield entry.node


def _is_plain(raw: yaml.Node) -> bool:
    """Whether a scalar was written without quotes; the C and the Python loader differ on how."""
    return getattr(raw, "style", None) in (None, "")


def _span(file: str, raw: yaml.Node) -> Span:
    start, end = raw.start_mark, raw.end_mark
    width = end.column - start.column if end.line == start.line else 1
    return Span(file=file, line=start.line + 1, column=start.column + 1, width=max(1, width))


def _syntax_problem(error: yaml.MarkedYAMLError, file: str) -> Diagnostic:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    problem = (error.problem or "it cannot be read").replace("%YAML", "YAML")
    context = f" ({error.context})" if error.context else ""
    help = (
        "indent with spaces"
        if "\\t" in problem
        else "check the indentation, quotes and colons around here"
    )
    return Diagnostic(
        message=f"this is not YAML: {problem}{context}",
        span=Span(file=file, line=line, column=column),
        help=help,
        code="yaml",
    )
