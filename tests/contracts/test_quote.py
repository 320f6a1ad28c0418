"""Words of others stay inside: judged by a Markdown parser that is not ours."""

from __future__ import annotations

from factoryline.contracts.quote import fenced, inset, item, line, printable
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

PIECES = (
    *("`", "```", "~~~", "````text", "\n", "\r", "\u2028", "# H", "## Rules", "---", "  ", "- "),
    *("<!--", "===", "\t", "x", "{{ a }}", "> ", "1. ", "\x0c", "\x85", "</div>", "[a]: /b"),
)
SLY = st.lists(st.sampled_from(PIECES)).map("".join)


def shape(text: str) -> list[str]:
    """The blocks of a text, and what their fences hold."""
    tokens = MarkdownIt().parse(text)
    return [f"{t.type} {t.tag}" for t in tokens if t.type != "inline"]


@given(SLY)
def test_a_fence_holds_what_is_in_it(text: str) -> None:
    assert shape(f"## Ours\n\n{fenced(text)}\n\n## End\n") == [
        "heading_open h2",
        "heading_close h2",
        "fence code",
        "heading_open h2",
        "heading_close h2",
    ]


@given(SLY)
def test_an_item_of_a_list_adds_no_heading_after_it(text: str) -> None:
    tokens = MarkdownIt().parse(f"- a\n  - {inset(item(text))}\n\n## End\n")
    assert [t.level for t in tokens if t.type == "heading_open"] == [0]
    assert tokens[-2].content == "End"
    assert [row for row in item("said: " + text).split("\n") if row.startswith("#")] == []


@given(SLY)
def test_a_line_is_a_line(text: str) -> None:
    assert len(f"For: {line(text)}".splitlines()) == 1


def test_a_fence_is_longer_than_any_run_of_backticks() -> None:
    assert fenced("a\n```\nb\n``````") == "```````text\na\n```\nb\n``````\n```````"
    assert fenced("plain", "json") == "```json\nplain\n```"


def test_an_item_with_more_than_a_line_is_fenced() -> None:
    assert item("one line") == "one line"
    assert item("two\n## lines") == "```text\n  two\n  ## lines\n  ```"
    assert item("## one") == "```text\n  ## one\n  ```"


def test_what_no_program_takes_as_an_argument_is_left_out() -> None:
    assert printable("a\0b\x1b[31mc\ttab\n\ud800\x9b") == "ab[31mc\ttab\n?"
