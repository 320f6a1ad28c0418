from __future__ import annotations

from pathlib import Path

import pytest

from desktop.client import Unreachable, get_json
from desktop.sidecar import Sidecar, SidecarError


def test_a_started_sidecar_is_healthy(sidecar: Sidecar) -> None:
    sidecar.start()
    assert get_json(f"{sidecar.url}/api/v2/health") == {"status": "ok"}


def test_the_sidecar_reads_the_given_configuration(sidecar: Sidecar) -> None:
    sidecar.start()
    assert get_json(f"{sidecar.url}/api/v2/status")["provider"] == "openai"


def test_a_stopped_sidecar_is_gone(sidecar: Sidecar) -> None:
    sidecar.start()
    sidecar.stop()
    with pytest.raises(Unreachable):
        get_json(f"{sidecar.url}/api/v2/health")


def test_stopping_twice_is_fine(sidecar: Sidecar) -> None:
    sidecar.stop()
    sidecar.start()
    sidecar.stop()
    sidecar.stop()
    assert sidecar.wait() == 0


def test_a_server_that_does_not_start_is_reported(empty_config: Path) -> None:
    empty_config.write_text("{")
    with pytest.raises(SidecarError, match="exit code 2"):
        Sidecar(empty_config).start()


def test_unreachable_names_the_address() -> None:
    with pytest.raises(Unreachable, match=r"http://127\.0\.0\.1:1/"):
        get_json("http://127.0.0.1:1/")  # nobody listens on this port
