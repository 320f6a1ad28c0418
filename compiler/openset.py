"""The table of an open set: names, each with the module that is its member."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Generic, TypeVar, cast

Member_co = TypeVar("Member_co", covariant=True)


class OpenSet(Mapping[str, Member_co], Generic[Member_co]):
    """Members by name. One that is not used is not imported, which most of a start would be."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self.modules = modules

    def __getitem__(self, name: str) -> Member_co:
        return cast(Member_co, import_module(self.modules[name]))

    def __iter__(self) -> Iterator[str]:
        return iter(self.modules)

    def __len__(self) -> int:
        return len(self.modules)
