"""The files that are sent as they are."""

from pathlib import Path

STATIC = Path(__file__).parent / "static"


def stylesheet() -> bytes:
    return (STATIC / "style.css").read_bytes()
