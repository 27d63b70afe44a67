"""The sites that may embed the counter, and the host identities already spent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base


class Site(Base):
    """A place people ask from: its key, exact origins, the keys its host signs with, its look and words."""

    __tablename__ = "site"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    origins: Mapped[list[str]]
    is_identity_required: Mapped[bool] = mapped_column(default=False)
    # [{"kid": …, "alg": "HS256" | "EdDSA" | "RS256", "key": …}]; two may be valid during a rotation.
    host_keys: Mapped[list[dict[str, Any]]]
    created_at: Mapped[datetime]

    color: Mapped[str | None] = mapped_column(String(7))
    # PNG, made here from the file that was named; read only where it is asked for.
    logo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    # The beginning of its digest: it stands in the logo's address, so that a new one is seen at once.
    logo_version: Mapped[str | None] = mapped_column(String(16))
    # {"en": …, "fr": …}; a language that is missing has the shipped words.
    greeting: Mapped[dict[str, Any]] = mapped_column(default=dict)
    requests: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # A notice of the site's own as `notices.privacy` reads it: {"version", "link", "en", "fr"}.
    privacy: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class SpentIdentity(Base):
    """A host token's `jti`, kept until the token has expired: each is used once (TRUST WW-6)."""

    __tablename__ = "spent_identity"

    site_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    jti: Mapped[str] = mapped_column(String(128), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
