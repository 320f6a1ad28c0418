"""What a verdict has to show can be shown: lines are counted where some scope tells which ran."""

from __future__ import annotations

from collections.abc import Iterator

from factoryline.diagnostics import Diagnostic
from factoryline.spec.model import ArtifactSpec, ProofSpec, Spec


def check(spec: Spec) -> Iterator[Diagnostic]:
    for artifact in spec.artifacts:
        yield from _covers(artifact, spec)


def _covers(artifact: ArtifactSpec, spec: Spec) -> Iterator[Diagnostic]:
    """A share of lines is asked for, but no scope of the artifact says which lines it ran."""
    scopes = {scope.name.name: scope for scope in spec.scopes}
    chosen = [scopes[s.scope.name] for s in artifact.verify if s.scope.name in scopes]
    asked = _asks(artifact.proof) or _asks(spec.flow.proof)
    if not asked or not asked.covers or not chosen or any(scope.coverage for scope in chosen):
        return
    name = chosen[0].name
    yield Diagnostic(
        message=f"`{artifact.name.name}` has to show which changed lines its tests execute, but "
        "none of its scopes tells",
        span=(asked.covers_span or asked.span) if asked is artifact.proof else artifact.name.span,
        help=f"give `{name.name}` `coverage: coverage-py` or `lcov`, and {{coverage}} in its `run`"
        + ("" if asked is artifact.proof else "; or say `proof: {covers: 0}` here"),
        code="proof",
        related=((name.span, "a scope of it"),),
    )


def _asks(proof: ProofSpec | None) -> ProofSpec | None:
    """The proof, if it says anything about coverage."""
    return proof if proof and proof.covers is not None else None
