"""Starting a process so that it cannot outlive the one that started it."""

import ctypes
import ctypes.util
import os
import signal
import sys
from collections.abc import Callable

# From <linux/prctl.h>.
PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38

_prctl: Callable[..., int] | None = None
if sys.platform == "linux":
    # Loaded now: between fork and exec nothing may be loaded.
    _prctl = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True).prctl


def dies_with_parent() -> Callable[[], None]:
    """What a child does between fork and exec (`preexec_fn`); its parent forks from the main thread.

    SIGKILL, because nobody is left to insist. Linux only; elsewhere a killed supervisor leaves its children,
    and the next start names them as holders of the ports.
    """
    parent = os.getpid()

    def bind() -> None:
        os.umask(0o077)  # logs, databases and trackers are for the owner only
        if _prctl is None:
            return
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        _prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if os.getppid() != parent:  # it died before the first line took effect
            os._exit(1)

    return bind
