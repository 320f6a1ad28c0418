"""Every write: the old file or the new one, never half of either."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from factoryline.errors import Busy, ExitCode, WorldError
from factoryline.system import files
from factoryline.system.files import Lock, locked


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


# The lock, with a real second process.

HOLD = """
import sys
from pathlib import Path
from factoryline.system.files import Lock
lock = Lock(Path(sys.argv[1]))
lock.acquire("doit run")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def python(script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A second process, once it has said that it is ready."""
    child = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout
    assert child.stdin
    try:
        assert child.stdout.readline()
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
        child.stdin.close()


def test_a_second_holder_hears_who_the_first_is(tmp_path: Path) -> None:
    path = tmp_path / "state/.work/lock"
    with python(HOLD, str(path)) as child:
        with pytest.raises(Busy) as caught:
            Lock(path).acquire("factory review")
        assert caught.value.message == f"the line is in use by process {child.pid} (doit run)"
        assert caught.value.exit_code == ExitCode.REFUSED
        assert "wait until it has ended" in caught.value.help


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with python(HOLD, str(path)) as child:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        with locked(path, "doit run"):
            assert path.read_text() == f"process {os.getpid()} (doit run)"


def test_a_lock_given_back_can_be_taken(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(path, "one"), pytest.raises(Busy, match=r"\(one\)"):
        Lock(path).acquire("two")
    first = Lock(path)
    first.acquire("three")
    first.release()
    first.release()
    Lock(path).acquire("four")
    assert path.read_text().endswith("(four)")


def test_a_lock_is_given_back_when_the_block_fails(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with pytest.raises(KeyError), locked(path, "one"):
        raise KeyError
    with locked(path, "two"):
        pass


def test_a_lock_tells_whether_its_last_holder_was_broken_off(tmp_path: Path) -> None:
    path = tmp_path / "lock"

    def broken_off() -> bool:
        with locked(path, "a look") as lock:
            return lock.broken_off

    assert broken_off(), "nobody knows of a holder"
    assert not broken_off(), "the last one came to its end"
    with python(HOLD, str(path)) as child:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    assert broken_off(), "the last one was killed"
    with pytest.raises(KeyError), locked(path, "one"):
        raise KeyError
    assert broken_off(), "the last one failed"
    assert not broken_off()


def test_a_holder_that_is_killed_while_it_takes_the_lock_leaves_it_broken_off(
    tmp_path: Path,
) -> None:
    path = tmp_path / "lock"
    path.write_text("process 1 (doit run)")
    script = f"import os\nos.write = os.pwrite = lambda *_: os.kill(os.getpid(), 9)\n{HOLD}"
    assert subprocess.run([sys.executable, "-c", script, str(path)]).returncode == -signal.SIGKILL
    with locked(path, "the next one") as lock:
        assert lock.broken_off


def test_a_short_purpose_leaves_nothing_of_a_long_one(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(path, "a very long purpose indeed"):
        pass
    with locked(path, "doit"):
        assert path.read_text() == f"process {os.getpid()} (doit)"
