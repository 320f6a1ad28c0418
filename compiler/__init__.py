"""factoryline: make for agent work in a git repository."""

from __future__ import annotations

VERSION = "0.1.0"
