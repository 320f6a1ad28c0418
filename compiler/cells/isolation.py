"""What a program sees of this machine: a home of its own, and the variables that it is allowed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from factoryline.plan.model import Agent
from factoryline.system import files, process

EVERYONE = (
    *("PATH", "LANG", "LC_*", "LANGUAGE", "TZ", "TERM", "TMPDIR", "USER", "LOGNAME", "SHELL"),
    # How the outside is reached, and whom to trust there.
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
    *("http_proxy", "https_proxy", "no_proxy", "all_proxy"),
    *(
        "SSL_CERT_*",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS",
        "GIT_SSL_CAINFO",
    ),
    # What the programs on the PATH are made of.
    *("VIRTUAL_ENV", "JAVA_HOME", "GOROOT", "GOPATH", "NODE_PATH", "PYTHONDONTWRITEBYTECODE"),
    *("IS_SANDBOX", "CI"),
)
"""Variables that every program may see. None of them is anybody's secret."""

TOOLCHAINS: Mapping[str, str] = {
    "PYENV_ROOT": ".pyenv",
    "NVM_DIR": ".nvm",
    "RUSTUP_HOME": ".rustup",
    "CARGO_HOME": ".cargo",
    "VOLTA_HOME": ".volta",
    "ASDF_DATA_DIR": ".asdf",
}
"""Tools that look for themselves under HOME; where it is private, they are told the place."""


def environment(agent: Agent, home: Path | None) -> dict[str, str]:
    """The variables of an agent's attempt. `home` is its private HOME, None for the user's own."""
    env = dict(variables(agent))
    real = os.environ.get("HOME")
    if home is None:
        kept = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
        return env | dict(_passed(kept))
    for variable, folder in TOOLCHAINS.items():
        if real and variable not in env and (place := Path(real, folder)).is_dir():
            env[variable] = str(place)
    return env | {"HOME": str(home)}


def variables(agent: Agent) -> tuple[tuple[str, str], ...]:
    """The variables of the user's that an agent may see, in order of their names."""
    return tuple(sorted(_passed((*EVERYONE, *TOOLCHAINS, *agent.passes, *agent.credentials))))


def make_home(agent: Agent, place: Path, words: Mapping[str, str], *, afresh: bool = True) -> None:
    """An empty HOME at `place` with the files that the program needs to begin.

    To go on in one that is there (`afresh` is false), only the files that name the provider's
    address are made again, since a meter has another one each time.
    """
    if place.is_symlink():
        files.remove(place)
    # What the attempt before this one left may lead elsewhere; nothing is written there.
    inside = place.resolve()
    if not all((place / name).resolve().is_relative_to(inside) for name in agent.files):
        afresh = True
    if afresh:
        files.remove_tree(place)
    files.make_folder(place)
    for name, text in agent.files.items():
        if not afresh and "{endpoint}" not in text:
            continue
        path = place / name
        files.make_folder(path.parent)
        files.write_text(path, process.fill(text, words))


def identity(name: str, email: str, env: Mapping[str, str]) -> dict[str, str]:
    """Variables that give git a name to commit under, so that no program has to make one up.

    Some write one into the settings of the repository, where it would be everybody's.
    """
    given = int(env.get("GIT_CONFIG_COUNT") or 0)
    settings = {"user.name": name, "user.email": email}
    found = {"GIT_CONFIG_COUNT": str(given + len(settings))}
    for number, (key, value) in enumerate(settings.items(), start=given):
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return found


def _passed(allowed: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    names = {name for name in allowed if not name.endswith("*")}
    beginnings = tuple(name[:-1] for name in allowed if name.endswith("*"))
    for name, value in os.environ.items():
        if name in names or name.startswith(beginnings):
            yield name, value
