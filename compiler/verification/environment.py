"""What the programs of a scope find in their environment: what it declares, and where things are.

The rest stays outside, so that nobody's shell settings decide a verdict.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from typing import Any

from factoryline.plan.model import Scope
from factoryline.system import process
from factoryline.verification import interpreter

PLACES = (
    # Who and where one is.
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "LANGUAGE", "TERM"),
    *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"),
    # How to get out.
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    "NODE_EXTRA_CA_CERTS",
    # Where tools and packages come from, and where they are kept.
    *("VIRTUAL_ENV", "CONDA_PREFIX", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONFIG_FILE"),
    *("PIP_CACHE_DIR", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_CACHE_DIR"),
    *("NPM_CONFIG_REGISTRY", "npm_config_registry", "NPM_CONFIG_USERCONFIG", "npm_config_cache"),
    *("NVM_DIR", "VOLTA_HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"),
    *("GOPATH", "GOROOT", "GOCACHE", "GOMODCACHE", "GOPROXY", "JAVA_HOME", "GRADLE_USER_HOME"),
)
"""Variables that every scope gets where they are set."""


def variables(scope: Scope, words: Mapping[str, str]) -> dict[str, str]:
    """The environment of a scope's programs; `words` fill the placeholders in its values."""
    names = [*PLACES, *(name for name in os.environ if name.startswith("LC_")), *scope.inherits]
    given = {name: os.environ[name] for name in names if name in os.environ}
    # Bytecode would stay in the checkout and in the way of the next one.
    own = {name: process.fill(value, words) for name, value in scope.env.items()}
    return {**given, "PYTHONDONTWRITEBYTECODE": "1", **own}


def declared(scope: Scope) -> dict[str, Any]:
    """What of the environment can shape a result: the machine's kind, the inherited variables, and
    the interpreter with its packages where the scope runs {python}.
    """
    commands = (scope.run, scope.list, scope.again, *(scope.prepare.run if scope.prepare else ()))
    ours = any("{python}" in part for command in commands for part in command)
    return {
        "machine": [sys.platform, platform.machine()],
        "inherits": {name: os.environ.get(name) for name in scope.inherits},
        "python": list(interpreter.installed(scope)) if ours else None,
    }
