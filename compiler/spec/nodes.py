"""YAML text to a located tree: every value knows its line and column.

The tree is built from the parser's events, without recursion, so that neither depth nor aliases can
exhaust anything: both are counted on the way.

The language is YAML 1.2's core schema: `true`, `false` and `null` are the only words with a
meaning, so `on:` and `no` stay what they look like; where YAML 1.1 would have read a boolean, it is
said.
Duplicate keys are errors, aliases are shared, and `<<` merges.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from factoryline.diagnostics import Diagnostic, Span

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]
"""A value as JSON knows it."""

MOST_NODES = 200_000
"""How many values a file may have once its aliases are followed: a limit on alias bombs."""

MOST_LEVELS = 100
"""How deeply values may lie in each other, also through aliases. What a person writes has ten."""

_YAML_1_1_WORDS = frozenset("y Y yes Yes YES n N no No NO on On ON off Off OFF".split())
_INT = re.compile(r"[-+]?[0-9]+$")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_NOT_YAML = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_STANDARD = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value in a file. `items` holds a sequence's nodes, `fields` a mapping's."""

    span: Span
    scalar: bool | int | float | str | None = None
    items: tuple[Node, ...] | None = None
    fields: Mapping[str, Field] | None = None

    def plain(self) -> Plain:
        """The value without positions. What an alias shares here is shared there."""
        return self._plain({})

    def _plain(self, seen: dict[int, Plain]) -> Plain:
        if self.fields is None and self.items is None:
            return self.scalar
        if id(self) not in seen:
            if self.fields is not None:
                value: Plain = {key: f.node._plain(seen) for key, f in self.fields.items()}
            else:
                value = [item._plain(seen) for item in self.items or ()]
            seen[id(self)] = value
        return seen[id(self)]

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


_Event = Any
"""An event of PyYAML's; what its annotations leave open is most of what we read of it."""


@dataclass(slots=True)
class _Open:
    """A sequence or mapping that is being read. `key` is the one that waits for its value.

    inside: whether an alias in it leads back to it. size and levels: of what it holds so far.
    """

    start: _Event
    items: list[Node] | None = None
    own: dict[str, Field] | None = None
    merged: dict[str, Field] = field(default_factory=dict)
    key: tuple[_Event, Node] | None = None
    inside: bool = False
    size: int = 1
    levels: int = 0


class _TooDeep(Exception):
    def __init__(self, event: _Event) -> None:
        self.event = event


@dataclass(slots=True)
class _Reader:
    file: str
    problems: list[Diagnostic] = field(default_factory=list)
    anchors: dict[str, tuple[_Event, Node | _Open]] = field(default_factory=dict)
    measures: dict[int, tuple[int, int]] = field(default_factory=dict)
    """For each sequence and mapping, by its id: its size and its levels."""
    copied: int = 0
    root: Node | None = None

    def report(self, span: Span, message: str, help: str = "", code: str = "yaml") -> None:
        self.problems.append(Diagnostic(message=message, span=span, help=help, code=code))

    def read(self, events: Iterable[_Event]) -> None:
        """Read the first document; what comes after it is a problem."""
        stack: list[_Open] = []
        for event in events:
            if self.root is not None and isinstance(event, yaml.NodeEvent):
                span = _span(self.file, event)
                self.report(span, "one document a file; a second one starts here")
                return
            if isinstance(event, yaml.ScalarEvent):
                self._put(stack, event, self._scalar(stack, event))
            elif isinstance(event, yaml.AliasEvent):
                self._alias(stack, event)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._open(stack, event)
            elif isinstance(event, yaml.CollectionEndEvent):
                closed = stack.pop()
                self._put(stack, closed.start, self._close(closed, event))

    def _put(self, stack: list[_Open], event: _Event, node: Node) -> None:
        """A value is complete: it goes where it belongs."""
        if getattr(event, "anchor", None) and not isinstance(event, yaml.AliasEvent):
            self.anchors[event.anchor] = (event, node)
        if not stack:
            self.root = node
            return
        into = stack[-1]
        if into.items is not None:
            into.items.append(node)
            self._measure(into, node)
        elif into.key is None:
            into.key = (event, node)
        else:
            key, into.key = into.key, None
            self._field(into, *key, node)

    def _measure(self, into: _Open, node: Node) -> None:
        size, levels = self.measures.get(id(node), (1, 0))
        into.size += size
        into.levels = max(into.levels, levels)

    def _open(self, stack: list[_Open], event: _Event) -> None:
        sequence = isinstance(event, yaml.SequenceStartEvent)
        opened = _Open(event, items=[]) if sequence else _Open(event, own={})
        if event.anchor:
            self.anchors[event.anchor] = (event, opened)
        stack.append(opened)
        if len(stack) > MOST_LEVELS:
            raise _TooDeep(event)

    def _close(self, closed: _Open, end: _Event) -> Node:
        span = _span(self.file, closed.start, end)
        self._tag(closed.start, span)
        if closed.inside:
            self.report(span, "this alias contains itself")
        if closed.items is not None:
            node = Node(span=span, items=tuple(closed.items))
        else:
            fields = closed.merged | (closed.own or {})
            for entry in fields.values():
                self._measure(closed, entry.node)
            node = Node(span=span, fields=fields)
        if closed.levels >= MOST_LEVELS:
            raise _TooDeep(closed.start)
        self.measures[id(node)] = (closed.size, closed.levels + 1)
        return node

    def _alias(self, stack: list[_Open], event: _Event) -> None:
        if event.anchor not in self.anchors:
            mark = event.start_mark
            raise yaml.MarkedYAMLError(problem="found undefined alias", problem_mark=mark)
        source, found = self.anchors[event.anchor]
        if isinstance(found, _Open):
            found.inside = True
            found = _INSIDE
        # As a key, an alias is the word that it stands for.
        at_key = stack[-1].own is not None and stack[-1].key is None
        self._put(stack, source if at_key else event, found)

    def _tag(self, event: _Event, span: Span) -> None:
        if event.tag:
            tag: str = event.tag
            name = "!!" + tag.removeprefix(_STANDARD) if tag.startswith(_STANDARD) else tag
            self.report(span, f"the tag `{name}` has no meaning here", "write the value without it")

    def _scalar(self, stack: list[_Open], event: _Event) -> Node:
        span = _span(self.file, event)
        self._tag(event, span)
        if stack and stack[-1].own is not None and stack[-1].key is None:
            return Node(span=span, scalar=event.value)
        return Node(span=span, scalar=self._value(event, span))

    def _value(self, event: _Event, span: Span) -> bool | int | float | str | None:
        text: str = event.value
        if not _is_plain(event):
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
        # JSON's numbers have no infinity, and Python's whole numbers a limit in text.
        if _INT.match(text):
            return int(text) if len(text) < 300 else text
        if _FLOAT.match(text):
            return float(text) if abs(float(text)) < float("inf") else text
        return text

    def _field(self, into: _Open, key: _Event, word: Node, node: Node) -> None:
        at = word.span
        if not isinstance(key, yaml.ScalarEvent):
            if word is not _INSIDE:
                self.report(at, "a key must be a plain word")
            return
        name: str = key.value
        if name == "<<" and _is_plain(key):
            self._merge(into.merged, node)
            return
        own = into.own
        assert own is not None, "only mappings have keys"
        if name in own:
            self.problems.append(
                Diagnostic(
                    message=f"the key `{name}` stands twice in this mapping",
                    span=at,
                    help="keep one of them; YAML readers would silently take the last",
                    code="duplicate-key",
                    related=((own[name].key, "it stands here first"),),
                )
            )
            return
        if _is_plain(key) and name in _YAML_1_1_WORDS:
            self.report(
                at, f"the key `{name}` is a boolean to some YAML readers", f'quote it: "{name}"'
            )
        own[name] = Field(key=at, node=node)

    def _merge(self, merged: dict[str, Field], node: Node) -> None:
        for source in node.items if node.items is not None else (node,):
            if source is _INSIDE:
                continue
            if source.fields is None:
                self.report(source.span, "`<<` merges mappings, and this is none")
                continue
            self.copied += len(source.fields)
            if self.copied > MOST_NODES:
                return
            for key, entry in source.fields.items():
                merged.setdefault(key, entry)


_INSIDE = Node(span=Span(file="", line=1, column=1))
"""Stands for an alias that leads back to what holds it."""


def read_yaml(text: str, file: str) -> tuple[Node, list[Diagnostic]]:
    """The located tree of a YAML text and what is wrong with it. `file` goes into the positions."""
    nothing = Node(span=Span(file=file, line=1, column=1))
    reader = _Reader(file)
    try:
        reader.read(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        return nothing, [_syntax_problem(error, text, file)]
    except yaml.YAMLError as error:
        return nothing, [_unreadable(text, file, error)]
    except _TooDeep as error:
        return nothing, [_too_deep(_span(file, error.event))]
    root = reader.root or nothing
    size = max(reader.measures.get(id(root), (1, 0))[0], reader.copied)
    if size > MOST_NODES:
        problem = f"the aliases expand to {size:,} values; at most {MOST_NODES:,} are read"
        return nothing, [Diagnostic(message=problem, span=nothing.span, code="yaml")]
    return root, reader.problems


_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _is_plain(scalar: _Event) -> bool:
    """Whether a scalar was written without quotes; the C and the Python loader differ on how."""
    return getattr(scalar, "style", None) in (None, "")


def _span(file: str, event: _Event, last: _Event | None = None) -> Span:
    start, end = event.start_mark, (last or event).end_mark
    width = end.column - start.column if end.line == start.line else 1
    return Span(file=file, line=start.line + 1, column=start.column + 1, width=max(1, width))


def _unreadable(text: str, file: str, error: yaml.YAMLError) -> Diagnostic:
    """A character that no YAML file may hold; the parser tells its offset at best."""
    found = _NOT_YAML.search(text)
    if found is None:
        span, problem = Span(file=file, line=1, column=1), " ".join(str(error).split())
    else:
        breaks = list(_BREAK.finditer(text, 0, found.start()))
        column = found.start() - (breaks[-1].end() if breaks else 0) + 1
        span = Span(file=file, line=len(breaks) + 1, column=column)
        control = unicodedata.category(found[0]) == "Cc"
        kind = "a control character" if control else "a character that YAML does not know"
        problem = f"{kind} (U+{ord(found[0]):04X}) stands here"
    message = f"this is not YAML: {problem}"
    return Diagnostic(message=message, span=span, help="remove it", code="yaml")


def _too_deep(span: Span) -> Diagnostic:
    return Diagnostic(message="the nesting is too deep", span=span, code="yaml")


def _syntax_problem(error: yaml.MarkedYAMLError, text: str, file: str) -> Diagnostic:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if "maximum nesting depth" in (error.problem or ""):
        # libyaml has a limit of its own since 0.2.6, and reads ahead of the events that we count.
        return _too_deep(Span(file=file, line=line, column=column))
    problem = (error.problem or "it cannot be read").replace("%YAML", "YAML")
    context = f" ({error.context})" if error.context else ""
    at_tab = mark is not None and mark.index < len(text) and text[mark.index] == "\t"
    help = "check the indentation, quotes and colons around here"
    if at_tab:
        help = "indent with spaces"
    elif "alias" in context:
        help = 'what begins with * needs quotes, such as "**"'
    return Diagnostic(
        message=f"this is not YAML: {problem}{context}",
        span=Span(file=file, line=line, column=column),
        help=help,
        code="yaml",
    )
