"""The spaces that French sets before its signs, and where a line must not end. Pure."""

from __future__ import annotations

import re

_NO_BREAK = "\N{NO-BREAK SPACE}"
_BEFORE = re.compile(r"(?<=\S) (?=[:;!?»%])")
_AFTER = re.compile(r"(?<=«) ")


def typeset(text: str, language: str) -> str:
    """The text as it is set in its language; the files of texts have ordinary spaces, which one can see."""
    if language != "fr":
        return text
    return _AFTER.sub(_NO_BREAK, _BEFORE.sub(_NO_BREAK, text))
