"""Mutations of JavaScript and TypeScript: what is made, what is left alone, and where."""

from __future__ import annotations

from pathlib import Path

import pytest
from factoryline.verification.coverage.base import Lines
from factoryline.verification.proof.covers import covered
from factoryline.verification.proof.languages.base import Unreadable
from factoryline.verification.proof.languages.javascript import holds, mutants
from factoryline.verification.proof.languages.script_tree import counted

pytest.importorskip("tree_sitter", reason="needs factoryline[javascript]")

ALL = frozenset(range(1, 10_000))


def after(source: str, name: str = "a.js") -> list[str]:
    data = source.encode()
    found = [one for one in mutants(name, data, ALL) if holds(one, data)]
    return [one.apply(data).decode() for one in found]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("x = a === b;", ["x = a !== b;"]),
        ("x = a != b;", ["x = a == b;"]),
        ("x = ä <b;", ["x = ä <=b;"]),
        ("x = a && b || c;", ["x = a || b || c;", "x = a && b && c;"]),
        ("x = a ?? b;", ["x = a && b;"]),
        ("x = a ?? b ?? c;", []),
        ("x = a + b * c;", ["x = a - b * c;", "x = a + b / c;"]),
        ("x = 'a' + b;", []),
        ("x = a + b + `c`;", ["x = a - b + `c`;"]),
        ("x += 1;", ["x -= 1;", "x += 2;", ";"]),
        ("x += 'a';", [";"]),
        ("x++;", ["x--;", ";"]),
        ("x = 10n;", ["x = (10n + 1n);"]),
        ("x = 0xff;", ["x = (0xff + 1);"]),
        ("x = true;", ["x = false;"]),
        ("x = !a;", ["x = a;"]),
        ("x = -a;", ["x = a;"]),
        ("if (a) b;", ["if (!(a)) b;"]),
        ("if (a === b) c;", ["if (a !== b) c;"]),
        ("if (a < b) c;", ["if (a <= b) c;", "if (!(a < b)) c;"]),
        ("x = a ? b : c;", ["x = !(a) ? b : c;"]),
        ("function f() { return (a) }", ["function f() { return undefined }"]),
        ("function f() { return null; }", []),
        (
            "function f() { return!a }",
            ["function f() { return undefined }", "function f() { return a }"],
        ),
        ("f = a => ({ b });", ["f = a => undefined;"]),
        ("f = () => { a() };", ["f = () => { ; };"]),
        ("call(x);", [";"]),
        ("await call(x);", [";"]),
        ("a.b = c;", [";"]),
        ("delete a.b;", [";"]),
        ("throw a;", [";"]),
        ("for (;;) { if (a) break; }", ["for (;;) { if (!(a)) break; }", "for (;;) { if (a) ; }"]),
        (
            "x = <b title={a && c}>1 + 2 {d && e}</b>;",
            [
                "x = <b title={a || c}>1 + 2 {d && e}</b>;",
                "x = <b title={a && c}>1 + 2 {d || e}</b>;",
            ],
        ),
        ("x = `a ${b < c} 1 + 2`;", ["x = `a ${b <= c} 1 + 2`;"]),
    ],
)
def test_what_is_made(source: str, wanted: list[str]) -> None:
    assert sorted(after(source)) == sorted(wanted)


@pytest.mark.parametrize(
    "source",
    [
        "'use strict';",
        "import a from 'b' with { type: 'json' };\nexport { c } from 'd';\nconst e = require('f');",
        "console.log(a + 1);\nthis.logger.debug(1);\nassert(a === b);\nx = a(console.error(1));",
        "x = new TypeError('a ' + (b + 1));\ny = RangeError(`${c + 1}`);",
        "if (process.env.NODE_ENV !== 'production') { warn(1); }",
        "if (require.main === module) { main(1); }",
        "module.exports = { a };\nexports.b = c;",
        "for (const a of b) c: for (; d; e++) {}",
        "class A extends B { constructor() { super(); } }",
        "x = { 1: a };",
        "x = /a+1/ ;",
        "// a + 1\n/* b === c */",
        "<p>1 + 2 === 3</p>",
    ],
)
def test_what_is_left_alone(source: str) -> None:
    assert [text for text in after(source) if text != ";"] == []


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("let x: 1 | 2 = a as 1;", []),
        ("type A = { b: true } | 3;\ninterface C { d: 4 }\ndeclare const e: 5;", []),
        ("function f<T = 1>(a: T): a is 2 { return null; }\nx = f<6>(b);", []),
        ("@decorate(1) class A { @also(2) b!: 3; }", []),
        (
            "export const f = (a: number): boolean => a >= 1;",
            [
                "export const f = (a: number): boolean => undefined;",
                "export const f = (a: number): boolean => a > 1;",
                "export const f = (a: number): boolean => a >= 2;",
            ],
        ),
        ("enum E { A = 1 }", ["enum E { A = 2 }"]),
        ("class A { private x: number = 1; }", ["class A { private x: number = 2; }"]),
        ("x = a! satisfies 1;", []),
    ],
)
def test_types_are_left_alone(source: str, wanted: list[str]) -> None:
    assert sorted(after(source, "a.ts")) == sorted(wanted)


def test_a_component_with_types() -> None:
    source = "export const A = ({ b }: { b: 1 }) => <i>{b && <u>{1}</u>}</i>;"
    assert len(after(source, "a.tsx")) == 3, "the value, `&&` and the 1 that is shown"
    with pytest.raises(Unreadable):
        mutants("a.ts", source.encode(), ALL)


def test_only_the_changed_lines_and_in_windows_files() -> None:
    source = b"x = 1;\r\ny = (\r\n  2\r\n);\r\nz = 3;\r\n"
    [one] = mutants("a.js", source, frozenset({3}))
    assert one.apply(source) == source.replace(b"2", b"3")
    assert (one.line, one.before, one.after) == (3, "2", "3")


def test_a_mutation_over_several_lines_is_shown_by_its_first() -> None:
    [one] = mutants("a.js", b"throw new Error(\n  'a',\n);\n", ALL)
    assert (one.line, one.before, one.after) == (1, "throw new Error(", ";")


@pytest.mark.parametrize("source", [b"no script at all", b"x = '\xe4' + 1;", b"x = 1 +;"])
def test_what_cannot_be_read_is_named(source: bytes) -> None:
    with pytest.raises(Unreadable, match="cannot be read as JavaScript or TypeScript"):
        mutants("a.js", source, ALL)


def test_a_deep_tree() -> None:
    source = b"x = " + b"(" * 5000 + b"1" + b")" * 5000 + b";"
    assert len(mutants("a.js", source, ALL)) == 1


PAGE = """\
import { a } from 'a';
type Part = {
  b: string;
};
/* Over several
   lines. */
export const Page = ({ b }: Part) => {
  const text = a(
    b,
    // inside
    1,
  );
  return (
    <p
      title={text}
    >
      {b}
    </p>
  );
};
"""


@pytest.mark.parametrize(
    ("line", "by"),
    [
        (1, 0),
        (3, 0),
        (6, 0),
        (8, 8),
        (9, 8),
        (10, 0),
        (11, 8),
        (15, 13),
        (17, 13),
        (18, 13),
    ],
)
def test_a_line_counts_by_that_on_which_its_statement_begins(line: int, by: int) -> None:
    executable = frozenset({7, 8, 13})
    found = counted("a.tsx", PAGE.encode(), frozenset({line}), executable)
    assert found == ({by} if by else frozenset())


@pytest.mark.parametrize(
    "source",
    [
        "export interface A {\n  b: 1;\n}",
        "export type A =\n  | 1\n  | 2;",
        "import type { A } from 'a';",
        "export type { A } from 'a';",
        "declare const a: 1;",
    ],
)
def test_types_count_by_no_line(source: str) -> None:
    lines = frozenset(range(1, source.count("\n") + 2))
    assert counted("a.ts", f"{source}\nf();\n".encode(), lines, lines) == frozenset()


def test_a_file_that_cannot_be_read_counts_as_its_report_says(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("f(\n  1,\n  @,\n);\n")
    lines = Lines(executed=frozenset({1}), executable=frozenset({1}))
    changed = {"a.js": frozenset({1, 2})}
    found = covered(changed, {"a.js": lines}, tmp_path, endings=frozenset({".js"}))
    assert found.executed == {"a.js": {1}}
