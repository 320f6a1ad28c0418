"""Every write: the old file or the new one, never half of either."""

from __future__ import annotations

import errno
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from factoryline.errors import WorldError
from factoryline.system import files

from tests.system.second import python


def refuse(*_: Any, **__: Any) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def unfinished(folder: Path) -> list[Path]:
    return list(folder.rglob(files.UNFINISHED))


def test_a_file_and_its_folders_appear(tmp_path: Path) -> None:
    path = tmp_path / "a/b/c.txt"
    files.write_durable(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(path.parent) == ["c.txt"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "c.txt"
    files.write_text(path, "old")
    files.write_text(path, "größe\n")
    assert path.read_bytes() == "größe\n".encode()


@pytest.mark.parametrize("call", ["fsync", "replace", "fchmod", "fdopen"])
def test_the_old_file_survives_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "c.txt"
    files.write_text(path, "old")
    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(WorldError) as caught:
        files.write_text(path, "new")
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert caught.value.message == f"could not write {path}: No space left on device"
    assert "\n" not in caught.value.message
    assert "nothing finished is lost" in caught.value.help
    assert unfinished(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_rights_is_said_in_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(WorldError, match=r"could not write .*c\.txt: Permission denied"):
        files.write_text(tmp_path / "c.txt", "new")


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "c.txt").mkdir()
    with pytest.raises(WorldError, match=r"could not write .*c\.txt: Is a directory"):
        files.write_text(tmp_path / "c.txt", "new")
    assert unfinished(tmp_path) == []


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file")
    with pytest.raises(WorldError, match="could not write"):
        files.write_text(tmp_path / "a/c.txt", "new")


WRITE_FOREVER = """
import sys
from pathlib import Path
from factoryline.system import files
path, number = Path(sys.argv[1]), 0
print("ready", flush=True)
while True:
    number += 1
    files.write_json(path, {"number": number, "filling": "x" * 200_000})
"""


def test_killed_in_the_middle_a_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    for pause in (0.01, 0.03, 0.05):
        with python(WRITE_FOREVER, str(path)) as child:
            while not path.exists():
                pass
            time.sleep(pause)
            os.kill(child.pid, signal.SIGKILL)
        assert json.loads(path.read_text())["number"] >= 1
        path.unlink()


def test_lines_are_added(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    files.append_line(path, "one")
    files.append_line(path, "two")
    assert path.read_text() == "one\ntwo\n"


def test_a_failed_addition_leaves_the_lines_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lines"
    files.append_line(path, "one")
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(WorldError):
        files.append_line(path, "two")
    assert path.read_text() == "one\n"


def test_json_reads_well_in_a_diff(tmp_path: Path) -> None:
    path = tmp_path / "value.json"
    files.write_json(path, {"b": "größe", "a": [1]})
    assert path.read_text() == '{\n  "b": "größe",\n  "a": [\n    1\n  ]\n}\n'
    assert files.read_json(path) == {"b": "größe", "a": [1]}


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"<<<<<<< ours\n"])
def test_a_file_that_is_no_json(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "value.json"
    path.write_bytes(data)
    with pytest.raises(WorldError) as caught:
        files.read_json(path)
    assert caught.value.message.startswith(f"{path} is not valid JSON: ")
    assert caught.value.help == "it was changed by hand or by a merge; restore it from git"


def test_removing_what_is_there_and_what_is_not(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("x")
    files.remove(path)
    files.remove(path)
    (tmp_path / "link").symlink_to("nowhere")
    files.remove(tmp_path / "link")
    files.remove_tree(tmp_path / "absent")
    assert {"file", "link"} & set(names(tmp_path)) == set()


def test_a_tree_is_copied_without_its_caches(tmp_path: Path) -> None:
    for name in ("a.py", "__pycache__/a.pyc", ".git/config", "deep/b.py", "deep/.git/config"):
        files.write_text(tmp_path / "from" / name, name)
    files.copy_tree(tmp_path / "from", tmp_path / "to")
    copied = sorted(p.relative_to(tmp_path / "to").as_posix() for p in (tmp_path / "to").rglob("*"))
    assert copied == ["a.py", "deep", "deep/b.py"]


def test_digests() -> None:
    assert files.digest_bytes(b"") == (
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    assert files.digest_json({"a": 1, "b": 2}) == files.digest_json({"b": 2, "a": 1})
    assert files.digest_json([1, 2]) != files.digest_json([2, 1])
    assert files.digest_json("1") != files.digest_json(1)
    assert files.digest_json(os.fsdecode(b"\xff")) != files.digest_json(os.fsdecode(b"\xfe"))
