"""What a subcommand is, and what most of them need."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from factoryline.errors import UserError
from factoryline.pipeline import compile_factory, find
from factoryline.run.factory import Factory


class Command(Protocol):
    """A module of this folder. HELP is one line, and EXAMPLES are commands that one may type.

    `run` prints to stdout and returns a code.
    """

    HELP: str
    EXAMPLES: tuple[str, ...]

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...
    def run(self, args: argparse.Namespace) -> int: ...


def find_file(args: argparse.Namespace) -> Path:
    """The factory.yaml that the command is about: `--file`, or the nearest above this folder."""
    return (Path(args.file) if args.file else find(Path.cwd())).absolute()


def open_factory(args: argparse.Namespace) -> Factory:
    """The factory that the command is about."""
    path = find_file(args)
    asked = time.time_ns()
    return Factory(compile_factory(path), asked)


def add_names(parser: argparse.ArgumentParser, *, needed: bool = False) -> None:
    parser.add_argument(
        "name", nargs="+" if needed else "*", help="artifacts (NAME) or stages (NAME:STAGE)"
    )


def through_doit(args: argparse.Namespace, words: Sequence[str]) -> int:
    """Run a command of doit with the names that were given; returns its exit code."""
    if args.file:
        raise UserError(
            f"`factory {words[0]}` works on the factory.yaml of its folder", help="go there"
        )
    from factoryline.drive.engine import run_doit
    from factoryline.plugin import Loader

    loader = Loader()
    try:
        return run_doit(loader, [*words, *(name.replace("/", ":") for name in args.name)])
    finally:
        # Whoever waits between two runs keeps nobody from the line.
        if loader.lock:
            loader.lock.drop()


DOIT = "doit.cfg"


def loader_in(home: Path) -> str:
    """The file by which doit knows that we load its tasks; empty when none says so."""
    import configparser

    table = read_toml(home / "pyproject.toml").get("tool", {}).get("doit", {})
    if table.get("loader") == "factory":
        return "pyproject.toml"
    parser = configparser.ConfigParser(allow_no_value=True, interpolation=None)
    try:
        parser.read(home / DOIT, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return ""
    return DOIT if parser.get("GLOBAL", "loader", fallback="") == "factory" else ""


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file says; nothing where there is none, or none that can be read."""
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}
