"""Every forge, one line each. Its name is what `from:` of a review cell takes."""

from __future__ import annotations

from factoryline.forge.base import Maker
from factoryline.openset import OpenSet

FORGES = OpenSet[Maker](
    {
        "github": "factoryline.forge.github",
    }
)
