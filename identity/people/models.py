"""People who ask, and the outside identities by which they are known."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base


class Person(Base):
    """Somebody who asks; anonymous until a site that vouches for its people says who it is."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(320))
    language: Mapped[str] = mapped_column(String(8))
    is_verified: Mapped[bool] = mapped_column(default=False)
    # Set by the administrator; rules of routing and service levels may ask for them.
    is_vip: Mapped[bool] = mapped_column(default=False)
    requester_group: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]


class PersonIdentity(Base):
    """One immutable outside id of a person, in the namespace of who issued it (TRUST ID-15)."""

    __tablename__ = "person_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(200))
