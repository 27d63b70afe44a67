"""Public holidays of countries and their parts: the one place that knows the `holidays` package."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache

# The package is imported where it is used: it takes a tenth of a second, and most desks ask for one country.


@lru_cache(maxsize=64)
def why_not_place(country: str | None, subdivision: str | None) -> str | None:
    """The reason there are no public holidays for a place, or None if there are."""
    import holidays

    known = holidays.list_supported_countries(include_aliases=False)
    if country is None:
        return "a subdivision needs its country" if subdivision else None
    if country not in known:
        return f"{country!r} is no country whose holidays are known; write its ISO code, such as FR or GB"
    if subdivision is not None and subdivision not in known[country]:
        some = ", ".join(known[country]) or "none"
        return f"{subdivision!r} is no part of {country} with holidays of its own; there are: {some}"
    return None


@lru_cache(maxsize=64)
def public_holidays(country: str, subdivision: str | None) -> Callable[[date], str | None]:
    """Tells the name of the holiday on a day, in the country's own language; each year is worked out once."""
    import holidays

    own_language = getattr(getattr(holidays, country, None), "default_language", None)
    found = holidays.country_holidays(country, subdiv=subdivision, language=own_language)

    def name(day: date) -> str | None:
        return found.get(day)

    return name
