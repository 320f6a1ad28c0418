"""Spec to Plan: every check first, all problems at once; then each name becomes its object."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from factoryline.diagnostics import Diagnostic, SpecError
from factoryline.plan import builtin, graph
from factoryline.plan.agents import base as agents
from factoryline.plan.checks.line import handed_by
from factoryline.plan.checks.table import CHECKS
from factoryline.plan.kinds import KINDS
from factoryline.plan.model import (
    Agent,
    Artifact,
    Budget,
    Cell,
    Contract,
    Flow,
    Learning,
    Plan,
    Prepare,
    Proof,
    Rule,
    Scope,
    Selection,
    Source,
    Surface,
    Target,
    Template,
    Touches,
    Variant,
)
from factoryline.spec import model, schema
from factoryline.spec.model import Ref

DEFAULT_SCOPE_SECONDS = 600.0


def check(spec: model.Spec) -> tuple[Diagnostic, ...]:
    """Every problem of a specification, warnings included."""
    found = [problem for proof in CHECKS for problem in proof(spec)]
    return (*spec.problems, *found)


def resolve(spec: model.Spec) -> Plan:
    """What the specification means. Raises SpecError with all errors."""
    problems = check(spec)
    if any(problem.severity == "error" for problem in problems):
        raise SpecError(problems, root=spec.home)
    return _Resolver.of(spec).plan()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resolver:
    """Builds plan objects from a specification in which every check has passed."""

    spec: model.Spec
    surfaces: Mapping[str, Surface]
    contracts: Mapping[str, Contract]
    agents: Mapping[str, Agent]
    scopes: Mapping[str, Scope]

    @classmethod
    def of(cls, spec: model.Spec) -> _Resolver:
        surfaces = {
            s.name.name: Surface(name=s.name.name, globs=tuple(g.name for g in s.globs))
            for s in spec.surfaces
        }
        return cls(
            spec=spec,
            surfaces=surfaces,
            contracts=_contracts(spec),
            agents={a.name.name: agents.resolved(a) for a in spec.agents},
            scopes={s.name.name: _scope(s, surfaces, spec.home) for s in spec.scopes},
        )

    def plan(self) -> Plan:
        spec = self.spec
        cells = {cell.name.name: cell for cell in spec.cells}
        flow = spec.flow
        return Plan(
            home=spec.home,
            file=spec.file,
            name=spec.name,
            target=self._target(),
            surfaces=tuple(self.surfaces.values()),
            scopes=tuple(self.scopes.values()),
            line=tuple(self._cell(cells[ref.name]) for ref in spec.line),
            merge=self._station("merge") if flow.merge != "none" else None,
            note=self._station("note"),
            flow=Flow(
                span=flow.span,
                wip=flow.wip,
                calibrated=flow.calibrated,
                notes=flow.notes,
                retries=flow.retries,
                reworks=flow.reworks,
                critiques=flow.critiques,
                merge=flow.merge,
                branches=flow.branches,
                sign=flow.sign,
                hooks=flow.hooks,
                proof=_proof(flow.proof),
                budget=_budget(flow.budget),
            ),
            learning=Learning(
                artifacts=spec.learning.artifacts,
                rejected=spec.learning.rejected,
                overturned=spec.learning.overturned,
                escapes=spec.learning.escapes,
            ),
            artifacts=self._artifacts(),
            sources=self._sources(),
        )

    def _sources(self) -> tuple[str, ...]:
        spec = self.spec
        named = [ref for cell in spec.cells for ref in (cell.prompt, cell.template)]
        named += [variant.body for cell in spec.cells for variant in cell.variants]
        named += [ref for own in spec.contracts for ref in (own.schema, own.template)]
        for artifact in spec.artifacts:
            named += [ref for refs in artifact.adopt for ref in refs]
            named += artifact.reviews
        files = dict.fromkeys(ref.name for ref in named if ref)
        paths = (os.path.join(spec.home, name) for name in files)
        return tuple(dict.fromkeys([*spec.sources, *paths, *builtin.sources()]))

    def _target(self) -> Target:
        target, home = self.spec.target, self.spec.home
        return Target(
            span=target.span,
            repo=_path(home, target.repo),
            scaffold=_path(home, target.scaffold),
            base=target.base,
            remote=target.remote,
            repository=target.repository,
            url=target.url,
        )

    def _station(self, kind: str) -> Cell:
        """`merge` and `note`: at the end of every line, without a word in factory.yaml."""
        span = self.spec.flow.span
        return Cell(
            name=kind,
            span=span,
            kind=kind,
            takes=tuple(self.contracts[name] for name in KINDS[kind].takes),
            feedback=False,
            hands=self.contracts[kind],
            touches=Touches(),
            touches_span=span,
            returns=None,
            agent=None,
            prompt=None,
            repairs=0,
        )

    def _cell(self, cell: model.CellSpec) -> Cell:
        facts = KINDS[cell.kind]
        takes = tuple(ref.name for ref in cell.takes) or (*facts.takes, *self._also(cell))
        hands = facts.hands or (cell.hands.name if cell.hands else "")
        return Cell(
            name=cell.name.name,
            span=cell.name.span,
            kind=cell.kind,
            takes=tuple(self.contracts[name] for name in takes if name != builtin.FEEDBACK),
            feedback=builtin.FEEDBACK in takes,
            hands=self.contracts[hands],
            touches=self._touches(cell),
            touches_span=cell.touches[0].span if cell.touches else cell.name.span,
            returns=cell.returns.name if cell.returns else None,
            agent=self.agents[cell.agent.name] if cell.agent else None,
            prompt=self._prompt(cell, hands),
            repairs=_default(cell.repairs, 1 if facts.asks else 0),
            run=tuple(ref.name for ref in cell.run),
            env=cell.env,
            source=cell.source or ("person" if cell.kind == "review" else ""),
            template=self._template(cell.template),
            variants=tuple(
                Variant(
                    surface=self.surfaces[v.surface.name],
                    labels=v.labels,
                    checklist=v.checklist,
                    body=self._template(v.body),
                )
                for v in cell.variants
            ),
            timeout=cell.timeout,
            idle=cell.idle,
            sandbox=cell.sandbox.name if cell.sandbox else "",
            network=cell.network is None or cell.network.name != "none",
            files=cell.files,
            commits=cell.commits,
            jobs=cell.jobs or 1,
        )

    def _also(self, cell: model.CellSpec) -> tuple[str, ...]:
        """What a cell takes besides, as far as the cells before it hand it."""
        cells = {one.name.name: one for one in self.spec.cells}
        line = [ref.name for ref in self.spec.line]
        before = line[: line.index(cell.name.name)]
        handed = {builtin.FEEDBACK, *(handed_by(cells[name]) for name in before)}
        return tuple(name for name in KINDS[cell.kind].also if name in handed)

    def _touches(self, cell: model.CellSpec) -> Touches:
        refs = cell.touches or ()
        return Touches(
            surfaces=tuple(self.surfaces[r.name] for r in refs if r.name in self.surfaces),
            globs=tuple(r.name for r in refs if r.name not in self.surfaces),
        )

    def _prompt(self, cell: model.CellSpec, hands: str) -> Template | None:
        if not KINDS[cell.kind].asks and cell.kind != "command":
            return None
        return self._template(cell.prompt) or _builtin(builtin.prompt_for(hands))

    def _template(self, ref: Ref | None) -> Template | None:
        if ref is None:
            return None
        return _own_template(self.spec.home, ref)

    def _artifacts(self) -> tuple[Artifact, ...]:
        specs = {a.name.name: a for a in self.spec.artifacts}
        edges = {name: [ref.name for ref in a.after] for name, a in specs.items()}
        return tuple(self._artifact(specs[name]) for name in graph.ordered(edges))

    def _artifact(self, artifact: model.ArtifactSpec) -> Artifact:
        return Artifact(
            name=artifact.name.name,
            span=artifact.name.span,
            title=artifact.title,
            goal=artifact.goal,
            consumer=artifact.consumer,
            source=artifact.source,
            verify=tuple(
                Selection(
                    scope=self.scopes[s.scope.name],
                    tests=s.tests,
                    select=s.select.name if s.select else "",
                    effort=s.effort.name if s.effort else "merge",
                    before_merge=s.before_merge.name if s.before_merge else "",
                )
                for s in artifact.verify
            ),
            adopt=tuple(tuple(_source(ref) for ref in refs) for refs in artifact.adopt),
            reviews=tuple(_source(ref) for ref in artifact.reviews),
            after=tuple(ref.name for ref in artifact.after),
            base=_source(artifact.base) if artifact.base else None,
            agent=self.agents[artifact.agent.name] if artifact.agent else None,
            proof=_proof(self.spec.flow.proof, artifact.proof),
            budget=_budget(artifact.budget),
            shape=artifact.shape,
        )


def _contracts(spec: model.Spec) -> dict[str, Contract]:
    start = spec.target.span
    contracts = {
        name: Contract(
            name=name,
            schema=schema.builtin(name),
            template=_builtin(template) if template else None,
            span=start,
        )
        for name, template in builtin.CONTRACTS.items()
    }
    for own in spec.contracts:
        name = own.name.name
        before = contracts.get(name)
        template = before.template if before else None
        if own.template:
            template = _own_template(spec.home, own.template)
        contracts[name] = Contract(
            name=name,
            schema=json.loads((spec.home / own.schema.name).read_bytes())
            if own.schema
            else (before.schema if before else {}),
            template=template,
            span=own.name.span,
        )
    return contracts


def _own_template(home: Path, ref: Ref) -> Template:
    text = (home / ref.name).read_text(encoding="utf-8")
    return Template(name=ref.name, text=builtin.expand(text))


def _builtin(name: str) -> Template:
    return Template(name=f"templates/{name}", text=builtin.template(name))


def _scope(scope: model.ScopeSpec, surfaces: Mapping[str, Surface], home: Path) -> Scope:
    named = [surfaces[r.name].globs if r.name in surfaces else (r.name,) for r in scope.of]
    return Scope(
        name=scope.name.name,
        span=scope.name.span,
        run=tuple(ref.name for ref in scope.run),
        report=scope.report,
        cwd=scope.cwd,
        env=scope.env,
        all=scope.all,
        list=tuple(ref.name for ref in scope.list),
        rules=tuple(
            Rule(glob=glob.name, tests=tuple(ref.name for ref in tests))
            for glob, tests in scope.rules
        ),
        related=tuple(ref.name for ref in scope.related),
        map=tuple(ref.name for ref in scope.map),
        timeout=scope.timeout or DEFAULT_SCOPE_SECONDS,
        coverage=scope.coverage.name if scope.coverage else "",
        requires=tuple(ref.name for ref in scope.requires),
        python=scope.python,
        interpreter=home / scope.python if scope.python else None,
        inherits=scope.inherits,
        prepare=_prepare(scope.prepare),
        reruns=int(float(scope.reruns.name)) if scope.reruns else 0,
        again=tuple(ref.name for ref in scope.again),
        flaky=scope.flaky,
        leaves=scope.leaves,
        inputs=scope.inputs,
        reuse=scope.reuse,
        of=tuple(glob for globs in named for glob in globs),
    )


def _prepare(prepare: model.PrepareSpec | None) -> Prepare | None:
    if prepare is None:
        return None
    return Prepare(
        run=tuple(tuple(ref.name for ref in command) for command in prepare.run),
        locks=tuple(ref.name for ref in prepare.locks),
        keeps=tuple(ref.name for ref in prepare.keeps),
    )


def _proof(*said: model.ProofSpec | None) -> Proof:
    """What is asked of a verdict; each field is that of the last one that says it."""
    values = {
        field: value
        for one in said
        if one
        for field, value in (
            ("fails_before", one.fails_before),
            ("covers", one.covers),
            ("without", tuple(r.name for r in one.without) if one.without is not None else None),
            ("mutants", one.mutants),
            ("caught", one.caught),
            ("mutants_timeout", one.mutants_timeout),
        )
        if value is not None
    }
    return Proof(**values)  # type: ignore[arg-type]


def _budget(budget: model.BudgetSpec | None) -> Budget | None:
    if budget is None:
        return None
    unknown = budget.unknown.name if budget.unknown else ""
    stops = unknown == "stop"
    return Budget(
        span=budget.span,
        usd=budget.usd,
        tokens=budget.tokens,
        minutes=budget.minutes,
        assumed=float(unknown) if unknown and not stops else None,
        stops=stops,
    )


def _source(ref: Ref) -> Source:
    return Source(name=ref.name, span=ref.span)


def _path(home: Path, ref: Ref | None) -> Path | None:
    # Not resolve(): a link in the path is the user's choice.
    return Path(os.path.normpath(home / ref.name)) if ref else None


def _default(value: int | None, default: int) -> int:
    return default if value is None else value
