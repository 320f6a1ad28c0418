from __future__ import annotations

from webui.assets import stylesheet
from webui.markup import Html, fill, join
from webui.pages import Bubble, Entry, conversation_page, failure_page, home_page

HOSTILE = "<script>alert('x')</script>"


def test_values_are_escaped() -> None:
    assert fill("<b>$text</b>", text='<i> & "') == "<b>&lt;i&gt; &amp; &quot;</b>"


def test_html_is_not_escaped_twice() -> None:
    inner = join([fill("<i>$text</i>", text="a&b"), Html("<br>")])
    assert fill("<b>$inner</b>", inner=inner) == "<b><i>a&amp;b</i>\n<br></b>"


def test_a_dollar_in_a_value_stays_a_dollar() -> None:
    assert fill("$text", text="$5 for $title") == "$5 for $title"


def test_the_home_page_lists_conversations() -> None:
    page = home_page([Entry("1f", "Tea"), Entry("2f", "Rice & beans")])
    assert '<a href="/c/1f">Tea</a>' in page
    assert "Rice &amp; beans" in page


def test_the_conversation_page_shows_who_said_what() -> None:
    page = conversation_page("1f", "Tea", [Bubble("user", "Tea?"), Bubble("assistant", "Yes.")])
    assert '<p class="user">Tea?</p>' in page
    assert '<p class="assistant">Yes.</p>' in page
    assert 'name="conversation_id" value="1f"' in page


def test_no_page_lets_a_script_in() -> None:
    pages = (
        home_page([Entry("1f", HOSTILE)]),
        conversation_page("1f", HOSTILE, [Bubble("assistant", HOSTILE)]),
        failure_page(HOSTILE),
    )
    assert not any("<script" in page for page in pages)


def test_the_stylesheet_knows_both_roles() -> None:
    assert b".user" in stylesheet() and b".assistant" in stylesheet()
