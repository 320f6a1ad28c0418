"""Modules that are loaded while a program runs."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from factoryline.system import preload


def test_a_module_is_there_soon_and_a_missing_one_harms_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needed_later.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    preload.load("no_such_module_at_all", "needed_later")
    for _ in range(500):
        if hasattr(sys.modules.get("needed_later"), "value"):
            break
        time.sleep(0.01)
    else:
        raise AssertionError("it was not loaded")
    sys.modules.pop("needed_later")
