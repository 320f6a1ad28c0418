"""Rights of files hold for root too: else nothing that is forbidden could be tried by root."""

from __future__ import annotations

import ctypes
import sys

OVERRIDES = (1, 2, 3)
"""CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER; see capability.h."""

_VERSION = 0x20080522
_PR_CAPBSET_DROP = 24


def without_rights_of_root() -> None:
    """Give up what lets root pass over rights, for this process and all that it starts.

    Does nothing where there is nothing to give up.
    """
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None)
    for one in OVERRIDES:
        libc.prctl(_PR_CAPBSET_DROP, one, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    # Effective, permitted and inheritable, the lower half of each and then the higher.
    sets = (ctypes.c_uint32 * 6)()
    if libc.capget(header, sets) == 0:
        for index in range(3):
            sets[index] &= ~sum(1 << one for one in OVERRIDES)
        libc.capset(header, sets)
