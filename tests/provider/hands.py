"""What a model does to the world, in the tools that the program at hand offers it.

A script says `Write("server/app.py", "LIMIT = 4\\n")`; each program has its own name for it, and
aider has no tools: there the edit stands in the answer's text.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.provider.base import Answer, Asked, Call


@dataclass(frozen=True, slots=True)
class Look:
    """Read a file."""

    path: str


@dataclass(frozen=True, slots=True)
class Write:
    """Write a whole file."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Shell:
    """Run a line in a shell."""

    line: str


@dataclass(frozen=True, slots=True)
class Say:
    """Say something, and call no tool."""

    text: str


Deed = Look | Write | Shell | Say


def _call(name: str, **arguments: str) -> Call:
    return Call(name=name, arguments=arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """One program's tools. `known`: a tool that only it has. `end`: the call that ends its work."""

    program: str
    known: str
    look: Callable[[str], Call]
    write: Callable[[str, str], Call]
    shell: Callable[[str], Call]
    end: Call | None = None

    def call(self, deed: Deed) -> Call | None:
        match deed:
            case Look(path):
                return self.look(path)
            case Write(path, text):
                return self.write(path, text)
            case Shell(line):
                return self.shell(line)
            case Say():
                return self.end


PROGRAMS = (
    Hands(
        program="claude",
        known="Bash",
        look=lambda path: _call("Read", file_path=path),
        write=lambda path, text: _call("Write", file_path=path, content=text),
        shell=lambda line: _call("Bash", command=line, description="a command"),
    ),
    Hands(
        program="codex",
        known="exec_command",
        look=lambda path: _call("exec_command", cmd=f"cat {shlex.quote(path)}"),
        write=lambda path, text: _call("exec_command", cmd=_written(path, text)),
        shell=lambda line: _call("exec_command", cmd=line),
    ),
    Hands(
        program="opencode",
        known="bash",
        look=lambda path: _call("read", filePath=path),
        write=lambda path, text: _call("write", filePath=path, content=text),
        shell=lambda line: _call("bash", command=line, description="a command"),
    ),
    Hands(
        program="gptme",
        known="save",
        look=lambda path: _call("shell", command=f"cat {shlex.quote(path)}"),
        write=lambda path, text: _call("save", path=path, content=text),
        shell=lambda line: _call("shell", command=line),
        end=_call("complete"),
    ),
    Hands(
        program="gemini",
        known="run_shell_command",
        look=lambda path: _call("read_file", file_path=path),
        write=lambda path, text: _call("write_file", file_path=path, content=text),
        shell=lambda line: _call("run_shell_command", command=line),
    ),
)


def hands(asked: Asked) -> Hands | None:
    """The program that asks, by the tools it offers; None for one without tools."""
    return next((one for one in PROGRAMS if one.known in asked.tools), None)


def answer(asked: Asked, deeds: Sequence[Deed]) -> Answer:
    """Deeds as one answer to a program."""
    mine = hands(asked)
    said = "\n".join(deed.text for deed in deeds if isinstance(deed, Say))
    if mine is None:
        edits = [_fenced(deed) for deed in deeds if isinstance(deed, Write)]
        return Answer(text="\n".join([*edits, said]))
    calls = [mine.call(deed) for deed in deeds]
    return Answer(text=said, calls=tuple(c for c in calls if c and c.name in asked.tools))


def _fenced(deed: Write) -> str:
    """An edit in aider's format `whole`, its usual one for a model that it does not know."""
    return f"{deed.path}\n```\n{deed.text}```\n"


def _written(path: str, text: str) -> str:
    folder = shlex.quote(path.rpartition("/")[0] or ".")
    return f"mkdir -p {folder} && printf %s {shlex.quote(text)} > {shlex.quote(path)}"
