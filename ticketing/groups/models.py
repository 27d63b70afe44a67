"""Assignment groups: the teams that hold tickets."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from ticketing.tickets.logic import SupportTier


class AssignmentGroup(Base):
    """A team, by a key that never changes; tickets and the journal refer to it."""

    __tablename__ = "assignment_group"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    # What people call it, by language.
    names: Mapped[dict[str, Any]]
    tier: Mapped[SupportTier] = mapped_column(default=SupportTier.L1)
