"""Ticket numbers as people write them."""

from __future__ import annotations

import re
import unicodedata

from ticketing.tickets.logic import PREFIX, TicketType

_TYPES = {prefix.lower(): type_ for type_, prefix in PREFIX.items()}
_DIGITS = r"(?P<id>\d{1,18})"
# "A ticket 2 days ago", "ticket 10:30", "incident 2e etage" name no number.
_UNITS = (
    r"days?|weeks?|months?|years?|hours?|minutes?|mins?|times?|people|persons?|"
    r"jours?|semaines?|mois|ans?|annees?|heures?|fois|personnes?|collegues?|h|min"
)
_END = rf"(?![\w]|[:/.,]\d|\s*(?:{_UNITS})\b)"
_NOUNS = r"tickets?|incidents?|requests?|demandes?|dossiers?|case|reference|ref"
_NUMBER_WORDS = r"(?:\s*(?:number|numero|num|no|nr|n°|n|id|is|est|le|la|#|:|\.|-)(?![a-z]))*"
_FORMS = (
    re.compile(rf"\b(?P<type>inc|req)[\s\-–—_#:.°/n]{{0,4}}{_DIGITS}(?!\w)"),
    re.compile(rf"\b(?:{_NOUNS})\b{_NUMBER_WORDS}\s*{_DIGITS}{_END}"),
    re.compile(rf"(?:#|\bn°|\bnumero|\bnumber)\s*{_DIGITS}{_END}"),
    # As it is printed, zeros and all, or alone.
    re.compile(r"(?<![\w\-.,/])(?P<id>00\d{4,16})(?![\w\-]|[.,/]\d)"),
    re.compile(rf"^\W*{_DIGITS}\W*$"),
)


def parse_number(text: str) -> tuple[TicketType | None, int] | None:
    """The first ticket number in a text; the kind is None where the person did not write INC or REQ."""
    folded = _folded(text)
    for form in _FORMS:
        if found := form.search(folded):
            return _TYPES.get(found.groupdict().get("type") or ""), int(found["id"])
    return None


def _folded(text: str) -> str:
    # The degree sign first: NFKD would make an "o" of its look-alike.
    text = text.replace("º", "°").replace("№", "n°")
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))
