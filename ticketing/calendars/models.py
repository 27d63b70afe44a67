"""Business calendars: when the clocks of promises run."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base


class Calendar(Base):
    """Working hours of a week in a time zone, without holidays."""

    __tablename__ = "calendar"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    names: Mapped[dict[str, Any]]
    time_zone: Mapped[str] = mapped_column(String(64))
    # {"mon": [["08:30", "12:30"], ["13:30", "24:00"]], …}; a day that is missing is closed.
    hours: Mapped[dict[str, Any]]
    # ISO 3166 codes for the `holidays` package; none: no public holidays.
    country: Mapped[str | None] = mapped_column(String(2))
    subdivision: Mapped[str | None] = mapped_column(String(8))
    # Own days, as ISO dates: closed beside the public holidays, or open in spite of them.
    closed_days: Mapped[list[str]]
    open_days: Mapped[list[str]]
