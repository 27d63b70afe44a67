"""What is shown of sites: to the pages that embed them, and to whoever administers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity.sites.errors import OriginRefused, SiteUnknown
from identity.sites.logic import is_origin_allowed, is_site_key
from identity.sites.looks import Look
from identity.sites.models import Site
from identity.sites.origins import is_origin


@dataclass(frozen=True)
class HostKey:
    """A key of a site's host, without the key itself."""

    kid: str
    algorithm: str
    added_at: str | None


@dataclass(frozen=True)
class ShownSite:
    """A site with its look and words, and nothing that is secret."""

    key: str
    name: str
    origins: tuple[str, ...]
    is_identity_required: bool
    host_keys: tuple[HostKey, ...]
    look: Look
    # As `notices.privacy` keeps it; None: the installation's.
    privacy: Mapping[str, Any] | None
    created_at: datetime


def shown_site(session: Session, key: str) -> ShownSite:
    """A site as it may be shown.

    Raises:
        SiteUnknown: no site has this key.
    """
    site = session.get(Site, key) if is_site_key(key) else None
    if site is None:
        raise SiteUnknown
    return shown(site)


def access_frame(session: Session, key: str, origin: str | None) -> ShownSite:
    """The site whose counter a page wants to embed. The desk's own origins do not count here.

    Raises:
        SiteUnknown: no site has this key.
        OriginRefused: the site does not list the page's origin, or lists one that no browser sends.
    """
    site = shown_site(session, key)
    if origin is None or not is_origin_allowed(origin, site.origins) or not is_origin(origin):
        raise OriginRefused
    return site


def all_sites(session: Session) -> list[ShownSite]:
    """Every site, by key."""
    return [shown(site) for site in session.scalars(select(Site).order_by(Site.key))]


def logo_of(session: Session, key: str) -> tuple[bytes, str] | None:
    """A site's logo (PNG) and its version; None without one, or without the site."""
    if not is_site_key(key):
        return None
    row = session.execute(select(Site.logo, Site.logo_version).where(Site.key == key)).first()
    return (row[0], row[1] or "") if row is not None and row[0] is not None else None


def privacy_of(session: Session, key: str) -> Mapping[str, Any] | None:
    """A site's own privacy notice as it is kept; None where the installation's counts."""
    site = session.get(Site, key)
    return site.privacy if site is not None else None


def shown(site: Site) -> ShownSite:
    """What of a row may be shown."""
    return ShownSite(
        key=site.key,
        name=site.name,
        origins=tuple(site.origins),
        is_identity_required=site.is_identity_required,
        host_keys=tuple(HostKey(key["kid"], key["alg"], key.get("added_at")) for key in site.host_keys),
        look=Look(site.color, site.logo_version, site.greeting, site.requests),
        privacy=site.privacy,
        created_at=site.created_at,
    )
