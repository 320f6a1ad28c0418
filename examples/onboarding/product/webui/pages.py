"""The pages for reading and writing conversations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webui.markup import Html, fill, join

LAYOUT = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title - Parley</title>
<link rel="stylesheet" href="/static/style.css">
</head>
<body>
<header><a href="/">Parley</a></header>
<main>
<h1>$title</h1>
$content
</main>
</body>
</html>
"""

WRITE = """\
<form method="post" action="/messages">
$continues
<textarea name="text" rows="3" required autofocus aria-label="Message"></textarea>
<button>Send</button>
</form>"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line in the list of conversations."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message as the page shows it."""

    role: str
    text: str


def layout(title: str, content: Html) -> Html:
    return fill(LAYOUT, title=title, content=content)


def home_page(entries: Sequence[Entry]) -> Html:
    listed = [
        fill('<li><a href="/c/$id">$title</a></li>', id=entry.id, title=entry.title)
        for entry in entries
    ]
    content = fill("$form\n<ul>\n$listed\n</ul>", form=write_form(), listed=join(listed))
    return layout("What is on your mind?", content)


def conversation_page(id: str, title: str, bubbles: Sequence[Bubble]) -> Html:
    shown = [
        fill('<p class="$role">$text</p>', role=bubble.role, text=bubble.text) for bubble in bubbles
    ]
    return layout(title, join([*shown, write_form(id)]))


def failure_page(sentence: str) -> Html:
    return layout("That did not work", fill('<p class="failure">$sentence</p>', sentence=sentence))


def write_form(conversation_id: str | None = None) -> Html:
    continues = Html()
    if conversation_id:
        hidden = '<input type="hidden" name="conversation_id" value="$id">'
        continues = fill(hidden, id=conversation_id)
    return fill(WRITE, continues=continues)
