"""The sites that may embed the counter, and the host identities already spent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base


class Site(Base):
    """A place people ask from: its public key, exact origins, and the keys its back end signs with."""

    __tablename__ = "site"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    origins: Mapped[list[str]]
    is_identity_required: Mapped[bool] = mapped_column(default=False)
    # [{"kid": …, "alg": "HS256" | "EdDSA" | "RS256", "key": …}]; two may be valid during a rotation.
    host_keys: Mapped[list[dict[str, Any]]]
    created_at: Mapped[datetime]


class SpentIdentity(Base):
    """A host token's `jti`, kept until the token has expired: each is used once (TRUST WW-6)."""

    __tablename__ = "spent_identity"

    site_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    jti: Mapped[str] = mapped_column(String(128), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
