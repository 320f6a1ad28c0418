"""Every peer, one line each, the quickest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from benchmarks.scale.peers import doit, dvc, make, ninja, snakemake
from benchmarks.scale.peers.base import Peer

PEERS: Mapping[str, Peer] = {
    "make": cast(Peer, make),
    "ninja": cast(Peer, ninja),
    "doit": cast(Peer, doit),
    "snakemake": cast(Peer, snakemake),
    "dvc": cast(Peer, dvc),
}
