"""Every profile, one line each: the file of the same name says how the program is called."""

from __future__ import annotations

PROFILES = (
    "claude",
    "codex",
    "gptme",
    "opencode",
    "gemini",
    "aider",
    "goose",
    "custom",
)
