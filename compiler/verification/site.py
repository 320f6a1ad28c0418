"""Where a scope runs: a clean checkout, a folder for what is kept outside of it, and the logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from factoryline.diagnostics import StageFailed
from factoryline.errors import ProgramMissing
from factoryline.plan.model import Scope
from factoryline.system import process
from factoryline.verification import environment, interpreter

KEPT_BYTES = 1_000_000
"""How much of a stream is held in memory; all of it lies in the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """checkout: the built commit and nothing else. prepared: what `prepare` left outside of it.
    log: a path without an ending, beside which reports and logs lie.
    """

    checkout: Path
    log: Path
    prepared: Path

    @classmethod
    def of(cls, scope: Scope, checkout: Path, log: Path) -> Site:
        """The site of a scope in a checkout in which it is prepared."""
        return cls(checkout=checkout, log=log, prepared=(beside(checkout) / scope.name).resolve())

    def run(
        self,
        scope: Scope,
        argv: Sequence[str],
        words: Mapping[str, str | Sequence[str]],
        *,
        log: Path | None = None,
        env: Mapping[str, str] | None = None,
        keep: int = KEPT_BYTES,
    ) -> process.Completed:
        """Run a command of a scope in its folder. Raises StageFailed when it cannot be run, since
        that says nothing about the change.
        """
        known = {"prepared": str(self.prepared), "python": interpreter.of(scope)}
        whole = {**environment.variables(scope, known), **(env or {})}
        cwd = self.checkout / scope.cwd
        if not cwd.is_dir():
            raise StageFailed(
                f"the scope `{scope.name}` runs in `{scope.cwd}`, which the change does not have",
                span=scope.span,
            )
        filled = fill(argv, {**known, **words})
        try:
            return process.run(
                filled,
                cwd=cwd,
                env=whole,
                timeout=scope.timeout,
                log=log,
                keep=keep,
            )
        except ProgramMissing as missing:
            raise _missing(scope, missing) from missing


def beside(checkout: Path) -> Path:
    """Where, beside a checkout, lies the {prepared} of each scope, or a link to it."""
    return Path(f"{checkout}.prepared")


def require(scope: Scope) -> None:
    """Raise StageFailed unless the programs of a scope are there.

    A path is looked for in the checkout, when it runs.
    """
    words = {"prepared": "", "python": interpreter.of(scope)}
    env = environment.variables(scope, words)
    if scope.interpreter and not scope.interpreter.exists():
        raise StageFailed(
            f"the scope `{scope.name}` needs `{scope.python}`, which is not there",
            span=scope.span,
            help="make it, as with `python3 -m venv .venv`, and install the project in it",
        )
    try:
        for name in scope.programs:
            if "/" not in name:
                process.find_program(name, env=env)
    except ProgramMissing as missing:
        raise _missing(scope, missing) from missing


def fill(argv: Sequence[str], words: Mapping[str, str | Sequence[str]]) -> list[str]:
    """A command with its placeholders filled. A list alone becomes one argument a member."""
    single = {n: v if isinstance(v, str) else " ".join(v) for n, v in words.items()}
    filled: list[str] = []
    for part in argv:
        value = words.get(part[1:-1]) if part[:1] == "{" and part[-1:] == "}" else None
        if value is None or isinstance(value, str):
            filled.append(process.fill(part, single))
        else:
            filled += value
    return filled


def _missing(scope: Scope, missing: ProgramMissing) -> StageFailed:
    return StageFailed(
        f"the scope `{scope.name}` needs `{missing.program}`, which was not found",
        span=scope.span,
        help=missing.help,
    )
