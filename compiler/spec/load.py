"""factory.yaml and the artifact files that it includes, read into a Spec.

`load` raises SpecError with every problem of syntax and schema in all of these files at once.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping
from pathlib import Path

from factoryline.diagnostics import Diagnostic, Span, SpecError
from factoryline.spec import model, schema
from factoryline.spec.model import Ref
from factoryline.spec.nodes import Field, Node, read_yaml


def load(path: Path) -> model.Spec:
    """Read a specification. Raises SpecError."""
    home = path.parent
    file = path.name
    root, problems = _parse(home, file)
    artifacts = dict(_included(home, root, problems))
    if not problems:
        problems += schema.diagnose(root, schema.builtin("factory"))
    if any(problem.severity == "error" for problem in problems):
        raise SpecError(problems, root=home)
    sources = (
        home / file,
        *_searched(home, root),
        *(home / a.key.file for a in artifacts.values()),
    )
    return _spec(home, file, root, artifacts, tuple(problems), sources)


def _searched(home: Path, root: Node) -> Iterator[Path]:
    """The folders whose content decides which artifact files are included."""
    artifacts = root.get("artifacts")
    include = artifacts.get("include") if artifacts else None
    for pattern in (include.items or (include,)) if include else ():
        fixed = Path(str(pattern.scalar).split("*")[0].split("?")[0].split("[")[0] + "x").parent
        yield home / fixed
        yield from (path for path in (home / fixed).rglob("*") if path.is_dir())


def _parse(home: Path, file: str) -> tuple[Node, list[Diagnostic]]:
    start = Span(file=file, line=1, column=1)
    try:
        text = (home / file).read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        span = Span(file=file, line=line, column=1)
        problem = Diagnostic(message="this is not UTF-8 text", span=span, help="save it as UTF-8")
        return Node(span=start), [problem]
    except OSError as error:
        problem = Diagnostic(message=f"it cannot be read: {error.strerror}", span=start)
        return Node(span=start), [problem]
    return read_yaml(text, file)


def _included(home: Path, root: Node, problems: list[Diagnostic]) -> list[tuple[str, Field]]:
    artifacts = root.get("artifacts")
    include = artifacts.get("include") if artifacts else None
    if include is None:
        return []
    patterns = include.items if include.items is not None else (include,)
    found: dict[str, Field] = {}
    for pattern in patterns:
        if not isinstance(pattern.scalar, str):
            continue  # the schema says what is wrong with it
        files = sorted(glob.glob(pattern.scalar, root_dir=home, recursive=True))
        if not files:
            problems.append(
                Diagnostic(
                    message=f"no file matches `{pattern.scalar}`",
                    span=pattern.span,
                    help="each file that matches holds one artifact and gives it its name",
                    severity="warning",
                )
            )
        for file in files:
            name = Path(file).stem
            node, found_problems = _parse(home, file)
            if not found_problems:
                found_problems = schema.diagnose(node, _artifact_schema())
            problems += found_problems
            own = (artifacts.fields or {}).get(name) if artifacts else None
            twice = own or found.get(name)
            if twice:
                message = f"the artifact `{name}` is already defined"
                related = ((twice.key, "it is defined here"),)
                problems.append(Diagnostic(message=message, span=node.span, related=related))
            found[name] = Field(key=Span(file=file, line=1, column=1), node=node)
    return list(found.items())


def _artifact_schema() -> schema.Schema:
    whole = schema.builtin("factory")
    return {"$ref": "#/$defs/artifact", "$defs": whole["$defs"]}


def _spec(
    home: Path,
    file: str,
    root: Node,
    included: Mapping[str, Field],
    problems: tuple[Diagnostic, ...],
    sources: tuple[Path, ...],
) -> model.Spec:
    own = {name: entry for name, entry in _fields(root, "artifacts") if name != "include"}
    artifacts = own | dict(included)
    flow = root.get("flow") or Node(span=root.span, fields={})
    return model.Spec(
        home=home,
        file=file,
        name=_text(root, "name"),
        target=_target(root),
        surfaces=tuple(_surface(name, e) for name, e in _fields(root, "surfaces")),
        agents=tuple(_agent(name, e) for name, e in _fields(root, "agents")),
        cells=tuple(_cell(name, e) for name, e in _fields(root, "cells")),
        line=_refs(root, "line"),
        contracts=tuple(_contract(name, e) for name, e in _fields(root, "contracts")),
        scopes=tuple(_scope(name, e) for name, e in _fields(root, "scopes")),
        flow=model.FlowSpec(
            span=flow.span,
            wip=_number(flow, "wip", 1),
            retries=_number(flow, "retries", 3),
            reworks=_number(flow, "reworks", 5),
            merge=_text(flow, "merge", "squash"),
        ),
        artifacts=tuple(_artifact(name, e) for name, e in artifacts.items()),
        problems=problems,
        sources=sources,
    )


def _target(root: Node) -> model.TargetSpec:
    node = root.get("target") or root
    return model.TargetSpec(
        span=node.span,
        repo=_ref(node, "repo"),
        scaffold=_ref(node, "scaffold"),
        base=_text(node, "base", "main"),
    )


def _surface(name: str, entry: Field) -> model.SurfaceSpec:
    globs = tuple(_as_ref(item) for item in entry.node.items or ())
    return model.SurfaceSpec(name=Ref(name=name, span=entry.key), globs=globs)


def _agent(name: str, entry: Field) -> model.AgentSpec:
    node = entry.node
    return model.AgentSpec(
        name=Ref(name=name, span=entry.key),
        command=_texts(node, "command"),
        brief=_text(node, "brief", "stdin"),
        model=_text(node, "model") or None,
        env=_env(node),
    )


def _cell(name: str, entry: Field) -> model.CellSpec:
    node = entry.node
    touches = node.get("touches")
    return model.CellSpec(
        name=Ref(name=name, span=entry.key),
        span=node.span,
        kind=_text(node, "kind"),
        takes=_refs(node, "takes"),
        hands=_ref(node, "hands"),
        touches=None if touches is None else tuple(_as_ref(n) for n in touches.items or ()),
        returns=_ref(node, "returns"),
        agent=_ref(node, "agent"),
        prompt=_ref(node, "prompt"),
        repairs=_optional_number(node, "repairs"),
        run=_texts(node, "run"),
        env=_env(node),
        source=_text(node, "from"),
        template=_ref(node, "template"),
        variants=tuple(_variant(surface, e) for surface, e in _fields(node, "surfaces")),
        timeout=_seconds(node),
        files=_optional_number(node, "files"),
        commits=_optional_number(node, "commits"),
    )


def _variant(surface: str, entry: Field) -> model.VariantSpec:
    return model.VariantSpec(
        surface=Ref(name=surface, span=entry.key),
        labels=_texts(entry.node, "labels"),
        checklist=_texts(entry.node, "checklist"),
        body=_ref(entry.node, "body"),
    )


def _contract(name: str, entry: Field) -> model.ContractSpec:
    return model.ContractSpec(
        name=Ref(name=name, span=entry.key),
        schema=_ref(entry.node, "schema"),
        template=_ref(entry.node, "template"),
    )


def _scope(name: str, entry: Field) -> model.ScopeSpec:
    node = entry.node
    return model.ScopeSpec(
        name=Ref(name=name, span=entry.key),
        span=node.span,
        run=_refs(node, "run"),
        report=_text(node, "report"),
        cwd=_text(node, "cwd", "."),
        env=_env(node),
        all=_texts(node, "all"),
        list=_refs(node, "list"),
        timeout=_seconds(node),
    )


def _artifact(name: str, entry: Field) -> model.ArtifactSpec:
    node = entry.node
    verify = node.get("verify")
    adopt = node.get("adopt")
    return model.ArtifactSpec(
        name=Ref(name=name, span=entry.key),
        span=node.span,
        title=_text(node, "title"),
        goal=_text(node, "goal"),
        consumer=_text(node, "consumer"),
        source=_text(node, "source"),
        verify=tuple(_selection(item) for item in (verify.items if verify else None) or ()),
        adopt=tuple(
            tuple(_as_ref(item) for item in round.items or ())
            for round in (adopt.items if adopt else None) or ()
        ),
        reviews=_refs(node, "reviews"),
        after=_refs(node, "after"),
    )


def _selection(node: Node) -> model.SelectionSpec:
    scope = node.get("scope") or node
    return model.SelectionSpec(scope=_as_ref(scope), tests=_texts(node, "tests"))


def _fields(node: Node, key: str) -> list[tuple[str, Field]]:
    child = node.get(key)
    return list((child.fields or {}).items()) if child else []


def _as_ref(node: Node) -> Ref:
    return Ref(name=str(node.scalar), span=node.span)


def _ref(node: Node, key: str) -> Ref | None:
    child = node.get(key)
    return _as_ref(child) if child else None


def _refs(node: Node, key: str) -> tuple[Ref, ...]:
    child = node.get(key)
    return tuple(_as_ref(item) for item in (child.items if child else None) or ())


def _text(node: Node, key: str, default: str = "") -> str:
    child = node.get(key)
    return default if child is None else str(child.scalar)


def _texts(node: Node, key: str) -> tuple[str, ...]:
    return tuple(ref.name for ref in _refs(node, key))


def _optional_number(node: Node, key: str) -> int | None:
    child = node.get(key)
    return child.scalar if child and isinstance(child.scalar, int) else None


def _number(node: Node, key: str, default: int) -> int:
    found = _optional_number(node, key)
    return default if found is None else found


def _env(node: Node) -> dict[str, str]:
    return {name: str(entry.node.scalar) for name, entry in _fields(node, "env")}


_UNITS = {"s": 1, "m": 60, "h": 3600}


def _seconds(node: Node) -> float | None:
    child = node.get("timeout")
    if child is None:
        return None
    text = str(child.scalar)
    return float(text[:-1]) * _UNITS[text[-1]] if text[-1] in _UNITS else float(text)
