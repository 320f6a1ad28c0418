"""How the line scales beside make, ninja, doit, snakemake and dvc: `python -m benchmarks.scale`.

Each figure is a ratio of medians from one run, since machines are shared and noisy: the programs
take turns, so that what slows one slows the others. `--artifacts` sets the size (1,000 artifacts of
ten stages unless given), `--turns` how often each program runs. The peers are installed into
virtual environments of their own, which are kept; `--peers make,doit` takes fewer.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks.scale import line
from benchmarks.scale.measure import Found, Program, measure
from benchmarks.scale.peers.base import installed
from benchmarks.scale.peers.table import PEERS

BIN = Path(sys.executable).parent
DOIT, FACTORY = str(BIN / "doit"), str(BIN / "factory")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--artifacts", type=int, default=1000)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--peers", default=",".join(PEERS))
    options = parser.parse_args()
    if options.artifacts < 20:
        parser.error("at least 20 artifacts, so that the sizes differ")
    sizes = (options.artifacts, options.artifacts // 10, 1)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
        bins = _bins(options.peers.split(","))
        programs = [*_peers(place, sizes, bins), *_ours(place, sizes)]
        found = measure(programs, options.turns)
        _print(found, sizes)
        _print_inside(place / f"sealed-{sizes[0]}", options.turns)


def _bins(names: list[str]) -> Mapping[str, Path]:
    """Where each peer's programs are."""
    bins = {}
    for name in names:
        package = PEERS[name].PACKAGE
        bins[name] = installed(package) if package else BIN
        print(PEERS[name].version(bins[name]))
    return bins


def stages(artifacts: int) -> int:
    return artifacts * line.STAGES


def _peers(place: Path, sizes: tuple[int, ...], bins: Mapping[str, Path]) -> Iterator[Program]:
    for name, own in bins.items():
        peer = PEERS[name]
        for size in sizes:
            if stages(size) <= peer.MOST:
                folder = place / f"{name}-{size}"
                peer.write(folder, size, line.STAGES, own)
                yield Program(
                    name=f"{name}, {stages(size):,}",
                    argv=peer.command(own),
                    cwd=folder,
                    turns=peer.TURNS,
                )
        if name == "doit":
            folder = place / "doit-edited"
            peer.write(folder, sizes[0], line.STAGES, own)
            before = _count(folder / "in/0")
            argv = peer.command(own)
            yield Program(name="doit, one stale", argv=argv, cwd=folder, before=before)


def _ours(place: Path, sizes: tuple[int, ...]) -> Iterator[Program]:
    big, middle, small = sizes
    for size, sealed in ((big, True), (big, False), (middle, False), (small, False)):
        state = "sealed" if sealed else "open"
        folder = place / f"{state}-{size}"
        _line(folder, size, sealed=sealed)
        what = f"{state}, {stages(size):,}"
        yield Program(name=f"line: doit, {what}", argv=[DOIT], cwd=folder)
        yield Program(name=f"line: factory run, {what}", argv=[FACTORY, "run"], cwd=folder)
        yield Program(name=f"line: factory status, {what}", argv=[FACTORY, "status"], cwd=folder)
    for name, argv in (("doit", [DOIT]), ("factory run", [FACTORY, "run"])):
        folder = place / f"edited by {name}"
        _line(folder, big, sealed=False)
        before = _title(folder / "artifacts/thing-0.yaml")
        yield Program(name=f"line: {name}, one stale", argv=argv, cwd=folder, before=before)
    for name, code in (("import doit", "import doit"), ("a bare python", "pass")):
        yield Program(name=name, argv=[sys.executable, "-c", code], cwd=place)


def _line(folder: Path, artifacts: int, *, sealed: bool) -> None:
    """A factory, all fresh, in a process of its own so that this one stays as it is."""
    folder.mkdir()
    code = (
        "from pathlib import Path; from benchmarks.scale import line\n"
        f"line.write_spec(Path({str(folder)!r}), {artifacts})\n"
        f"line.record(Path({str(folder)!r}), sealed={sealed})"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    time.sleep(0.2)
    for _ in range(2):
        subprocess.run([DOIT], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        time.sleep(0.2)


def _title(path: Path) -> Callable[[], None]:
    """Change a title, a new one each time: the packet is rendered anew, and nothing else is."""
    count = iter(range(1_000_000))

    def change() -> None:
        text = path.read_text()
        path.write_text(
            f"title: Artifact, for the {next(count)}th time\n{text.partition(chr(10))[2]}"
        )
        time.sleep(0.06)

    return change


def _count(path: Path) -> Callable[[], None]:
    """Change a file, another number each time: one task runs, and what it makes stays the same."""
    count = iter(range(1_000_000))

    def change() -> None:
        path.write_text(f"edit {next(count)}")
        time.sleep(0.06)

    return change


def _print_inside(folder: Path, turns: int) -> None:
    """What is measured within a process: compiling, and a stage beyond its cell's own time."""
    code = (
        "import statistics, sys, time; from pathlib import Path\n"
        "from benchmarks.scale.line import cold\n"
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


def _ratios(sizes: tuple[int, ...]) -> Iterator[tuple[str, str, float]]:
    """Our program, the peer beside it, and the most that the ratio may be."""
    big, middle, small = (f"{stages(size):,}" for size in sizes)
    yield f"line: doit, sealed, {big}", f"doit, {big}", 0.35
    yield f"line: doit, open, {big}", f"doit, {big}", 0.35
    yield f"line: doit, sealed, {big}", f"make, {big}", 4.0
    yield f"line: doit, open, {big}", f"make, {big}", 4.0
    yield f"line: doit, open, {small}", f"doit, {small}", 1.25
    yield "line: doit, one stale", "doit, one stale", 0.45
    yield "line: factory run, one stale", "doit, one stale", 0.45
    yield f"line: factory run, sealed, {big}", f"make, {big}", 1.0
    yield f"line: factory run, open, {big}", f"make, {big}", 1.0
    yield f"line: factory run, open, {middle}", f"make, {middle}", 2.0
    yield f"line: factory status, sealed, {big}", "import doit", 1.5
    yield f"line: factory status, open, {big}", "import doit", 1.5
    yield "a bare python", f"make, {middle}", 0.0
    yield f"ninja, {big}", f"make, {big}", 0.0
    yield f"snakemake, {big}", f"make, {big}", 0.0
    yield f"dvc, {middle}", f"make, {middle}", 0.0


def _print(found: Mapping[str, Found], sizes: tuple[int, ...]) -> None:
    print(f"\n{'program':<36}{'median':>12}{'peak memory':>14}")
    for name, one in found.items():
        print(f"{name:<36}{one.seconds * 1000:>9.0f} ms{one.memory / 1024:>10.0f} MiB")
    print(f"\n{'case':<36}{'beside':<18}{'ratio':>8}{'target':>8}")
    for ours, peer, target in _ratios(sizes):
        if ours in found and peer in found:
            ratio = found[ours].seconds / found[peer].seconds
            told = f"{target:>8.2f}{'' if ratio <= target else '  missed'}" if target else ""
            print(f"{ours:<36}{peer:<18}{ratio:>8.2f}{told}")


if __name__ == "__main__":
    main()
