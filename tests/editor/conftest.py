"""Programs from package indexes, installed once: into FACTORYLINE_INDEX_CACHE, or for the run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LANGUAGE_SERVER = "yaml-language-server@1.25.0"
CHECK_JSONSCHEMA = "check-jsonschema==0.39.0"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    named = os.environ.get("FACTORYLINE_INDEX_CACHE")
    folder = Path(named) if named else tmp_path_factory.mktemp("index")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def language_server(cache: Path) -> list[str]:
    """The command that runs yaml-language-server."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    place = cache / LANGUAGE_SERVER
    program = place / "node_modules/.bin/yaml-language-server"
    if not program.exists():
        options = ["--no-fund", "--no-audit", "--ignore-scripts", "--prefix", str(place)]
        _run(["npm", "install", *options, LANGUAGE_SERVER])
    return [str(program), "--stdio"]


@pytest.fixture(scope="session")
def check_jsonschema(cache: Path) -> str:
    """The program check-jsonschema, in an environment of its own."""
    place = cache / CHECK_JSONSCHEMA
    program = place / "bin/check-jsonschema"
    if not program.exists():
        _run([sys.executable, "-m", "venv", str(place)])
        _run([str(place / "bin/python"), "-m", "pip", "install", "-q", CHECK_JSONSCHEMA])
    return str(program)


def _run(argv: list[str]) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{' '.join(argv)}\n{done.stdout}{done.stderr}"
