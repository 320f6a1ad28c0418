from __future__ import annotations

from pathlib import Path

from tests.browser import browse


def test_sending_leads_to_the_conversation(config: Path) -> None:
    browser = browse(config)
    sent = browser.submit("/messages", text="Hello <you>")
    assert sent.status == 303
    page = browser.get(sent.headers["Location"]).body.decode()
    assert "You said: Hello &lt;you&gt;" in page
    assert sent.headers["Location"] in browser.get("/").body.decode()


def test_failures_are_pages_too(config: Path) -> None:
    response = browse(config).get("/c/unknown")
    assert response.status == 404
    assert "no such conversation" in response.body.decode()


def test_pages_allow_no_foreign_content(config: Path) -> None:
    policy = browse(config).get("/").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")


def test_the_stylesheet_is_served(config: Path) -> None:
    response = browse(config).get("/static/style.css")
    assert response.headers["Content-Type"].startswith("text/css")
