"""Restores a backup and is killed before its nth deed on files or programs: `python -m … FILE N`."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from desk.cli import main as command

_deeds = itertools.count(1)


def _deadly(deed: Callable[..., Any], last: int) -> Callable[..., Any]:
    def act(*arguments: Any, **named: Any) -> Any:
        if next(_deeds) == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return deed(*arguments, **named)

    return act


if __name__ == "__main__":
    file, last = sys.argv[1], int(sys.argv[2])
    for module, name in ((os, "replace"), (os, "link"), (shutil, "move"), (subprocess, "run")):
        setattr(module, name, _deadly(getattr(module, name), last))
    sys.argv = ["guichet", "restore", file, "--replace"]
    command.main()
