"""YAML to a located tree: the words of YAML 1.2, places, merges, and what is refused."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml
from factoryline.diagnostics import Diagnostic
from factoryline.spec import nodes
from factoryline.spec.nodes import Node, read_yaml

LOADERS = [yaml.SafeLoader, *([yaml.CSafeLoader] if yaml.__with_libyaml__ else [])]


@pytest.fixture(params=LOADERS, ids=lambda loader: loader.__name__, autouse=True)
def each_loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything here holds with the loader in C and with the one in Python."""
    monkeypatch.setattr(nodes, "_LOADER", request.param)


def tree(text: str) -> Node:
    root, problems = read_yaml(text, "it.yaml")
    assert problems == []
    return root


def problems(text: str) -> list[Diagnostic]:
    return read_yaml(text, "it.yaml")[1]


def said(text: str) -> list[str]:
    """`line:column: message` of every problem."""
    return [f"{p.span.line}:{p.span.column}: {p.message}" for p in problems(text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ('""', ""),
        ("'true'", "true"),
        ('"null"', "null"),
        ('"3"', "3"),
        ("3", 3),
        ("-3", -3),
        ("+3", 3),
        ("007", 7),
        ("3.5", 3.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2026-04-21", "2026-04-21"),
        ("1.2.3", "1.2.3"),
        ("0x1f", "0x1f"),
        ("٣", "٣"),
        ("server/**", "server/**"),
        ("a#b", "a#b"),
        ("9" * 400, "9" * 400),
    ],
)
def test_words_and_numbers(text: str, value: object) -> None:
    assert tree(f"key: {text}\n").plain() == {"key": value}


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "y", "n", "Yes", "NO", "On", "OFF"])
def test_the_booleans_of_yaml_1_1_are_said(word: str) -> None:
    assert said(f"key: {word}\n") == [
        f"1:6: `{word}` is a boolean to some YAML readers and a word to others"
    ]
    assert said(f"{word}: key\n") == [f"1:1: the key `{word}` is a boolean to some YAML readers"]
    assert tree(f'key: "{word}"\n"{word}": key\n').plain() == {"key": word, word: "key"}


def test_every_value_knows_its_place() -> None:
    root = tree("a: 1\nlist:\n  - x\n  - {k: long word}\ntext: |\n  one\n  two\n")
    places = {
        "a": root.get("a"),
        "x": root.at(("list", 0)),
        "k": root.at(("list", 1, "k")),
        "text": root.get("text"),
    }
    assert {
        name: (node.span.line, node.span.column, node.span.width)
        for name, node in places.items()
        if node
    } == {"a": (1, 4, 1), "x": (3, 5, 1), "k": (4, 9, 9), "text": (5, 7, 1)}
    assert root.fields is not None
    assert str(root.fields["list"].key) == "it.yaml:2:1"


def test_columns_count_characters() -> None:
    root = tree("größe: {日本: x, 🎉: z}\n")
    node = root.at(("größe", "🎉"))
    assert (node.plain(), node.span.column) == ("z", 19)


def test_a_path_leads_as_far_as_there_are_nodes() -> None:
    root = tree("a: {b: [1]}\n")
    assert root.at(("a", "b", 0)).scalar == 1
    assert root.at(("a", "b", 7)).items is not None
    assert root.at(("a", "nothing", "more")).fields is not None
    assert root.at(()) is root
    assert root.get("nothing") is None


def test_an_alias_is_the_same_value() -> None:
    root = tree("one: &it {a: [1]}\ntwo: *it\n")
    assert root.get("two") is root.get("one")
    assert str(root.at(("two", "a")).span) == "it.yaml:1:14", "it stands where it was written"


def test_mappings_are_merged() -> None:
    root = tree("base: &base {a: 1, b: 1}\nown: {<<: *base, b: 2, c: 3}\n")
    assert root.plain() == {"base": {"a": 1, "b": 1}, "own": {"a": 1, "b": 2, "c": 3}}
    assert root.at(("own", "a")).span.line == 1
    assert root.at(("own", "b")).span.line == 2


def test_a_merge_may_come_last_and_still_gives_way() -> None:
    assert tree("x: &x {a: 1}\nz: {a: 2, <<: *x}\n").at(("z", "a")).scalar == 2


def test_the_first_of_several_merged_mappings_wins() -> None:
    root = tree("u: &u {a: 1}\nv: &v {a: 2, b: 2}\nz: {<<: [*u, *v]}\n")
    assert root.at(("z",)).plain() == {"a": 1, "b": 2}


def test_what_is_merged_may_be_merged_itself() -> None:
    root = tree("u: &u {a: 1}\nv: &v {<<: *u, b: 2}\nz: {<<: *v, c: 3}\n")
    assert root.at(("z",)).plain() == {"a": 1, "b": 2, "c": 3}


def test_a_quoted_merge_key_is_a_key() -> None:
    assert tree('{"<<": {a: 1}}\n').plain() == {"<<": {"a": 1}}


def test_only_mappings_are_merged() -> None:
    assert said("a: {<<: 3}\n") == ["1:9: `<<` merges mappings, and this is none"]
    assert said("a: {<<: [{b: 1}, 3]}\n") == ["1:18: `<<` merges mappings, and this is none"]


def test_a_key_stands_once() -> None:
    [problem] = problems("a: 1\nb: 2\na: 3\n")
    assert problem.code == "duplicate-key"
    assert [str(span) for span, _ in problem.related] == ["it.yaml:1:1"]
    assert said("{1: a, '1': b}\n") == ["1:8: the key `1` stands twice in this mapping"]


def test_keys_are_words() -> None:
    assert tree("1: a\n2.5: b\ntrue: c\nnull: d\n").plain() == {
        "1": "a",
        "2.5": "b",
        "true": "c",
        "null": "d",
    }
    assert said("? [a, b]\n: 1\n") == ["1:3: a key must be a plain word"]


def test_an_alias_that_contains_itself() -> None:
    assert said("a: &a [*a]\n") == ["1:4: this alias contains itself"]
    assert said("a: &a {b: *a}\n") == ["1:4: this alias contains itself"]
    assert said("a: &a {<<: *a}\n") == ["1:4: this alias contains itself"]


def test_an_alias_bomb_is_counted_and_not_unfolded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 40)]
    [problem] = problems("\n".join(lines))
    assert problem.message.endswith("values; at most 200,000 are read")


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deep_nesting_is_an_error_and_no_crash(opening: str) -> None:
    """In a process of its own: libyaml recurses in C, where too much ends the interpreter."""
    script = (
        "import sys, yaml; from factoryline.spec import nodes\n"
        f"nodes._LOADER = yaml.{nodes._LOADER.__name__}\n"
        f"root, problems = nodes.read_yaml({opening!r} * 200_000, 'it.yaml')\n"
        "print(problems[0].message)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "the nesting is too deep\n")


def test_what_a_person_nests_is_read() -> None:
    depth = 40
    node = tree("[" * depth + "]" * depth)
    for _ in range(depth - 1):
        assert node.items
        node = node.items[0]
    assert node.items == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: b: c\n", 1),
        ("a: [1, 2\nb: 3\n", 2),
        ('a: "x\n', 2),
        ("a: *nobody\n", 1),
        ("a:\n  - x\n b: y\n", 3),
        ("%TAG\n---\n", 1),
        ("a: @x\n", 1),
        ("a: `x`\n", 1),
        ("a: \x07\n", 1),
        ("a: 1\nb: \x00\n", 2),
        ("&a &b c\n", 1),
    ],
)
def test_what_is_no_yaml_has_a_place(text: str, line: int) -> None:
    [problem] = problems(text)
    assert problem.message.startswith("this is not YAML: ")
    assert problem.span.line == line
    assert problem.help


@pytest.mark.parametrize("text", ["a:\n\tb: 1\n", "a:\n  b: 1\n\tc: 2\n"])
def test_a_tab_is_told_to_be_spaces(text: str) -> None:
    [problem] = problems(text)
    assert problem.help == "indent with spaces"


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("a: !secret x\n", "!secret"),
        ("a: !!python/object/apply:os.system [ls]\n", "!!python/object/apply:os.system"),
        ("a: !!binary aGk=\n", "!!binary"),
        ("a: !!set {x, z}\n", "!!set"),
        ("a: !<tag:example.org,2026:x> 1\n", "tag:example.org,2026:x"),
    ],
)
def test_tags_have_no_meaning(text: str, tag: str) -> None:
    assert said(text) == [f"1:4: the tag `{tag}` has no meaning here"]


def test_one_document_a_file() -> None:
    assert tree("---\na: 1\n...\n").plain() == {"a": 1}
    assert said("a: 1\n---\nb: 2\n") == ["3:1: one document a file; a second one starts here"]


@pytest.mark.parametrize("text", ["", "\n\n", "# a comment\n", "---\n", "\ufeff"])
def test_nothing_is_empty(text: str) -> None:
    root = tree(text)
    assert root.plain() is None
    assert str(root.span).startswith("it.yaml:")


def test_a_mark_of_byte_order_is_no_text() -> None:
    assert tree("\ufeffa: 1\n").plain() == {"a": 1}


def test_all_problems_of_a_file_come_at_once() -> None:
    assert [line.split(":")[0] for line in said("a: yes\na: 1\nb: !x 1\nc: {<<: 1}\n")] == [
        "1",
        "2",
        "3",
        "4",
    ]


def test_both_loaders_are_tried() -> None:
    assert yaml.__with_libyaml__, "install PyYAML with libyaml; the golden files quote its messages"
