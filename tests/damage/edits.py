"""Random edits of what lies on disk beside factory.yaml; each says in a line what it did."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from factoryline.skipping import quick

from tests.damage.places import name_of, remove, some, write
from tests.damage.repository import git
from tests.damage.values import chained, edited, entry_made_right
from tests.line import Line

Edit = Callable[[Random, Line], str]


def damage(random: Random, line: Line) -> str:
    """One edit of a factory; an empty text where there was nothing for it to edit."""
    edit = random.choices(list(EDITS), weights=list(EDITS.values()))[0]
    try:
        return edit(random, line)
    except RecursionError:
        return ""  # too deep to be written by this program


# Values


def a_value(random: Random, line: Line) -> str:
    """A value in a JSON file, and with a chance the digests that fit it."""
    path = some(random, line, ".json", ".index", ".yaml")
    value = _json(path) if path else None
    if path is None or value is None:
        return ""
    value, what = edited(random, value)
    right = random.random() < 0.8
    if right:
        value = entry_made_right(value)
    if random.random() < 0.2:
        value, more = edited(random, value)
        what += f", {more}"
        value = entry_made_right(value) if right else value
    write(path, json.dumps(value, indent=random.choice((None, 2))))
    return f"{name_of(line, path)}: {what}{', digests made right' if right else ''}"


def a_history(random: Random, line: Line) -> str:
    """Lines of a history removed, doubled, in another order or with another value in them."""
    path = some(random, line, "history.jsonl")
    if path is None:
        return ""
    lines = path.read_text().splitlines()
    at = random.randrange(len(lines))
    match random.choice(("value", "value", "drop", "double", "order", "text", "end")):
        case "value":
            events: list[Any] = [json.loads(one) for one in lines]
            events[at], what = edited(random, events[at])
            right = random.random() < 0.7
            lines = chained(events) if right else [json.dumps(event) for event in events]
            what += ", chained" if right else ""
        case "drop":
            del lines[at]
            what = "dropped"
        case "double":
            lines.insert(at, lines[at])
            what = "doubled"
        case "order":
            random.shuffle(lines)
            what = "and all others in another order"
        case "text":
            lines[at] = random.choice(
                ("", "{}", "[]", "null", '"text"', "1", "{", "\x00" * 9, "[" * 9000)
            )
            what = f"is {lines[at]!r:.20}"
        case _:
            lines[-1] = lines[-1][: random.randrange(len(lines[-1]))]
            what = "and the last cut off"
    write(path, "\n".join(lines) + random.choice(("\n", "\n", "")))
    return f"{name_of(line, path)}: line {at + 1} {what}"


def an_entry_elsewhere(random: Random, line: Line) -> str:
    """An entry, with digests that fit, where another stage's or another artifact's belongs."""
    path, other = (some(random, line, ".json") for _ in range(2))
    value = _json(path) if path else None
    if path is None or other is None or not isinstance(value, dict) or "stage" not in value:
        return ""
    if random.random() < 0.8:
        value["artifact"], value["stage"] = other.parent.name, other.stem
        number, _, cell = other.stem.rpartition("-")
        value["round"], value["cell"] = int(number) if number.isdigit() else None, cell
    if random.random() < 0.2:
        other = other.with_name(random.choice(("3-build.json", "note.json", "a b.json", "é.json")))
    write(other, json.dumps(entry_made_right(value)))
    return f"{name_of(line, other)} holds what {name_of(line, path)} does"


# Texts and files


def a_text(random: Random, line: Line) -> str:
    """The bytes of any file."""
    path = some(random, line)
    if path is None:
        return ""
    data = path.read_bytes()
    at = random.randrange(len(data) + 1)
    half = data[: len(data) // 2]
    name, new = random.choice(
        (
            ("emptied", b""),
            ("cut off", data[:at]),
            ("its beginning gone", data[at:]),
            ("in conflict", b"<<<<<<< HEAD\n" + data + b"=======\n" + half + b">>>>>>> theirs\n"),
            ("a conflict inside", data[:at] + b"\n<<<<<<< HEAD\n=======\n>>>>>>> x\n" + data[at:]),
            ("with CRLF", data.replace(b"\n", b"\r\n")),
            ("with a BOM", b"\xef\xbb\xbf" + data),
            ("in UTF-16", data.decode(errors="replace").encode("utf-16", errors="replace")),
            ("no UTF-8", data[:at] + b"\xff\xfe" + data[at:]),
            ("with NULs", data[:at] + b"\0" * 40 + data[at:]),
            ("all NULs", b"\0" * len(data)),
            ("nested", b"[" * 100_000),
            ("doubled", data + data),
            ("a number", b"9" * 10_000),
            ("null", b"null\n"),
            ("a bit", data[:at] + bytes([data[at - 1] ^ 4]) + data[at + 1 :] if data else b"1"),
            ("a conflict's link", b"../elsewhere\n"),
            (
                "a pointer of git's LFS",
                b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
            ),
        )
    )
    write(path, new)
    return f"{name_of(line, path)}: {name}"


def a_place(random: Random, line: Line) -> str:
    """Another kind of thing where a file or a folder is, or nothing."""
    path = some(random, line, folders=True)
    if path is None or not path.exists():
        return ""
    what = random.choice(
        (
            "gone",
            "gone",
            "a folder",
            "full",
            "a file",
            "dangling",
            "loop",
            "out",
            "fifo",
            "copied",
            "renamed",
        )
    )
    aside = path.with_name(
        random.choice(
            (f"{path.stem} copy{path.suffix}", "x.json", f"{path.name}.orig", f"{path.name}~")
        )
    )
    if what == "copied" and not os.path.lexists(aside):
        shutil.copytree(path, aside, symlinks=True) if path.is_dir() else shutil.copy(path, aside)
    elif what == "renamed" and not os.path.lexists(aside):
        path.rename(aside)
    else:
        remove(path)
    match what:
        case "a folder":
            path.mkdir()
        case "full":
            path.mkdir()
            (path / "x.json").write_text("{}")
        case "a file":
            path.write_text(random.choice(("", "{}", "gitdir: /nowhere\n")))
        case "dangling":
            path.symlink_to("no/such/place")
        case "loop":
            path.symlink_to(path.name)
        case "out":
            path.symlink_to(
                random.choice(("/etc/passwd", "/etc", "..", ".", "/dev/null", "/dev/zero"))
            )
        case "fifo":
            os.mkfifo(path)
    return f"{name_of(line, path)}: {what}"


def a_right(random: Random, line: Line) -> str:
    """What may be done with a file or a folder: nothing, or only to look."""
    path = some(random, line, folders=True)
    if path is None or path.is_symlink() or not path.exists():
        return ""
    mode = random.choice((0o000, 0o444, 0o555, 0o200))
    path.chmod(mode)
    return f"{name_of(line, path)}: mode {mode:o}"


def a_swap(random: Random, line: Line) -> str:
    """Two files in each other's place."""
    one, other = (some(random, line) for _ in range(2))
    if one is None or other is None or one == other:
        return ""
    first, second = one.read_bytes(), other.read_bytes()
    write(one, second)
    write(other, first)
    return f"{name_of(line, one)} and {name_of(line, other)} swapped"


def a_cache(random: Random, line: Line) -> str:
    """A cache with a right checksum and something else in it."""
    caches = sorted((line.state / ".work").glob("*.index"))
    if not caches:
        return ""
    path = random.choice(caches)
    value: object = random.choice(
        (
            None,
            (),
            (1, 2),
            ("x", {}),
            ([], 0.0, {}),
            ([("", 0)], 0, {}),
            ("", {"a": ()}),
            [1],
            {"a": 1},
            ([], "x", []),
        )
    )
    path.write_bytes(quick.pack(value))
    return f"{name_of(line, path)}: {value!r} with its checksum"


EDITS: dict[Edit, int] = {
    a_value: 30,
    a_history: 14,
    an_entry_elsewhere: 8,
    a_text: 16,
    a_place: 16,
    a_swap: 3,
    a_right: 5,
    a_cache: 3,
    git: 12,
}


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
