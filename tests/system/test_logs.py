"""Streams on their way to disk: bounded, rotated, and kept while the program runs."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest
from factoryline.system import logs, process
from factoryline.system.logs import BoundedFile, attempts, next_attempt


def ran(script: str, log: Path, **options: float) -> process.Completed:
    return process.run([sys.executable, "-c", script], cwd=Path(), log=log, **options)  # type: ignore[arg-type]


def test_both_streams_are_kept_and_returned(tmp_path: Path) -> None:
    done = ran("import sys; print('out'); print('err', file=sys.stderr)", tmp_path / "deep/x")
    assert (done.out, done.err, done.code) == ("out\n", "err\n", 0)
    assert (tmp_path / "deep/x.out").read_text() == "out\n"
    assert (tmp_path / "deep/x.err").read_text() == "err\n"
    assert (tmp_path / "deep/x.out").stat().st_mode & 0o777 == 0o600


@pytest.mark.long
def test_a_line_is_on_disk_while_the_program_runs(tmp_path: Path) -> None:
    script = "import time; print('first', flush=True); time.sleep(30)"
    thread = threading.Thread(target=lambda: ran(script, tmp_path / "x", timeout=1.5))
    thread.start()
    deadline = time.monotonic() + 5
    while not (tmp_path / "x.out").exists() or not (tmp_path / "x.out").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert thread.is_alive()
    assert (tmp_path / "x.out").read_text() == "first\n"
    thread.join()


def test_who_takes_a_stream_along_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "SETTLE_SECONDS", 0.2)
    script = """
import subprocess
print(subprocess.Popen(["sleep", "5"], start_new_session=True).pid, flush=True)
"""
    started = time.monotonic()
    done = ran(script, tmp_path / "x")
    assert time.monotonic() - started < 4
    assert done.out.strip().isdigit()


@pytest.mark.parametrize("piece", [1, 7, 100, 5000])
def test_a_file_keeps_its_beginning_and_its_end(tmp_path: Path, piece: int) -> None:
    file = BoundedFile(tmp_path / "x", most=1000)
    data = "".join(f"line {number}\n" for number in range(1000)).encode()
    largest = 0
    for at in range(0, len(data), piece):
        file.write(data[at : at + piece])
        largest = max(largest, (tmp_path / "x").stat().st_size)
    file.close()
    lines = (tmp_path / "x").read_text().splitlines()
    assert largest <= 1100
    assert lines[0] == "line 0"
    assert lines[-1] == "line 999"
    [note] = [line for line in lines if line.startswith("[")]
    whole = [line for line in lines if line != note]
    dropped = int(note.split()[0].strip("[").replace(",", ""))
    assert dropped + sum(len(line) + 1 for line in whole) == len(data)
    assert all(line.startswith("line ") for line in whole)


def test_a_file_without_lines_is_bounded_too(tmp_path: Path) -> None:
    file = BoundedFile(tmp_path / "x", most=1000)
    for _ in range(1000):
        file.write(b"x" * 99)
    file.close()
    assert (tmp_path / "x").stat().st_size <= 1100


@pytest.mark.long
def test_a_runaway_program_does_not_fill_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MOST_BYTES", 200_000)
    done = ran("for n in range(300_000): print('line', n)", tmp_path / "x")
    assert (tmp_path / "x.out").stat().st_size <= 210_000
    assert done.out.startswith("line 0\n")
    assert done.out.endswith("line 299999\n")
    assert "bytes of output are left out here]" in done.out


def left(folder: Path, name: str, size: int = 1) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.out").write_bytes(b"x" * size)
    (folder / f"{name}.err").write_bytes(b"")


def test_attempts_are_counted_on(tmp_path: Path) -> None:
    folder = tmp_path / "limit"
    assert next_attempt(folder, "1-build") == folder / "1-build-1"
    left(folder, "1-build-1")
    left(folder, "1-build-2-7")
    assert next_attempt(folder, "1-build") == folder / "1-build-2"
    assert next_attempt(folder, "1-build-2") == folder / "1-build-2-8"


def test_the_newest_attempts_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "KEPT_ATTEMPTS", 3)
    for number in range(1, 8):
        left(tmp_path, f"scout-{number}")
    left(tmp_path, "1-build-1")
    assert next_attempt(tmp_path, "scout").name == "scout-8"
    kept = {attempt.base.name for attempt in attempts(tmp_path)}
    assert kept == {"scout-6", "scout-7", "1-build-1"}


def test_much_of_an_artifact_goes_the_oldest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.setattr(logs, "KEPT_BYTES", 250)
    for moment, name in enumerate(["scout-1", "1-build-1", "1-build-2", "1-build-3"]):
        left(tmp_path, name, 100)
        for ending in ("out", "err"):
            os.utime(tmp_path / f"{name}.{ending}", (moment, moment))
    next_attempt(tmp_path, "1-build")
    kept = [attempt.base.name for attempt in attempts(tmp_path)]
    assert kept == ["scout-1", "1-build-3"], "of each stage the newest stays"
