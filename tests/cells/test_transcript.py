"""What agents print, for people. The lines are those of the programs, shortened."""

from __future__ import annotations

import json
from typing import Any

import pytest
from factoryline.cells.transcript import readable

SAMPLES: list[tuple[dict[str, Any], str]] = [
    # Claude Code.
    (
        {
            "type": "assistant",
            "message": {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "I look."},
                    {"type": "tool_use", "name": "Bash", "input": {"command": "ls\n-l"}},
                ],
            },
        },
        'assistant: I look.\n  → Bash {"command": "ls\\n-l"}',
    ),
    (
        {
            "type": "user",
            "message": {"role": "user", "content": [{"type": "tool_result", "content": "a\nb"}]},
        },
        "  ← a b",
    ),
    ({"type": "result", "result": "Done."}, "result: Done."),
    ({"type": "system", "subtype": "init"}, "· system"),
    # Codex.
    (
        {"type": "item.completed", "item": {"type": "agent_message", "text": "Hello."}},
        "assistant: Hello.",
    ),
    (
        {"type": "item.completed", "item": {"type": "command_execution", "command": "ls"}},
        "  → command ls",
    ),
    ({"type": "turn.failed", "error": {"message": "no"}}, "error: no"),
    # gptme.
    ({"type": "message", "role": "assistant", "content": "Hello."}, "assistant: Hello."),
    # opencode.
    ({"type": "text", "part": {"text": "Hello."}}, "assistant: Hello."),
    (
        {"type": "tool_use", "part": {"tool": "edit", "state": {"input": {"path": "a"}}}},
        '  → edit {"path": "a"}',
    ),
    ({"type": "error", "error": {"data": {"message": "no"}}}, "error: no"),
]


@pytest.mark.parametrize(("value", "text"), SAMPLES)
def test_lines_of_the_programs(value: dict[str, Any], text: str) -> None:
    assert readable(json.dumps(value)) == text


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("plain words", "plain words"),
        ("", ""),
        ("{half", "{half"),
        ("[1, 2]", "[1, 2]"),
        ("{}", "· json"),
        ('{"type": 3, "message": 4, "part": [], "item": {"x": null}}', "· 3"),
        ('{"message": {"content": [null, 3, {"a": 1}]}}', "· json"),
        ("\x1b[2Jcleared\x07", "�[2Jcleared�"),
    ],
)
def test_odd_lines(line: str, text: str) -> None:
    assert readable(line) == text


def test_a_long_call_is_cut() -> None:
    part = {"type": "tool_use", "name": "Write", "input": {"text": "x" * 9999}}
    line = json.dumps({"message": {"role": "assistant", "content": [part]}})
    assert len(readable(line)) < 200
