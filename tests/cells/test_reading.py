"""What programs leave, in their own words, and what is read of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from factoryline.cells import reading
from factoryline.cells.base import Conversation
from factoryline.diagnostics import Span
from factoryline.ledger.cost import Usage
from factoryline.plan.agents.base import resolved
from factoryline.plan.model import Agent
from factoryline.spec.model import AgentSpec, Ref
from factoryline.system.process import Completed

HERE = Span(file="factory.yaml", line=1, column=1)
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def agent(profile: str, **own: Any) -> Agent:
    return resolved(
        AgentSpec(
            name=Ref(name="coder", span=HERE),
            profile=Ref(name=profile, span=HERE),
            own={"model": "small", **own},
            places={},
            command=(),
        )
    )


def ended(out: object = "", err: object = "", code: int = 0) -> Completed:
    def text(value: object) -> bytes:
        lines = value if isinstance(value, list) else [value]
        return "\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines).encode()

    return Completed(argv=("x",), code=code, stdout=text(out), stderr=text(err), seconds=1.0)


TURN_FAILED = '{"type": "turn.failed", "error": {"message": "%s"}}'


def failure(words: str) -> object:
    return {"type": "result", "subtype": "success", "is_error": True, "result": words}


CLAUDE = [
    {"type": "system", "subtype": "init", "session_id": "s1"},
    {
        "type": "result",
        "subtype": "success",
        "is_error": False,
        "result": "Done.",
        "session_id": "s1",
        "total_cost_usd": 0.02,
        "num_turns": 4,
        "usage": {"input_tokens": 10},
        "modelUsage": {
            "sonnet": {
                "inputTokens": 20,
                "outputTokens": 5,
                "cacheReadInputTokens": 7,
                "cacheCreationInputTokens": 3,
            },
            "haiku": {
                "inputTokens": 1,
                "outputTokens": 1,
                "cacheReadInputTokens": 0,
                "cacheCreationInputTokens": 0,
            },
        },
        "permission_denials": [{"tool_name": "Edit"}, {"tool_name": "Edit"}],
    },
]
CODEX = [
    {"type": "thread.started", "thread_id": "t1"},
    {"type": "item.completed", "item": {"type": "agent_message", "text": "Done."}},
    {
        "type": "turn.completed",
        "usage": {"input_tokens": 300, "cached_input_tokens": 100, "output_tokens": 20},
    },
]
GPTME_ERR = [
    "a warning",
    {
        "session_id": "factory",
        "total_cost": 0.0,
        "total_input_tokens": 30,
        "total_output_tokens": 4,
        "cache_read_tokens": 2,
        "cache_creation_tokens": 0,
        "request_count": 2,
    },
]
OPENCODE = [
    {"type": "step_start", "sessionID": "o1", "part": {}},
    {
        "type": "step_finish",
        "sessionID": "o1",
        "part": {
            "cost": 0.01,
            "tokens": {"input": 10, "output": 2, "cache": {"read": 1, "write": 0}},
        },
    },
    {"type": "text", "sessionID": "o1", "part": {"text": "Done."}},
    {
        "type": "step_finish",
        "sessionID": "o1",
        "part": {
            "cost": 0.02,
            "tokens": {"input": 20, "output": 3, "cache": {"read": 4, "write": 0}},
        },
    },
]


@pytest.mark.parametrize(
    ("profile", "done", "usage", "usd", "session"),
    [
        ("claude", ended(CLAUDE), (21, 7, 3, 6, None), 0.02, "s1"),
        ("codex", ended(CODEX), (200, 100, None, 20, None), None, "t1"),
        (
            "gptme",
            ended([{"role": "assistant", "content": "Done."}], GPTME_ERR),
            (30, 2, 0, 4, 2),
            None,
            "factory",
        ),
        ("opencode", ended(OPENCODE), (30, 5, 0, 5, 2), 0.03, "o1"),
    ],
)
def test_tokens_and_money(
    profile: str, done: Completed, usage: tuple[Any, ...], usd: float | None, session: str
) -> None:
    said = reading.said(agent(profile), done, {})
    names = ("input", "cache_read", "cache_write", "output", "requests")
    assert said.usage == Usage(**dict(zip(names, usage, strict=True)))
    assert (said.usd, said.session, said.message) == (usd, session, "Done.")


def test_a_refused_tool_is_named_once() -> None:
    assert reading.said(agent("claude"), ended(CLAUDE), {}).denied == ("Edit",)


def test_a_resumed_conversation_counts_only_its_own_part() -> None:
    """Codex adds up over the thread."""
    before = Conversation(session="t1", usage=Usage(input=150, cache_read=50, output=15))
    said = reading.said(agent("codex"), ended(CODEX), {}, before=before)
    assert said.usage == Usage(input=50, cache_read=50, output=5)
    assert said.total.usage == Usage(input=200, cache_read=100, output=20)


def test_a_resumed_conversation_costs_only_its_own_part() -> None:
    """So does Claude Code, money included."""
    before = Conversation(session="s1", usage=Usage(input=1, output=1), usd=0.015)
    said = reading.said(agent("claude"), ended(CLAUDE), {}, before=before)
    assert said.usd == pytest.approx(0.005)
    assert said.usage == Usage(input=20, output=5), "what was unknown before stays so"


@pytest.mark.parametrize("profile", ["claude", "codex", "gptme", "opencode", "gemini", "goose"])
@pytest.mark.parametrize(
    "out", ["", "no JSON", "[]", "{}", "[[1], null]", '{"type": 3}', "{" * 9999]
)
def test_a_program_that_says_nothing_used_nobody_knows_what(profile: str, out: str) -> None:
    said = reading.said(agent(profile), ended(out, out), {})
    assert said.usage is None, "unknown is not 0"


def test_tokens_for_nothing_have_no_known_price() -> None:
    stats = {"total_input_tokens": 9, "total_output_tokens": 1, "total_cost": 0.0}
    assert reading.said(agent("gptme"), ended(err=stats), {}).usd is None
    stats |= {"total_input_tokens": 0, "total_output_tokens": 0}
    assert reading.said(agent("gptme"), ended(err=stats), {}).usd == 0


def test_figures_in_a_file(tmp_path: Path) -> None:
    event = {"event": "message_send", "properties": {"prompt_tokens": 9, "completion_tokens": 2}}
    (tmp_path / "aider.jsonl").write_text(f"{json.dumps(event)}\n" * 2)
    chat = '> aider --model m\n#### the brief\n\nHere it is.\n{"a":\n1}\n\n> Tokens: 9 sent.\n'
    (tmp_path / "aider.md").write_text(chat)
    said = reading.said(agent("aider"), ended("wrapped"), {"scratch": str(tmp_path)})
    assert said.usage == Usage(input=18, output=4, requests=2)
    assert said.message.strip() == 'Here it is.\n{"a":\n1}'
    assert reading.answer(said.message) == {"a": 1}


@pytest.mark.parametrize(
    ("profile", "done", "kind"),
    [
        ("claude", ended(CLAUDE), None),
        ("claude", ended(failure("API Error: 429 rate_limit_error"), code=1), "quota"),
        ("codex", ended(TURN_FAILED % "unexpected status 401 Unauthorized", code=1), "auth"),
        ("codex", ended(TURN_FAILED % "experiencing high demand"), "unavailable"),
        ("gptme", ended(code=75), "quota"),
        ("gptme", ended(code=76), "auth"),
        ("gptme", ended({"content": "max", "metadata": {"max_steps_stop": True}}), "error"),
        ("aider", ended("litellm.AuthenticationError: 401 no such key"), "auth"),
        ("aider", ended("all is well"), None),
        (
            "custom",
            ended(err="AssertionError: 500 != 200 in test_rate_limits:429", code=1),
            "error",
        ),
        ("custom", ended(err="HTTP 429 Too Many Requests", code=1), "quota"),
    ],
)
def test_what_went_wrong(profile: str, done: Completed, kind: str | None) -> None:
    one = agent(profile, command=["x"]) if profile == "custom" else agent(profile)
    found = reading.meaning(one, done, reading.said(one, done, {"scratch": "/none"}), NOW)
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize(
    ("words", "until"),
    [
        ("HTTP 429; retry-after: 30", NOW + timedelta(seconds=30)),
        ("rate limit reached. Please try again in 1.5s.", NOW + timedelta(seconds=1.5)),
        ("rate limit reached, try again in 20 minutes", NOW + timedelta(minutes=20)),
        ("Claude usage limit reached|1767225600", datetime(2026, 1, 1, tzinfo=UTC)),
        ("429 too many requests", None),
    ],
)
def test_when_to_try_again(words: str, until: datetime | None) -> None:
    one = agent("claude")
    done = ended(err=words, code=1)
    found = reading.meaning(one, done, reading.said(one, done, {}), NOW)
    assert found
    assert (found.kind, found.until) == ("quota", until)


@pytest.mark.parametrize(
    ("message", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('Here it is:\n```json\n{"a": {"b": [1]}}\n```\n', {"a": {"b": [1]}}),
        ('I first thought {"a": 0}, then:\n{"a": 1}', {"a": 1}),
        ('{"a": 1} and that is it', None),
        ("nothing", None),
        ("[1]", None),
        ("{" * 100_000, None),
    ],
)
def test_a_hand_off_at_the_end_of_a_message(message: str, value: object) -> None:
    assert reading.answer(message) == value
