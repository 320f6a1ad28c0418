"""Programs in a box: what they can reach, with the real bubblewrap."""

from __future__ import annotations

import os
import socket
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from factoryline.system import process, sandbox
from factoryline.system.sandbox import Box

from tests.system.test_process import DAEMON, is_alive

WHY, _ = sandbox.trouble(network=False)
real = pytest.mark.skipif(bool(WHY), reason=f"no sandbox here: {WHY}")


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """A box over `work`, in which `work/fixed` is not to be written."""
    for name in ("work/fixed", "tmp", "other"):
        (tmp_path / name).mkdir(parents=True)
    work = tmp_path / "work"
    return Box(folder=work, writable=(work,), fixed=(work / "fixed",), temporary=tmp_path / "tmp")


def inside(box: Box, *command: str, **options: object) -> process.Completed:
    env = sandbox.environment(os.environ)
    readable = (*sandbox.programs(env), Path(sys.prefix), *box.readable)
    box = Box(
        folder=box.folder,
        writable=box.writable,
        fixed=box.fixed,
        temporary=box.temporary,
        readable=readable,
        network=box.network,
        root=box.root,
    )
    return process.run(sandbox.argv(command, box), cwd=box.folder, env=env, **options)  # type: ignore[arg-type]


def without_network(box: Box) -> Box:
    return Box(folder=box.folder, writable=box.writable, temporary=box.temporary, network=False)


def test_the_command_says_what_is_bound(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("work")
    box = Box(
        folder=tmp_path / "link",
        writable=(tmp_path / "link", Path("/var/-odd name")),
        temporary=tmp_path / "tmp",
        readable=(Path("/usr/share"), Path("/tmp/tools")),
        network=False,
    )
    argv = sandbox.argv(["-x", "a b"], box)
    text = " ".join(argv)
    assert argv[0] == "bwrap"
    assert argv[-3:] == ["--", "-x", "a b"]
    assert "--unshare-net" in argv
    assert f"--bind {tmp_path}/work {tmp_path}/work" in text, "no link can be mounted on"
    assert "--bind /var/-odd name /var/-odd name" in text
    assert "--ro-bind /tmp/tools /tmp/tools" in text
    assert "/usr/share" not in text, "it is to be seen anyway"
    assert text.index("--ro-bind / /") < text.index("/tmp/tools") < text.index("/var/-odd")


def test_no_variable_leads_to_a_program_of_the_user() -> None:
    env = {"PATH": "/bin", "SSH_AUTH_SOCK": "/tmp/ssh-1/agent", "DOCKER_HOST": "unix:///x"}
    found = sandbox.environment(env)
    assert found == {"PATH": "/bin", "TMPDIR": "/tmp", "GIT_OPTIONAL_LOCKS": "0"}


def test_a_temporary_folder_on_the_path_brings_nothing_back(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    path = f"/tmp:/tmp/bin:/bin:relative:/run:/no/such/bin:{tmp_path}/bin"
    assert sandbox.programs({"PATH": path}) == (tmp_path,)


@real
def test_it_writes_where_it_may_and_nowhere_else(box: Box, tmp_path: Path) -> None:
    name = f"owned-{uuid.uuid4().hex}"
    far = [Path("/etc", name), Path("/usr", name), Path.home() / name, Path(__file__).parent / name]
    near = [tmp_path / "other" / name, tmp_path / name, Path("/tmp", name), box.folder / "fixed/x"]
    script = 'for path; do touch "$path" 2>/dev/null; done; touch "odd name"; echo done'
    done = inside(box, "sh", "-c", script, "sh", *map(str, [*far, *near]))
    assert done.out == "done\n", done.err
    assert (box.folder / "odd name").exists()
    assert [path for path in (*far, *near) if path.exists()] == []
    assert (tmp_path / "tmp" / name).exists(), "its /tmp is a folder of its own"


@real
@pytest.mark.parametrize(
    "deed",
    [
        "mount -o remount,rw /",
        "mount -o remount,rw,bind /etc",
        "umount -l {work}/fixed",
        "mv {work}/fixed {work}/gone",
        "rm -r {work}/fixed",
        "ln {other}/secret {work}/mine && echo x > {work}/mine",
        "kill -0 {pid}",
        "ls -d /proc/{pid}",
        "cat {other}/secret",
        "ls /run/* ",
        # Asked, not tried: what is written there holds for the whole machine.
        "test -w /proc/sys/kernel/core_pattern",
        "test -w /proc/sysrq-trigger",
        "test -w /sys/kernel/uevent_helper",
        "ls /dev/sda /dev/vda /dev/mem",
        "mknod {work}/disk b 8 0 && cat {work}/disk",
        "unshare -Urm sh -c 'mount -o remount,rw,bind / && touch /etc/owned-by-a-test'",
    ],
)
def test_what_it_cannot_do(box: Box, tmp_path: Path, deed: str) -> None:
    (tmp_path / "other/secret").write_text("1")
    words = {"work": box.folder, "other": tmp_path / "other", "pid": os.getpid()}
    done = inside(box, "sh", "-c", deed.format(**words))
    assert done.code not in (0, None), done.out
    assert (tmp_path / "other/secret").read_text() == "1"
    assert (box.folder / "fixed").is_dir()


@real
def test_the_network_is_open_unless_it_is_taken_away(box: Box) -> None:
    script = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 2)"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = (sys.executable, "-c", script, str(listener.getsockname()[1]))
        assert inside(box, *command).code == 0
        refused = inside(without_network(box), *command)
    assert refused.code == 1
    assert "Connection refused" in refused.err


@real
def test_no_socket_of_another_program_can_be_reached(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as that of an ssh-agent, which a disk that is read-only would not keep from it."""
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(tmp_path)
        listener.bind("agent.sock")
        listener.listen()
        script = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
        done = inside(box, sys.executable, "-c", script, str(tmp_path / "agent.sock"))
    assert "FileNotFoundError" in done.err


@pytest.mark.long
@real
@pytest.mark.parametrize("bounds", [{"timeout": 0.7}, {"idle": 0.7}])
def test_it_is_ended_with_its_children(box: Box, tmp_path: Path, bounds: dict[str, float]) -> None:
    """Also who ignores the request to end, and who left the session."""
    script = (
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + DAEMON + "time.sleep(60)"
    )
    name = f"daemon-{uuid.uuid4().hex}"
    command = (sys.executable, "-c", script, name)
    started = time.monotonic()
    done = inside(box, *command, log=tmp_path / "log", **bounds)
    assert (done.timed_out, done.silent) == ("timeout" in bounds, "idle" in bounds)
    assert time.monotonic() - started < 5
    assert (box.folder / name).exists(), "it had begun"
    assert _running(name) == []


@real
def test_a_daemon_does_not_outlive_it(box: Box, tmp_path: Path) -> None:
    name = f"daemon-{uuid.uuid4().hex}"
    assert inside(box, sys.executable, "-c", DAEMON, name, log=tmp_path / "log").code == 0
    assert _running(name) == []


def _running(word: str) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return [pid for pid in found if is_alive(pid)]


@real
def test_its_exit_code_and_its_streams_are_its_own(box: Box) -> None:
    done = inside(box, "sh", "-c", "cat; echo err >&2; exit 7", stdin=b"a brief")
    assert (done.code, done.out, done.err) == (7, "a brief", "err\n")


class TestWhatKeepsItFromWorking:
    @pytest.fixture(autouse=True)
    def afresh(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
        sandbox.trouble.cache_clear()
        monkeypatch.setenv("PATH", str(tmp_path))
        yield
        sandbox.trouble.cache_clear()

    def test_no_linux(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "darwin")
        assert sandbox.trouble() == (
            "bubblewrap is for Linux only",
            "leave `sandbox` out, or run the line on Linux",
        )

    @pytest.mark.skipif(sys.platform != "linux", reason="said otherwise elsewhere")
    def test_no_program(self) -> None:
        assert sandbox.trouble() == (
            "`bwrap` was not found",
            "install the package `bubblewrap`",
        )

    @pytest.mark.skipif(sys.platform != "linux", reason="said otherwise elsewhere")
    def test_no_rights(self, tmp_path: Path) -> None:
        program = tmp_path / "bwrap"
        said = "bwrap: No permissions to create new namespace"
        program.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
        program.chmod(0o755)
        why, help = sandbox.trouble()
        assert why == "bubblewrap cannot make a box here: No permissions to create new namespace"
        assert "unprivileged user namespaces" in help
