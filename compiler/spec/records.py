"""Located nodes into the records of `model`. The schema is fulfilled, so nothing is asked again."""

from __future__ import annotations

from factoryline.spec import model
from factoryline.spec.model import Ref
from factoryline.spec.nodes import Field, Node
from factoryline.system import files


def target(root: Node) -> model.TargetSpec:
    node = root.get("target") or root
    github = node.get("github") or root
    return model.TargetSpec(
        span=node.span,
        repo=_ref(node, "repo"),
        scaffold=_ref(node, "scaffold"),
        base=text(node, "base", "main"),
        repository=text(github, "repository"),
        url=text(github, "url"),
        remote=text(github, "remote", "origin"),
    )


def surface(name: str, entry: Field) -> model.SurfaceSpec:
    globs = tuple(_as_ref(item) for item in entry.node.items or ())
    return model.SurfaceSpec(name=Ref(name=name, span=entry.key), globs=globs)


def agent(name: str, entry: Field) -> model.AgentSpec:
    node = entry.node
    places = {key: field.node.span for key, field in (node.fields or {}).items()}
    for key, field in (node.fields or {}).items():
        inner = field.node.fields or {}
        places |= {f"{key}.{part}": within.node.span for part, within in inner.items()}
    plain = node.plain()
    assert isinstance(plain, dict), "the schema asks for a mapping"
    return model.AgentSpec(
        name=Ref(name=name, span=entry.key),
        profile=_ref(node, "profile"),
        own=plain,
        places=places,
        command=refs(node, "command"),
    )


def cell(name: str, entry: Field) -> model.CellSpec:
    node = entry.node
    touches, idle = node.get("touches"), node.get("idle")
    return model.CellSpec(
        name=Ref(name=name, span=entry.key),
        span=node.span,
        kind=text(node, "kind"),
        takes=refs(node, "takes"),
        hands=_ref(node, "hands"),
        touches=None if touches is None else tuple(_as_ref(n) for n in touches.items or ()),
        returns=_ref(node, "returns"),
        agent=_ref(node, "agent"),
        prompt=_ref(node, "prompt"),
        repairs=_optional_number(node, "repairs"),
        run=refs(node, "run"),
        env=_env(node),
        source=text(node, "from"),
        template=_ref(node, "template"),
        variants=tuple(_variant(surface, e) for surface, e in fields(node, "surfaces")),
        timeout=_seconds(node),
        idle=_seconds(node, "idle"),
        idle_span=idle.span if idle else None,
        sandbox=_ref(node, "sandbox"),
        network=_ref(node, "network"),
        files=_optional_number(node, "files"),
        commits=_optional_number(node, "commits"),
        jobs=_optional_number(node, "jobs"),
    )


def _variant(surface: str, entry: Field) -> model.VariantSpec:
    return model.VariantSpec(
        surface=Ref(name=surface, span=entry.key),
        labels=_texts(entry.node, "labels"),
        checklist=_texts(entry.node, "checklist"),
        body=_ref(entry.node, "body"),
    )


def contract(name: str, entry: Field) -> model.ContractSpec:
    return model.ContractSpec(
        name=Ref(name=name, span=entry.key),
        schema=_ref(entry.node, "schema"),
        template=_ref(entry.node, "template"),
    )


def scope(name: str, entry: Field) -> model.ScopeSpec:
    node = entry.node
    return model.ScopeSpec(
        name=Ref(name=name, span=entry.key),
        span=node.span,
        run=refs(node, "run"),
        report=text(node, "report"),
        cwd=text(node, "cwd", "."),
        env=_env(node),
        all=_texts(node, "all"),
        list=refs(node, "list"),
        timeout=_seconds(node),
        coverage=_ref(node, "coverage"),
        rules=tuple(
            (
                Ref(name=glob, span=entry.key),
                tuple(_as_ref(item) for item in entry.node.items or ()),
            )
            for glob, entry in fields(node, "rules")
        ),
        related=refs(node, "related"),
        map=refs(node, "map"),
        requires=refs(node, "requires"),
        python=text(node, "python"),
        inherits=_texts(node, "inherits"),
        prepare=_prepare(node),
        reruns=_ref(node, "reruns"),
        again=refs(node, "again"),
        flaky=text(node, "flaky", "tell"),
        leaves=_texts(node, "leaves"),
        inputs=_texts(node, "inputs"),
        of=refs(node, "of"),
        reuse=flag(node, "reuse", True),
    )


def _prepare(node: Node) -> model.PrepareSpec | None:
    child = node.get("prepare")
    if child is None:
        return None
    commands = child.get("run")
    return model.PrepareSpec(
        span=child.span,
        run=tuple(
            tuple(_as_ref(word) for word in command.items or ())
            for command in (commands.items if commands else None) or ()
        ),
        locks=refs(child, "locks"),
        keeps=refs(child, "keeps"),
    )


def flag(node: Node, key: str, default: bool) -> bool:
    child = node.get(key)
    return default if child is None else bool(child.scalar)


def artifact(name: str, entry: Field) -> model.ArtifactSpec:
    node = entry.node
    verify = node.get("verify")
    adopt = node.get("adopt")
    return model.ArtifactSpec(
        name=Ref(name=name, span=entry.key),
        span=node.span,
        title=text(node, "title"),
        goal=text(node, "goal"),
        consumer=text(node, "consumer"),
        source=text(node, "source"),
        verify=tuple(_selection(item) for item in (verify.items if verify else None) or ()),
        adopt=tuple(
            tuple(_as_ref(item) for item in round.items or ())
            for round in (adopt.items if adopt else None) or ()
        ),
        reviews=refs(node, "reviews"),
        after=refs(node, "after"),
        shape=files.digest_json(node.plain()),
        base=_ref(node, "base"),
        agent=_ref(node, "agent"),
        proof=proof(node),
        budget=budget(node),
    )


def budget(node: Node) -> model.BudgetSpec | None:
    child = node.get("budget")
    if child is None:
        return None
    return model.BudgetSpec(
        span=child.span,
        usd=_optional_amount(child, "usd"),
        tokens=_optional_number(child, "tokens"),
        minutes=_optional_amount(child, "minutes"),
        unknown=_ref(child, "unknown"),
    )


def proof(node: Node) -> model.ProofSpec | None:
    """The `proof` of an artifact or of the flow. `covers: 0.8` is short for its `share`."""
    found = node.get("proof")
    if found is None:
        return None
    covers, mutants = found.get("covers"), found.get("mutants")
    told = covers if covers is None or covers.fields is None else covers.get("share")
    count = mutants if mutants is None or mutants.fields is None else mutants.get("count")
    fails_before = found.get("fails_before")
    long = mutants if mutants and mutants.fields is not None else None
    return model.ProofSpec(
        span=found.span,
        fails_before=None if fails_before is None else bool(fails_before.scalar),
        covers=_share(told),
        without=refs(covers, "without") if covers and covers.get("without") else None,
        mutants=int(str(count.scalar)) if count else None,
        caught=_share(long.get("caught")) if long else None,
        mutants_timeout=_seconds(long) if long else None,
        covers_span=covers.span if covers else None,
    )


def _share(node: Node | None) -> float | None:
    return float(node.scalar) if node and isinstance(node.scalar, (int, float)) else None


def _selection(node: Node) -> model.SelectionSpec:
    scope = node.get("scope") or node
    return model.SelectionSpec(
        scope=_as_ref(scope),
        tests=_texts(node, "tests"),
        select=_ref(node, "select"),
        effort=_ref(node, "effort"),
        before_merge=_ref(node, "before_merge"),
    )


def fields(node: Node, key: str) -> list[tuple[str, Field]]:
    child = node.get(key)
    return list((child.fields or {}).items()) if child else []


def _as_ref(node: Node) -> Ref:
    return Ref(name=str(node.scalar), span=node.span)


def _ref(node: Node, key: str) -> Ref | None:
    child = node.get(key)
    return _as_ref(child) if child else None


def refs(node: Node, key: str) -> tuple[Ref, ...]:
    child = node.get(key)
    return tuple(_as_ref(item) for item in (child.items if child else None) or ())


def text(node: Node, key: str, default: str = "") -> str:
    child = node.get(key)
    return default if child is None else str(child.scalar)


def _texts(node: Node, key: str) -> tuple[str, ...]:
    return tuple(ref.name for ref in refs(node, key))


def _optional_number(node: Node, key: str) -> int | None:
    child = node.get(key)
    # To JSON Schema 2.0 is a whole number too.
    return int(child.scalar) if child and isinstance(child.scalar, (int, float)) else None


def _optional_amount(node: Node, key: str) -> float | None:
    child = node.get(key)
    return float(child.scalar) if child and isinstance(child.scalar, (int, float)) else None


def number(node: Node, key: str, default: int) -> int:
    found = _optional_number(node, key)
    return default if found is None else found


def learning(root: Node) -> model.LearningSpec:
    node = root.get("learning") or Node(span=root.span, fields={})
    rejected, overturned = (_optional_amount(node, key) for key in ("rejected", "overturned"))
    return model.LearningSpec(
        artifacts=number(node, "artifacts", 5),
        rejected=0.2 if rejected is None else rejected,
        overturned=0.2 if overturned is None else overturned,
        escapes=number(node, "escapes", 0),
    )


def _env(node: Node) -> dict[str, str]:
    return {name: str(entry.node.scalar) for name, entry in fields(node, "env")}


_UNITS = {"s": 1, "m": 60, "h": 3600}


def _seconds(node: Node, key: str = "timeout") -> float | None:
    child = node.get(key)
    if child is None:
        return None
    text = str(child.scalar)
    return float(text[:-1]) * _UNITS[text[-1]] if text[-1] in _UNITS else float(text)
