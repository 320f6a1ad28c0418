"""How the line scales beside make, doit and others: `python -m benchmarks.scale`.

Each figure is a ratio of medians from one run, since machines are shared and noisy: the programs
take turns, so that what slows one slows the others. `--artifacts` sets the size (1,000 artifacts of
ten stages unless given), `--turns` how often each program runs.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import scale_line

BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A command to time. `before` puts things back, untimed, before each turn."""

    name: str
    argv: Sequence[str]
    cwd: Path
    before: Callable[[], None] | None = None


def measure(programs: Sequence[Program], turns: int) -> dict[str, tuple[float, int]]:
    """Median seconds and peak memory in KiB of each, taking turns; the first one is not counted."""
    seconds: dict[str, list[float]] = {program.name: [] for program in programs}
    memory: dict[str, int] = {}
    for turn in range(turns + 1):
        for program in programs:
            if program.before:
                program.before()
            started = time.perf_counter()
            process = subprocess.Popen(
                program.argv, cwd=program.cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
            _, status, usage = os.wait4(process.pid, 0)
            took = time.perf_counter() - started
            if status:
                error = process.stderr.read().decode() if process.stderr else ""
                raise SystemExit(f"{program.name} failed: {error}")
            if turn:
                seconds[program.name].append(took)
            memory[program.name] = max(memory.get(program.name, 0), usage.ru_maxrss)
    return {name: (statistics.median(all_), memory[name]) for name, all_ in seconds.items()}


def plain_doit(folder: Path, artifacts: int) -> None:
    """The same number of tasks, written by hand for doit, all done."""
    folder.mkdir()
    (folder / "dodo.py").write_text(
        "DOIT_CONFIG = {'backend': 'json', 'verbosity': 0, 'reporter': 'executed-only'}\n"
        f"def task_thing():\n    for a in range({artifacts}):\n"
        f"        for s in range({scale_line.STAGES}):\n"
        "            yield {'name': f'{a}-{s}', 'targets': [f'out/{a}-{s}'],\n"
        "                   'file_dep': [f'out/{a}-{s - 1}' if s else f'in/{a}'],\n"
        "                   'actions': [(touch, [f'out/{a}-{s}'])]}\n"
        "def touch(path):\n    open(path, 'w').close()\n"
    )
    (folder / "in").mkdir()
    (folder / "out").mkdir()
    for number in range(artifacts):
        (folder / "in" / str(number)).write_text(str(number))
    subprocess.run([BIN / "doit"], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def makefile(folder: Path, artifacts: int) -> None:
    """The same as rules of make, all done."""
    folder.mkdir()
    outs = [f"out/{a}-{s}" for a in range(artifacts) for s in range(scale_line.STAGES)]
    rules = ["all: " + " ".join(outs)]
    for a in range(artifacts):
        for s in range(scale_line.STAGES):
            rules.append(f"out/{a}-{s}: {f'out/{a}-{s - 1}' if s else f'in/{a}'}\n\t@touch $@")
    (folder / "Makefile").write_text("\n".join(rules) + "\n")
    (folder / "in").mkdir()
    (folder / "out").mkdir()
    for number in range(artifacts):
        (folder / "in" / str(number)).write_text(str(number))
    subprocess.run(["make", "-rR", "-s"], cwd=folder, check=True)


def line(folder: Path, artifacts: int, *, sealed: bool) -> None:
    """A factory, all fresh, in a process of its own so that this one stays as it is."""
    folder.mkdir()
    code = (
        "from pathlib import Path; from benchmarks import scale_line as line\n"
        f"line.write_spec(Path({str(folder)!r}), {artifacts})\n"
        f"line.record(Path({str(folder)!r}), sealed={sealed})"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    time.sleep(0.2)
    for _ in range(2):
        subprocess.run([BIN / "doit"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        time.sleep(0.2)


def edit(path: Path) -> Callable[[], None]:
    """Change a goal: a new one each time."""
    count = iter(range(1_000_000))

    def change() -> None:
        text = path.read_text()
        start = text.index("goal:")
        end = text.index("\n", start)
        path.write_text(f"{text[:start]}goal: Version {next(count)} of it.{text[end:]}")
        time.sleep(0.06)

    return change


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--artifacts", type=int, default=1000)
    parser.add_argument("--turns", type=int, default=7)
    options = parser.parse_args()
    count, turns = options.artifacts, options.turns
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        _print_machine(count)
        line(place / "sealed", count, sealed=True)
        line(place / "open", count, sealed=False)
        line(place / "edited", count, sealed=False)
        line(place / "ten", 1, sealed=False)
        plain_doit(place / "doit", count)
        plain_doit(place / "doit-ten", 1)
        makefile(place / "make", count)
        makefile(place / "make-ten", 1)
        programs = [
            Program(name="make -rR", argv=["make", "-rR", "-s"], cwd=place / "make"),
            Program(name="plain doit", argv=[str(BIN / "doit")], cwd=place / "doit"),
            Program(name="doit, sealed", argv=[str(BIN / "doit")], cwd=place / "sealed"),
            Program(name="doit, open", argv=[str(BIN / "doit")], cwd=place / "open"),
            Program(
                name="factory run, sealed", argv=[str(BIN / "factory"), "run"], cwd=place / "sealed"
            ),
            Program(
                name="factory run, open", argv=[str(BIN / "factory"), "run"], cwd=place / "open"
            ),
            Program(name="plain doit, ten", argv=[str(BIN / "doit")], cwd=place / "doit-ten"),
            Program(name="doit, ten", argv=[str(BIN / "doit")], cwd=place / "ten"),
            Program(
                name="finding one stale",
                argv=[str(BIN / "factory"), "status"],
                cwd=place / "edited",
                before=edit(place / "edited/artifacts/thing-0.yaml"),
            ),
            Program(name="import doit", argv=[sys.executable, "-c", "import doit"], cwd=place),
            Program(
                name="factory status", argv=[str(BIN / "factory"), "status"], cwd=place / "sealed"
            ),
            Program(
                name="factory status, open",
                argv=[str(BIN / "factory"), "status"],
                cwd=place / "open",
            ),
            Program(
                name="factory check, edited",
                argv=[str(BIN / "factory"), "check"],
                cwd=place / "edited",
                before=edit(place / "edited/artifacts/thing-0.yaml"),
            ),
        ]
        found = measure(programs, turns)
        _print(found)
        _print_inside(place / "sealed", turns)


def _print_inside(folder: Path, turns: int) -> None:
    """What is measured within a process: compiling, and a stage beyond its cell's own time."""
    code = (
        "import statistics, sys, time; from pathlib import Path\n"
        "from benchmarks.scale_line import cold\n"
        "from factoryline.pipeline import compile_factory\n"
        f"home, turns = Path({str(folder)!r}), {turns}\n"
        "def median(work):\n"
        "    times = []\n"
        "    for _ in range(turns):\n"
        "        start = time.perf_counter(); work(); times.append(time.perf_counter() - start)\n"
        "    return statistics.median(times) * 1000\n"
        "kept = median(lambda: compile_factory(home / 'factory.yaml'))\n"
        "print(f'the kept plan               {kept:.0f} ms, target 20 ms')\n"
        "def edited():\n"
        "    path = home / 'artifacts/thing-1.yaml'; path.write_text(path.read_text() + '#\\n')\n"
        "    compile_factory(home / 'factory.yaml')\n"
        "print(f'compile after an edit       {median(edited):.0f} ms, target 500 ms')\n"
        "each, plain = cold(home)\n"
        "print(f'a cold stage beyond its cell {each:.2f} ms, target 1.5 ms '\n"
        "      f'(of it {plain:.2f} ms for three durable writes)')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


RATIOS = [
    ("no-op doit, sealed", "doit, sealed", "plain doit", 0.35),
    ("no-op doit, open", "doit, open", "plain doit", 0.35),
    ("no-op doit, sealed", "doit, sealed", "make -rR", 4.0),
    ("no-op doit, open", "doit, open", "make -rR", 4.0),
    ("no-op factory run, sealed", "factory run, sealed", "make -rR", 1.0),
    ("no-op factory run, open", "factory run, open", "make -rR", 1.0),
    ("no-op doit, ten stages", "doit, ten", "plain doit, ten", 1.25),
    ("finding one stale, open", "finding one stale", "plain doit", 0.45),
    ("factory status, sealed", "factory status", "import doit", 1.5),
    ("factory status, open", "factory status, open", "import doit", 1.5),
]


def _print(found: dict[str, tuple[float, int]]) -> None:
    print(f"\n{'program':<26}{'median':>10}{'peak memory':>14}")
    for name, (seconds, memory) in found.items():
        print(f"{name:<26}{seconds * 1000:>7.0f} ms{memory / 1024:>10.0f} MiB")
    print(f"\n{'case':<28}{'beside':<18}{'ratio':>7}{'target':>8}")
    for case, ours, peer, target in RATIOS:
        ratio = found[ours][0] / found[peer][0]
        mark = "" if ratio <= target else "  missed"
        print(f"{case:<28}{peer:<18}{ratio:>7.2f}{target:>8.2f}{mark}")


def _print_machine(artifacts: int) -> None:
    from importlib.metadata import version

    made = subprocess.run(["make", "--version"], capture_output=True, text=True).stdout
    print(f"{artifacts * scale_line.STAGES:,} stages of {artifacts:,} artifacts")
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"doit {version('doit')}, {made.splitlines()[0] if shutil.which('make') else 'no make'}")


if __name__ == "__main__":
    main()
