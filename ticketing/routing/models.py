"""What decides where a ticket goes: the tree of categories, and rules in order."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base


class Category(Base):
    """A subject of requests; what it does not say itself it has from its parent."""

    __tablename__ = "category"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    parent_key: Mapped[str | None] = mapped_column(ForeignKey("category.key"))
    names: Mapped[dict[str, Any]]
    # By language, as in categories.yml: what in a text speaks for it.
    words: Mapped[dict[str, Any]]
    group_key: Mapped[str | None] = mapped_column(ForeignKey("assignment_group.key"))
    position: Mapped[int]
    is_active: Mapped[bool] = mapped_column(default=True)


class RoutingRule(Base):
    """If everything it asks for is so, its outcome holds; the first one by position decides."""

    __tablename__ = "routing_rule"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    position: Mapped[int] = mapped_column(index=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    # What is not named is not asked: {"categories": […], "words": […], "sites": […], "channels": […], …}
    conditions: Mapped[dict[str, Any]]
    # {"group": …, "skills": […], "impact": …, "urgency": …}
    outcome: Mapped[dict[str, Any]]
