"""Dates as people of each language write them."""

from __future__ import annotations

from datetime import datetime

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
}


def in_words(moment: datetime, language: str) -> str:
    """ "22 November 2026", "22 novembre 2026": the day, in UTC."""
    months = _MONTHS.get(language, _MONTHS["en"]).split()
    day = "1er" if language == "fr" and moment.day == 1 else str(moment.day)
    return f"{day} {months[moment.month - 1]} {moment.year}"
