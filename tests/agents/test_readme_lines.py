"""The README's two lines put a real agent into the build cell of this repository's factory."""

from __future__ import annotations

import pytest

from tests.agents.conftest import Open
from tests.agents.shop import build
from tests.conftest import ROOT
from tests.provider.hands import Say, Shell
from tests.test_readme import with_an_agent

pytestmark = pytest.mark.agents


def test_they_work_as_written(shop: Open) -> None:
    patch = ROOT / "examples/onboarding/changes/setup-wizard/1.patch"
    here = shop("claude", build(Shell(f"git apply {patch}"), Say("The wizard is there.")))
    here.write(here.home / "factory.yaml", with_an_agent())
    ran = here.doit("setup-wizard:1-verify")
    assert ran.code == 0, ran.out + ran.err
    assert here.entry("setup-wizard", "1-verify")["outcome"] == "pass"
    assert here.entry("setup-wizard", "1-build")["run"]["by"].startswith("claude 2.")
    assert all("sonnet" in request.asked.model for request in here.provider.books.requests)
