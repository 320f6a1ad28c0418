"""What a Python test asserts, and how hard, as its syntax tree tells."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from factoryline.selection.outline import UNREADABLE

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """One assertion. text: as one would write it. subject: what it is about. hard: 0 holds always,
    5 pins a value. tolerance: how far the value may be off. swallowed: its failure is caught."""

    line: int
    text: str
    subject: str
    hard: int
    tolerance: float = 0.0
    swallowed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TestFunction:
    """A test. name: with its class, as pytest writes it. skips: what keeps it from running, or
    its failure from counting. cases: of its parameters. checks: whether anything in it may fail."""

    __test__ = False  # pytest takes every class of this name for one of its own

    name: str
    line: int
    body: str
    assertions: tuple[Assertion, ...]
    skips: tuple[str, ...]
    cases: int
    checks: bool


def functions(text: str) -> dict[str, TestFunction] | None:
    """The tests of a file, by name; None when this Python cannot read it."""
    try:
        tree = ast.parse(text)
        found = list(_functions(tree.body, "", _marks(tree.body)))
    except UNREADABLE:
        return None
    return {one.name: one for one in found}


def _functions(
    body: Sequence[ast.stmt], prefix: str, skips: tuple[str, ...]
) -> Iterator[TestFunction]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            inherited = (*skips, *_skipping(node.decorator_list), *_marks(node.body))
            yield from _functions(node.body, f"{prefix}{node.name}::", inherited)
        elif isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from _functions(node.body, prefix, skips)
        elif isinstance(node, FunctionNode):
            yield _function(node, prefix, skips)


def _function(node: FunctionNode, prefix: str, skips: tuple[str, ...]) -> TestFunction:
    found = tuple(_assertions(node.body, swallowed=False))
    return TestFunction(
        name=f"{prefix}{node.name}",
        line=node.lineno,
        body=ast.dump(ast.Module(body=node.body, type_ignores=[])),
        assertions=found,
        skips=(*skips, *_skipping(node.decorator_list), *_skipped_inside(node)),
        cases=_cases(node.decorator_list),
        checks=any(one.hard for one in found) or _may_fail(node),
    )


def is_collected(name: str) -> bool:
    """Whether pytest or unittest would take a function for a test, by its name."""
    return name.rpartition("::")[2].startswith("test")


# What keeps a test from running

_SKIPS = {"skip", "skipif", "xfail", "skipIf", "skipUnless", "expectedFailure", "SkipTest"}
_SKIPS_INSIDE = {"skip", "xfail", "importorskip", "skipTest", "SkipTest"}


def _skipping(expressions: Sequence[ast.expr]) -> Iterator[str]:
    for expression in expressions:
        if _last(expression) in _SKIPS:
            yield ast.unparse(expression)


def _marks(body: Sequence[ast.stmt]) -> tuple[str, ...]:
    """The skips of `pytestmark = …` in a module or class, and `pytest.skip(…)` at its top."""
    found: list[str] = []
    for node in body:
        if isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == "pytestmark" for t in node.targets
        ):
            several = isinstance(node.value, (ast.List, ast.Tuple))
            marks = node.value.elts if several else [node.value]  # type: ignore[attr-defined]
            found += _skipping(marks)
        if isinstance(node, ast.Expr) and _last(node.value) in _SKIPS_INSIDE:
            found.append(ast.unparse(node.value))
    return tuple(found)


def _skipped_inside(node: FunctionNode) -> Iterator[str]:
    for child in ast.walk(node):
        call = isinstance(child, ast.Call) and isinstance(child.func, (ast.Attribute, ast.Name))
        if call and _last(child) in _SKIPS_INSIDE:
            yield ast.unparse(child)


def _cases(decorators: Sequence[ast.expr]) -> int:
    """How many cases a test's parameters make; 1 where they are not written out."""
    count = 1
    for one in decorators:
        if isinstance(one, ast.Call) and _last(one) == "parametrize" and len(one.args) > 1:
            values = one.args[1]
            count *= len(values.elts) if isinstance(values, (ast.List, ast.Tuple)) else 1
    return count


# What a test asserts


def _assertions(body: Sequence[ast.stmt], *, swallowed: bool) -> Iterator[Assertion]:
    for node in body:
        yield from (replace(one, swallowed=swallowed) for one in _own(node))
        if isinstance(node, ast.Try):
            caught = swallowed or any(map(_catches, node.handlers))
            yield from _assertions(node.body, swallowed=caught)
            for handler in node.handlers:
                yield from _assertions(handler.body, swallowed=swallowed)
            yield from _assertions([*node.orelse, *node.finalbody], swallowed=swallowed)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            quiet = swallowed or any(_last(i.context_expr) == "suppress" for i in node.items)
            yield from _assertions(node.body, swallowed=quiet)
        elif not isinstance(node, (FunctionNode, ast.ClassDef)):
            for part in ("body", "orelse"):
                yield from _assertions(getattr(node, part, []), swallowed=swallowed)
        if isinstance(node, ast.Return):
            return  # what stands below never runs


def _own(node: ast.stmt) -> Iterator[Assertion]:
    """The assertions of a statement itself, without those in its body."""
    if isinstance(node, ast.Assert):
        yield _assertion(node, f"assert {ast.unparse(node.test)}", node.test)
    if isinstance(node, (ast.With, ast.AsyncWith)):
        calls: list[ast.expr | None] = [item.context_expr for item in node.items]
    else:
        value = getattr(node, "value", None)
        calls = [value.value if isinstance(value, ast.Await) else value]
    for call in calls:
        if isinstance(call, ast.Call) and _ASSERTING.match(_last(call)):
            yield _called(call)


_ASSERTING = re.compile(r"assert|raises|warns|deprecated_call|fail$")


def _catches(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    broad = any(k is None or _last(k) in (*_BROAD, "AssertionError") for k in kinds)
    raised = any(isinstance(child, ast.Raise) for child in ast.walk(handler))
    fails = any(isinstance(c, ast.Call) and _last(c) == "fail" for c in ast.walk(handler))
    return broad and not raised and not fails


_BROAD = ("Exception", "BaseException")


def _assertion(node: ast.stmt | ast.expr, text: str, test: ast.expr) -> Assertion:
    subject = test.left if isinstance(test, ast.Compare) else test
    return Assertion(
        line=node.lineno,
        text=text,
        subject=ast.unparse(subject),
        hard=_hard(test),
        tolerance=_tolerance(test),
    )


def _hard(test: ast.expr) -> int:
    """How much an expression pins down: 5 a value, 3 a part of it, 1 hardly anything, 0 nothing."""
    if isinstance(test, ast.Constant):
        return 0 if test.value else 5  # `assert False` says that this place is not reached
    if isinstance(test, ast.Tuple):
        return 0  # a tuple is always true
    if isinstance(test, ast.BoolOp):
        parts = [_hard(value) for value in test.values]
        return max(parts) if isinstance(test.op, ast.And) else max(0, min(parts) - 1)
    if isinstance(test, ast.Compare):
        if ast.dump(test.left) == ast.dump(test.comparators[0]) and _is_still(test.left):
            return 0
        return min(
            _compared(operator, right)
            for operator, right in zip(test.ops, test.comparators, strict=True)
        )
    if isinstance(test, ast.UnaryOp):
        return _hard(test.operand)
    return 2  # truth alone


def _compared(operator: ast.cmpop, right: ast.expr) -> int:
    nothing = isinstance(right, ast.Constant) and right.value is None
    if isinstance(operator, (ast.Eq, ast.Is)):
        return 5
    if isinstance(operator, (ast.NotEq, ast.IsNot)):
        return 1 if nothing else 2
    return 3


def _is_still(node: ast.expr) -> bool:
    return not any(isinstance(child, (ast.Call, ast.Await)) for child in ast.walk(node))


def _called(call: ast.Call) -> Assertion:
    """An assertion that is a call: unittest's, mock's, pytest.raises."""
    name = _last(call)
    texts = [ast.unparse(argument) for argument in call.args]
    hard = 5
    if name in ("assertTrue", "assertFalse"):
        hard = _hard(call.args[0]) if call.args else 2
    elif name in _HARD:
        hard = _HARD[name]
    if name in ("raises", "assertRaises", "assertRaisesRegex"):
        broad = bool(call.args) and _last(call.args[0]) in _BROAD
        matched = name.endswith("Regex") or any(k.arg == "match" for k in call.keywords)
        hard = (2 if broad else 4) + (1 if matched else 0)
    # What an exception is raised by is told by its place alone.
    subject = "raises" if "aises" in name else (texts[0] if texts else name)
    return Assertion(
        line=call.lineno,
        text=ast.unparse(call),
        subject=subject,
        hard=hard,
        tolerance=_tolerance(call),
    )


_HARD = {
    **dict.fromkeys(("assertIn", "assertNotIn", "assertLess", "assertLessEqual"), 3),
    **dict.fromkeys(("assertGreater", "assertGreaterEqual", "assertRegex", "assertIsInstance"), 3),
    **dict.fromkeys(("assertNotEqual", "assertIsNot", "assert_called"), 2),
    **dict.fromkeys(("assertIsNotNone",), 1),
    **dict.fromkeys(("assert_called_once",), 3),
}


def _tolerance(node: ast.expr) -> float:
    """The widest tolerance in an expression; 0 where the value has to be the same."""
    widest = 0.0
    for call in (child for child in ast.walk(node) if isinstance(child, ast.Call)):
        given = {k.arg: k.value.value for k in call.keywords if isinstance(k.value, ast.Constant)}
        numbers = {k: v for k, v in given.items() if k and isinstance(v, (int, float))}
        name = _last(call)
        if name in ("approx", "isclose", "allclose", "assert_allclose"):
            near = [n for k, n in numbers.items() if k.startswith(("rel", "abs", "rtol", "atol"))]
            widest = max([widest, 1e-6, *near])
        if name in ("assertAlmostEqual", "assertNotAlmostEqual"):
            places = numbers.get("places", 7)
            widest = max(widest, numbers.get("delta", 10.0 ** -min(places, 300)))
    return widest


def _may_fail(node: FunctionNode) -> bool:
    """Whether something that a test calls may well assert, such as `check_same(…)`."""
    calls = (child for child in ast.walk(node) if isinstance(child, ast.Call))
    return any(_CHECKING.search(_last(call)) for call in calls)


_CHECKING = re.compile(r"expect|check|verif|ensure|assert_|^fail|validate|compare|benchmark", re.I)


def _last(node: ast.AST | None) -> str:
    """The last word of a name: `skipif` of `pytest.mark.skipif(…)`."""
    while isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
