"""A provider by hand: `python -m tests.provider --port 8080 --write FILE=TEXT --say TEXT`."""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
from dataclasses import asdict

from tests.provider.base import Refusal
from tests.provider.books import Request
from tests.provider.hands import Deed, Say, Shell, Write
from tests.provider.script import Part, Script
from tests.provider.server import Provider


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.provider", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--write", action="append", default=[], metavar="FILE=TEXT")
    parser.add_argument("--shell", action="append", default=[], metavar="LINE")
    parser.add_argument("--say", default="Done.")
    parser.add_argument("--refuse", type=int, help="the status of every answer")
    parser.add_argument("--retry-after", type=int)
    parser.add_argument("--show", action="store_true", help="print what each request says")
    chosen = parser.parse_args()
    steps: list[Deed] = [Write(*pair.partition("=")[::2]) for pair in chosen.write]
    steps += [Shell(line) for line in chosen.shell]
    part = Part("", [*steps, Say(chosen.say)])
    if chosen.refuse:
        part.faults = [Refusal(status=chosen.refuse, retry_after=chosen.retry_after)] * 10_000

    def heard(request: Request) -> None:
        asked, usage = request.asked, request.usage
        kind = "beside " if request.side else ""
        tools = " ".join(sorted(asked.tools)) or "no tools"
        print(f"{request.number} {kind}{request.api} {asked.model} [{tools}]", end=" ")
        print(asdict(usage) if usage else "refused", flush=True)
        if chosen.show:
            print(asked.text, flush=True)

    with Provider(Script([part]), port=chosen.port) as provider:
        provider.heard = heard
        print(f"{provider.url} (with /v1 for OpenAI's)", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
        print(provider.books.total(), *provider.books.strange, file=sys.stderr)


if __name__ == "__main__":
    main()
