"""The versions everything in this package was checked against.

Two private methods of Rasa are called and three of its functions are replaced, so another version is refused
instead of tried: `pip install rasa` on a newer Python silently gives a Rasa from before all of this.
"""

from __future__ import annotations

import importlib.metadata
import sys

PYTHON = (3, 10)
RASA = "3.6.21"


class WrongVersion(Exception):
    """This program runs on exactly one Python and one Rasa; the message names what was found."""


def require_pinned_versions() -> None:
    """Raises WrongVersion unless this is Python 3.10 with Rasa 3.6.21."""
    if sys.version_info[:2] != PYTHON:
        raise WrongVersion(f"Python 3.10 is needed, this is {sys.version.split()[0]}")
    require_pinned_rasa()


def require_pinned_rasa() -> None:
    """Raises WrongVersion unless the installed Rasa is the one that was checked."""
    try:
        found = importlib.metadata.version("rasa")
    except importlib.metadata.PackageNotFoundError as error:
        raise WrongVersion(f"Rasa {RASA} is needed and none is installed") from error
    if found != RASA:
        raise WrongVersion(f"Rasa {RASA} is needed, {found} is installed")
