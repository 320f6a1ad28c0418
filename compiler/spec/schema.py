"""JSON Schema violations as sentences with a path. Serves factory.yaml and every hand-off alike.

jsonschema reports `additionalProperties` and `required` at the parent; here an unknown key is
reported at the key itself.
"""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Protocol, cast

from factoryline.diagnostics import Diagnostic, did_you_mean, listing, plural

if TYPE_CHECKING:
    from factoryline.spec.nodes import Node

Schema = Mapping[str, Any]
"""A JSON Schema, 2020-12."""


class _Error(Protocol):
    """What we read of a jsonschema error; its own annotations leave most of it open."""

    validator: Any
    validator_value: Any
    instance: Any
    schema: Any
    message: str

    @property
    def absolute_path(self) -> Iterable[str | int]: ...
    @property
    def absolute_schema_path(self) -> Iterable[str | int]: ...


Path = tuple[str | int, ...]
"""Keys and indices that lead from a document's root to a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One way in which a value breaks its schema. With `at_key`, the last step is the culprit."""

    path: Path
    message: str
    help: str = ""
    code: str = ""
    at_key: bool = False

    def __str__(self) -> str:
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return f"{place.lstrip('.') or 'the value'}: {self.message}"


@cache
def builtin(name: str) -> Schema:
    """A schema of ours by its name, such as `memo`."""
    text = resources.files("factoryline.schemas").joinpath(f"{name}.schema.json").read_bytes()
    loaded: Schema = json.loads(text)
    return loaded


def violations(value: object, schema: Schema) -> tuple[Violation, ...]:
    """Every violation, in the order in which the schema finds them; none for a valid value."""
    errors = _validator(schema).iter_errors(value)
    try:
        return tuple(v for error in cast(Iterable[_Error], errors) for v in _sentences(error))
    except RecursionError:
        message = "this cannot be checked: it, or its schema, leads too deep"
        return (Violation(path=(), message=message, code="depth"),)


_VALIDATORS: dict[int, tuple[Schema, Any]] = {}


def _validator(schema: Schema) -> Any:
    """A schema's validator, made once: making one costs more than validating a small value."""
    known = _VALIDATORS.get(id(schema))
    if known is None:
        known = _VALIDATORS[id(schema)] = (schema, _kind()(schema))
    return known[1]


_SHARED: ContextVar[set[tuple[int, str]] | None] = ContextVar("shared", default=None)
"""The parts of the value at hand that were found good, by id and as what; None: do not ask."""

_END = re.compile(r"(?<!\\)\$$")


@cache
def _kind() -> Any:
    """jsonschema's validator, with keywords of ours where huge or sly values would get past it."""
    from jsonschema import Draft202012Validator, validators
    from jsonschema.exceptions import ValidationError

    base: Any = Draft202012Validator

    def unique(_: Any, wanted: bool, value: Any, __: Any) -> Iterator[ValidationError]:
        if wanted and isinstance(value, list) and len({_frozen(v) for v in value}) < len(value):
            yield ValidationError("an item stands twice")

    def pattern(_: Any, wanted: str, value: Any, __: Any) -> Iterator[ValidationError]:
        # To JSON Schema `$` is the end; to Python it is also before a last line break.
        if isinstance(value, str) and not re.search(_END.sub(r"\\Z", wanted), value):
            yield ValidationError(f"it does not match {wanted}")

    def reference(validator: Any, ref: str, value: Any, within: Any) -> Iterator[Any]:
        shared, key = _SHARED.get(), (id(value), ref)
        if shared is not None and key in shared:
            return
        wrong = False
        for error in base.VALIDATORS["$ref"](validator, ref, value, within):
            wrong = True
            yield error
        if shared is not None and not wrong and isinstance(value, (dict, list)):
            shared.add(key)

    changed: Any = {"uniqueItems": unique, "pattern": pattern, "$ref": reference}
    return cast(Any, validators).extend(base, changed)


def _frozen(value: object) -> object:
    """A JSON value that can stand in a set; equal exactly where JSON Schema says so."""
    if isinstance(value, dict):
        return ("object", frozenset((key, _frozen(item)) for key, item in value.items()))
    if isinstance(value, list):
        return ("array", tuple(_frozen(item) for item in value))
    return ("boolean", value) if isinstance(value, bool) else value


MOST_LEVELS = 100
"""How deeply the parts of a schema may lie in each other."""


def schema_problem(schema: object) -> str:
    """Why a JSON document is not a schema; empty when it is one."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    if _levels(schema) > MOST_LEVELS:
        return "the nesting is too deep"
    try:
        Draft202012Validator.check_schema(schema)  # type: ignore[arg-type]
    except SchemaError as error:
        place = "/".join(str(step) for step in error.absolute_path)
        return f"at `{place or '/'}`: {error.message}"
    return _dangling(schema)


def _levels(value: object) -> int:
    level, values = 0, [value]
    while values and level <= MOST_LEVELS:
        level += 1
        values = [part for one in values for part in _parts(one)]
    return level


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _dangling(schema: Any) -> str:
    """The first reference that leads nowhere: nothing is fetched when a hand-off is checked."""
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    registry: Registry[Any] = Registry()
    resolver = registry.resolver_with_root(DRAFT202012.create_resource(schema))
    for reference in _references(schema):
        try:
            resolver.lookup(reference)
        except (Unresolvable, ValueError):  # the latter where it is no address at all
            return f"`{reference}` leads nowhere in this file"
    return ""


_META = "https://json-schema.org/"
"""Where the language's own schemas are; the validator has them."""


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            if name == "$ref" and isinstance(part, str) and not part.startswith(_META):
                yield part
            yield from _references(part)
    if isinstance(value, list):
        for part in value:
            yield from _references(part)


def diagnose(node: Node, schema: Schema) -> list[Diagnostic]:
    """The violations of a located tree, at their places in the file."""
    # What aliases share is checked once, or a few of them would make millions of checks.
    plain, before = node.plain(), _SHARED.set(set())
    try:
        return [_place(node, violation) for violation in violations(plain, schema)]
    finally:
        _SHARED.reset(before)


def _place(root: Node, violation: Violation) -> Diagnostic:
    if violation.at_key:
        parent = root.at(violation.path[:-1])
        entry = (parent.fields or {}).get(str(violation.path[-1]))
        span = entry.key if entry else parent.span
    else:
        span = root.at(violation.path).span
        parent = root.at(violation.path[:-1])
        # A missing value has no width of its own: its key is where one looks.
        if violation.path and parent.fields and root.at(violation.path).scalar is None:
            node = root.at(violation.path)
            if node.fields is None and node.items is None:
                span = parent.fields[str(violation.path[-1])].key
    return Diagnostic(
        message=violation.message, span=span, help=violation.help, code=violation.code
    )


def _sentences(error: _Error) -> Iterator[Violation]:
    path = tuple(error.absolute_path)
    keyword = str(error.validator)
    write = _KEYWORDS.get(keyword, _other)
    at_key = _about_a_key(tuple(error.absolute_schema_path))
    if at_key:
        path = (*path, str(error.instance))
    for last, message, help in write(error):
        yield Violation(
            path=(*path, last) if last is not None else path,
            message=message,
            help=help,
            code=keyword,
            at_key=at_key or last is not None,
        )


def _about_a_key(path: Path) -> bool:
    """Whether a schema's place is under `propertyNames`, where the value is a mapping's key."""
    named = [i for i, step in enumerate(path) if step == "propertyNames"]
    return any(i == 0 or path[i - 1] not in ("properties", "$defs") for i in named)


_Sentence = tuple[str | int | None, str, str]


def _additional(error: _Error) -> Iterator[_Sentence]:
    known = error.schema.get("properties", {})
    patterns = [re.compile(pattern) for pattern in error.schema.get("patternProperties", {})]
    for key in error.instance:
        if key not in known and not any(pattern.search(key) for pattern in patterns):
            yield key, f"{_show(key)} is not known here", did_you_mean(str(key), known)


def _required(error: _Error) -> Iterator[_Sentence]:
    missing = ast.literal_eval(str(error.message).removesuffix(" is a required property"))
    text = error.schema.get("properties", {}).get(missing, {}).get("description", "")
    yield None, f"`{missing}` is missing", f"{missing}: {text}" if text else ""


def _type(error: _Error) -> Iterator[_Sentence]:
    wanted = error.validator_value
    kinds = [wanted] if isinstance(wanted, str) else wanted
    names = listing([_TYPES[kind] for kind in kinds], last="or")
    help = f"{_as_wanted(error, kinds)}{_describe(error)}".rstrip()
    yield None, f"this is {_kind_of(error.instance)}; it must be {names}", help


_PLAIN = re.compile(r"[A-Za-z0-9_./@=+-]+")
_MOST_WORDS = 60


def _as_wanted(error: _Error, kinds: Sequence[str]) -> str:
    """`write [sh, test.sh]. `, `write adopt: [[topic]]. `: what was most likely meant, as it has
    to stand there; empty where that cannot be told.
    """
    value, path = error.instance, list(error.absolute_path)
    if kinds == ["array"] and isinstance(value, str):
        shown = _as_list(value)
        inside = len(path) > 1 and isinstance(path[-1], int) and isinstance(path[-2], str)
        shown = f"{path[-2]}: [{shown}]" if shown and inside else shown
    elif kinds == ["object"] and isinstance(value, list) and path and isinstance(path[-1], str):
        shown = _as_mapping(value, error.schema)
        shown = f"{path[-1]}: {shown}" if shown else ""
    elif kinds == ["string"] and isinstance(value, bool | int | float):
        shown = json.dumps(json.dumps(value))
    else:
        return ""
    return f"write {shown}. " if shown else ""


def _as_list(text: str) -> str:
    """The list of words that a text stands for; empty where it cannot be one."""
    try:
        words = shlex.split(text) if text.isprintable() and len(text) <= _MOST_WORDS else []
    except ValueError:  # a quote that is not closed
        return ""
    return _list(words)


def _as_mapping(words: Sequence[Any], schema: Schema) -> str:
    """The mapping that a list of words stands for, by the one key that it needs, a list's."""
    known = schema.get("properties", {})
    needed = [name for name in schema.get("required", ()) if known[name].get("type") == "array"]
    if len(needed) != 1 or not words or not all(isinstance(word, str) for word in words):
        return ""
    nested = known[needed[0]].get("items", {}).get("type") == "array"
    return f"{{{needed[0]}: {f'[{_list(words)}]' if nested else _list(words)}}}"


def _list(words: Sequence[str]) -> str:
    shown = (w if _PLAIN.fullmatch(w) else json.dumps(w, ensure_ascii=False) for w in words)
    return f"[{', '.join(shown)}]" if words else ""


def _enum(error: _Error) -> Iterator[_Sentence]:
    allowed = [
        value if isinstance(value, str) else json.dumps(value) for value in error.validator_value
    ]
    names = listing((f"`{name}`" for name in allowed), last="or")
    guess = did_you_mean(str(error.instance), allowed)
    help = guess if guess.startswith("did") else _describe(error)
    yield None, f"{_show(error.instance)} is not one of {names}", help


def _const(error: _Error) -> Iterator[_Sentence]:
    yield (
        None,
        f"this must be {_show(error.validator_value)}, not {_show(error.instance)}",
        _describe(error),
    )


def _pattern(error: _Error) -> Iterator[_Sentence]:
    yield None, f"{_show(error.instance)} is not a valid value here", _describe(error)


def _bound(error: _Error) -> Iterator[_Sentence]:
    words = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most"}
    word = words[str(error.validator)]
    yield (
        None,
        f"{_show(error.instance)} is out of range: {word} {error.validator_value}",
        _describe(error),
    )


def _size(error: _Error) -> Iterator[_Sentence]:
    most = str(error.validator).startswith("max")
    noun = {"Length": "character", "Items": "item", "Properties": "key"}[str(error.validator)[3:]]
    word = "at most" if most else "at least"
    count = plural(error.validator_value, noun)
    empty = not error.instance and not most
    yield None, "this is empty" if empty else f"this needs {word} {count}", _describe(error)


def _unique(error: _Error) -> Iterator[_Sentence]:
    seen: set[object] = set()
    for twice in error.instance:
        if _frozen(twice) in seen:
            break
        seen.add(_frozen(twice))
    yield None, f"{_show(twice)} stands twice in this list", "keep one of them"


def _other(error: _Error) -> Iterator[_Sentence]:
    yield None, str(error.message), _describe(error)


_KEYWORDS: dict[str, Callable[[_Error], Iterator[_Sentence]]] = {
    "additionalProperties": _additional,
    "required": _required,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "minimum": _bound,
    "exclusiveMinimum": _bound,
    "maximum": _bound,
    "minLength": _size,
    "maxLength": _size,
    "minItems": _size,
    "maxItems": _size,
    "minProperties": _size,
    "maxProperties": _size,
    "uniqueItems": _unique,
}

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
}


def _kind_of(value: object) -> str:
    kinds: list[tuple[type | tuple[type, ...], str]] = [
        (bool, "true or false"),
        (dict, "a mapping"),
        (list, "a list"),
        (str, "text"),
        (int, "a whole number"),
        (float, "a number"),
    ]
    return next((name for kind, name in kinds if isinstance(value, kind)), "empty")


def _show(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value
    return f"`{text if len(text) <= 60 else text[:57] + '...'}`"


def _describe(error: _Error) -> str:
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    return str(schema.get("description", ""))
