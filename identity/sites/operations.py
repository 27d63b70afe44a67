"""Registering sites and spending the identities their hosts sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from identity.sites.errors import HostIdentityRefused, OriginRefused, SiteUnknown
from identity.sites.logic import LEEWAY, HostIdentity, is_origin_allowed, is_site_key, read_host_identity
from identity.sites.models import Site, SpentIdentity


@dataclass(frozen=True)
class KnownSite:
    """A site as a request sees it."""

    key: str
    name: str
    origins: tuple[str, ...]
    is_identity_required: bool


def put_site(
    session: Session,
    key: str,
    *,
    name: str,
    origins: Sequence[str],
    host_keys: Sequence[dict[str, Any]],
    is_identity_required: bool,
    now: datetime,
) -> KnownSite:
    """Add a site, or bring an existing one to this state."""
    site = session.get(Site, key)
    if site is None:
        site = Site(key=key, created_at=now)
        session.add(site)
    # Its look and its words stay as they are.
    site.name, site.origins, site.host_keys = name, list(origins), list(host_keys)
    site.is_identity_required = is_identity_required
    session.flush()
    return _known(site)


def access_site(session: Session, key: str, origin: str | None, *, own: Sequence[str] = ()) -> KnownSite:
    """The only door to a site: it exists and this page may use it.

    Args:
        own: the desk's own origins, which count on every site: what the counter's frame sends is the desk's
            origin, and whom that frame is shown to was decided when it was handed out (`access_frame`).
    """
    site = session.get(Site, key) if is_site_key(key) else None
    if site is None:
        raise SiteUnknown
    if not is_origin_allowed(origin, [*site.origins, *own]):
        raise OriginRefused
    return _known(site)


def spend_host_identity(session: Session, site_key: str, token: str, *, now: datetime) -> HostIdentity:
    """Believe a host's signed identity, once."""
    site = session.get(Site, site_key)
    if site is None:
        raise SiteUnknown
    identity = read_host_identity(token, site_key=site_key, host_keys=site.host_keys, now=now)
    session.execute(delete(SpentIdentity).where(SpentIdentity.expires_at < now - 2 * LEEWAY))
    try:
        with session.begin_nested():
            session.add(SpentIdentity(site_key=site_key, jti=identity.jti, expires_at=identity.expires_at))
    except IntegrityError:
        raise HostIdentityRefused("it was used before") from None
    return identity


def _known(site: Site) -> KnownSite:
    return KnownSite(site.key, site.name, tuple(site.origins), site.is_identity_required)
