"""Commands on a damaged factory, and the promise that each of them keeps whatever was damaged."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import resource
import select
import shutil
import signal
import stat
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import factoryline

from tests.damage.edits import damage
from tests.damage.factories import ARTIFACTS, MADE, restore
from tests.damage.rights import without_rights_of_root
from tests.line import BIN, Line, Ran

SECONDS = 20.0
"""How long a command may take; most are done in a second."""

HUNG = 124


@dataclass
class Example:
    """What was done to a factory, and what the commands after it said."""

    seed: int
    factory: str
    edits: list[str] = field(default_factory=list)
    ran: list[tuple[tuple[str, ...], Ran]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        told = [f"{one}\n" for one in self.broken]
        told += [f"  seed {self.seed}, {self.factory}\n"]
        told += [f"  edit: {edit}\n" for edit in self.edits]
        for argv, ran in self.ran:
            said = "".join(f"    {row[:300]}\n" for row in (ran.out + ran.err).split("\n")[-40:])
            told.append(f"  $ {' '.join(argv)}   -> {ran.code}\n{said}")
        return "".join(told)


def example(seed: int, lines: Mapping[str, Line]) -> Example:
    """One example: a true factory, an edit or two, two or three commands, and what is wrong."""
    random = Random(seed)
    name = random.choice(list(MADE))
    line, found = lines[name], Example(seed, name)
    restore(line)
    if random.random() < 0.4:
        run(line, ("factory", "status"))  # so that there are rows and a certificate
    for _ in range(random.choice((1, 1, 1, 2))):
        found.edits.append(damage(random, line))
    full = random.choice((600, 2000, 20_000)) if random.random() < 0.04 else 0
    if full:
        found.edits.append(f"no file may have more than {full:,} bytes, as on a full disk")
    before = Written.of(line)
    as_programs = random.random() < 0.03
    for _ in range(random.choice((2, 2, 3))):
        argv = command(random, name)
        ran = by_program(line, argv) if as_programs else run(line, argv, full=full)
        found.ran.append((argv, ran))
        found.broken += wrong(argv, ran)
        if "nothing to do" in ran.out:
            for cache in (line.state / ".work").glob("*.index"):
                _forget(cache)
            again = run(line, argv)
            if again != ran and not _sealed(again):
                found.ran.append((argv, again))
                found.broken.append("a cache gave another answer")
        if found.broken:
            break
    found.broken += before.lost(Written.of(line), found)
    return found


def import_all() -> None:
    """Import what any command may, so that a fork of this process has it at once."""
    importlib.import_module("doit.doit_cmd")
    for module in pkgutil.walk_packages(factoryline.__path__, "factoryline."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _sealed(ran: Ran) -> bool:
    """Whether it complains of a sealed artifact: one that seems to be as it was is not read."""
    named = re.match(r"error: (.*?/factory-artifacts/[^/]*)/", ran.err)
    return named is not None and Path(named[1], "note.json").exists()


def command(random: Random, factory: str) -> tuple[str, ...]:
    """Something that people type."""
    names = ARTIFACTS[factory]
    name = random.choice(names)
    stage = random.choice(
        ("scout", "1-build", "1-verify", "1-package", "1-review", "2-build", "note")
    )
    by = ("--by", "Ann")
    return random.choice(
        (
            ("doit",),
            ("doit",),
            ("factory", "run"),
            ("factory", "run", name),
            ("doit", name),
            ("doit", f"{name}:{stage}"),
            ("doit", "-n", "2", "-P", "thread"),
            ("doit", "list", "--all", "--status"),
            ("doit", "info", f"{name}:{stage}"),
            ("doit", "forget", f"{name}:{stage}"),
            ("doit", "clean", name),
            ("doit", "ignore", f"{name}:{stage}"),
            ("factory", "status"),
            ("factory", "status"),
            ("factory", "check"),
            ("factory", "plan", name),
            ("factory", "explain"),
            ("factory", "explain", f"{name}/{stage}"),
            ("factory", "diff", name),
            ("factory", "ledger", name),
            ("factory", "ledger", name, "--format", "json"),
            ("factory", "logs", name),
            ("factory", "logs", f"{name}/{stage}"),
            ("factory", "report"),
            ("factory", "report", "--stages", "--format", random.choice(("json", "markdown"))),
            ("factory", "accept", f"{name}/{stage}", "--why", "cosmetic"),
            ("factory", "review", name, "--show"),
            ("factory", "review", name, "--approve", *by),
            ("factory", "review", name, "--request-changes", "--finding", "No.", *by),
            ("factory", "rebase", name),
            ("factory", "reopen", name, "--why", "wrong"),
            ("factory", "map"),
        )
    )


def run(line: Line, argv: tuple[str, ...], *, full: int = 0) -> Ran:
    """A command by its real entry point, in a fork of this process, which has imported it all.

    full: the most bytes that a file may have, as on a full disk; 0 for no limit.
    """
    pipes = [os.pipe(), os.pipe()]
    child = os.fork()
    if child == 0:
        code = 70
        try:
            os.setsid()
            for number, (_, end) in enumerate(pipes, start=1):
                os.dup2(end, number)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
            sys.stderr = open(2, "w", closefd=False, errors="backslashreplace")  # noqa: SIM115
            env = line.env()
            os.environ.clear()
            os.environ.update(env)
            os.chdir(line.home)
            sys.argv = list(argv)
            if full:
                resource.setrlimit(resource.RLIMIT_FSIZE, (full, full))
            without_rights_of_root()
            code = _enter(argv)
            for stream in (sys.stdout, sys.stderr, sys.__stdout__):
                if stream:  # doit holds on to the one that it was imported with
                    stream.flush()
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(code)
    for _, end in pipes:
        os.close(end)
    return _ended(child, [end for end, _ in pipes])


def _enter(argv: tuple[str, ...]) -> int:
    try:
        if argv[0] == "doit":
            from doit.doit_cmd import DoitMain

            return int(DoitMain().run(list(argv[1:])) or 0)
        from factoryline.start import main

        return int(main())
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else int(bool(done.code))


def _ended(child: int, pipes: list[int]) -> Ran:
    """How a process ends, and what it wrote; whoever else holds its pipes is not waited for."""
    end, said, code = time.monotonic() + SECONDS, dict.fromkeys(pipes, b""), None
    while code is None:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
        elif time.monotonic() > end:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            code = HUNG
        open_ones = list(pipes)
        while ready := select.select(open_ones, [], [], 0 if done else 0.003)[0]:
            for pipe in ready:
                data = os.read(pipe, 65536)
                said[pipe] += data
                if not data:
                    open_ones.remove(pipe)
    for pipe in pipes:
        os.close(pipe)
    return Ran(code, *(text.decode(errors="surrogateescape") for text in said.values()))


def by_program(line: Line, argv: tuple[str, ...]) -> Ran:
    """The same as a program of its own."""
    try:
        done = subprocess.run(
            [str(BIN / argv[0]), *argv[1:]],
            cwd=line.home,
            env=line.env(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            preexec_fn=without_rights_of_root,
        )
    except subprocess.TimeoutExpired:
        return Ran(HUNG, "", "")
    out, err = (text.decode(errors="surrogateescape") for text in (done.stdout, done.stderr))
    return Ran(done.returncode, out, err)


def wrong(argv: tuple[str, ...], ran: Ran) -> Iterator[str]:
    """What is wrong with how a command ended."""
    said = ran.out + ran.err
    if ran.code == HUNG:
        yield f"hang of {argv[:2]}"
    elif ran.code not in (0, 1, 2, 3):
        yield f"exit code {ran.code}: {_kind(said)}"
    if "Traceback (most recent" in said or "this is a bug" in said:
        yield f"a bug: {_kind(said)}"
    elif "Exception ignored" in said or "Warning: " in said:
        yield f"a warning: {_kind(said)}"
    elif ran.code in (2, 3) and not ("error" in said and "help:" in said):
        yield f"no next step: {_kind(said)}"
    elif ran.code == 1 and argv[1:2] != ("info",) and not re.search("error|! |usage", said):
        yield f"failed without a word: {_kind(said)}"
    if argv[1:2] != ("logs",) and re.search("[\0-\x08\x0b-\x1f\x7f\ud800-\udfff]", said):
        yield "raw characters reach the terminal"
    if "--format" not in argv and any(len(row) > 5000 for row in said.split("\n")):
        yield "a line without an end"


def _kind(said: str) -> str:
    """What tells one failure from another: the words of its last lines, without what varies."""
    told = [row for row in said.split("\n") if re.search(r"error|bug|Error|Warning|File ", row)]
    text = " / ".join(row.strip() for row in told[-2:])[:400]
    return re.sub(r"/\S*/|[0-9a-f]{8,}|\d+", "_", text)


@dataclass(frozen=True)
class Written:
    """What people and finished stages wrote, as far as it lies where it can be read.

    repository: which one the target is. commits: of branches that are not the line's. kept: all
    that can be reached from anywhere.
    """

    files: Mapping[Path, bytes]
    repository: int
    commits: frozenset[str]
    kept: frozenset[str]

    @classmethod
    def of(cls, line: Line) -> Written:
        state = line.state
        named = [*line.home.glob("*.yaml"), *line.home.glob("*.patch"), *line.home.glob("mine.txt")]
        named += [line.product / "mine.txt", *state.glob("priors/*"), *state.glob("*/*/*.jsonl")]
        named += state.glob("factory-artifacts/*/*.json")
        return cls(
            {p: data for p in named if (data := _data(p)) is not None},
            _target(line).stat().st_ino if _target(line).exists() else 0,
            _commits(line, "--exclude=factory/*", "--branches"),
            _commits(line, "--all"),
        )

    def lost(self, now: Written, found: Example) -> Iterator[str]:
        """What is not there any more, though nobody asked for that."""
        for path, data in self.files.items():
            left = now.files.get(path, b"")
            if path.suffix == ".jsonl":
                if not left.startswith(data.removesuffix(b"\n")):
                    yield f"lines of {path.name} are lost"
            elif "factory-artifacts" in path.parts:
                told = now.files.get(path.with_name("history.jsonl"), b"")
                asked = any("reopen" in argv or "rebase" in argv for argv, _ in found.ran)
                fresh = len(told) > len(self.files.get(path.with_name("history.jsonl"), b""))
                if left != data and not fresh and not asked:
                    yield f"{path.name} changed without a word in the history"
            elif path.parent.name == "priors":
                if path not in now.files:
                    yield "a prior is lost"
            elif left != data:
                yield f"{path.name} is not what it was"
        same = now.repository == self.repository
        if same and now.kept and not self.commits <= now.kept:
            yield "commits are lost"


def _target(line: Line) -> Path:
    made = line.state / ".work/target"
    return made if made.is_dir() else line.product


def _commits(line: Line, *which: str) -> frozenset[str]:
    """What can be reached from some references."""
    place = _target(line)
    if not place.is_dir():
        return frozenset()
    done = subprocess.run(["git", "rev-list", *which], cwd=place, capture_output=True, text=True)
    return frozenset(done.stdout.split()) if done.returncode == 0 else frozenset()


def _data(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if stat.S_ISREG(path.stat().st_mode) else None
    except OSError:
        return None


def _forget(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
