"""factory page: the line and its ledger as one HTML file."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from factoryline.commands.base import open_factory
from factoryline.page.charts import NEEDS
from factoryline.page.data import gather
from factoryline.page.html import page
from factoryline.system import files

HELP = "write the line and its record as one HTML file, which opens from disk"
EXAMPLES = ("factory page --open", "factory page --out public/index.html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="FILE", help="where to; state/.work/page.html otherwise")
    parser.add_argument("--open", action="store_true", help="show it in your browser")


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    path = Path(args.out).absolute() if args.out else factory.ledger.work / "page.html"
    text = page(gather(factory))
    files.make_folder(path.parent)
    files.write_text(path, text)
    print(f"wrote {os.path.relpath(path)} ({len(text.encode()) / 1e6:.1f} MB)")
    if "data:image/svg" not in text:
        print(f"it has tables and no charts; {NEEDS} draws them")
    if args.open:
        import webbrowser

        webbrowser.open(path.as_uri())
    return 0
