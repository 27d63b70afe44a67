"""What an administrator does with sites: add, change, remove, and exchange the keys of their hosts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from identity.people.models import Person, PersonIdentity
from identity.sites.errors import SiteRefused, SiteUnknown
from identity.sites.logic import is_site_key
from identity.sites.logo import Logo
from identity.sites.looks import key_from, why_not_color, why_not_greeting, why_not_name, why_not_requests
from identity.sites.models import Site, SpentIdentity
from identity.sites.origins import why_not_origin
from identity.sites.queries import ShownSite, shown
from identity.visitors.models import VisitorSession
from notices.privacy.notice import PrivacyNotice, kept

MOST_HOST_KEYS = 2
"""The one in use and the one that replaces it."""


class SiteChanges(TypedDict, total=False):
    """What is to be different; what is not in it stays. None (or no requests) takes the shipped one back.

    Of `greeting` and `requests` only the languages that are named change.
    """

    name: str
    origins: Sequence[str]
    is_identity_required: bool
    color: str | None
    logo: Logo | None
    greeting: Mapping[str, str | None]
    requests: Mapping[str, Sequence[str]]
    privacy: PrivacyNotice | None


def add_site(
    session: Session,
    *,
    name: str,
    origins: Sequence[str],
    key: str | None = None,
    is_again: bool = False,
    changes: SiteChanges | None = None,
    host_key: Mapping[str, Any],
    now: datetime,
) -> ShownSite:
    """A new site with one host key; its own key is made from its name unless one is given.

    With the key of a site that is gone the new host vouches for that one's people: only for who says that it
    is the same site again.

    Raises:
        SiteRefused: something cannot be so; nothing is added.
    """
    site = Site(
        key=_new_key(session, name, key, is_again=is_again),
        name=name,
        origins=[],
        host_keys=[dict(host_key)],
        created_at=now,
        greeting={},
        requests={},
    )
    _change(site, SiteChanges(**(changes or {}), name=name, origins=origins))
    session.add(site)
    session.flush()
    return shown(site)


def change_site(session: Session, key: str, changes: SiteChanges) -> ShownSite:
    """Bring what is named to the new state. Where identity is required from now on, who has none is let go.

    Raises:
        SiteUnknown: no site has this key.
        SiteRefused: something cannot be so; nothing is changed.
    """
    site = _access(session, key)
    _change(site, changes)
    if changes.get("is_identity_required"):
        # Sessions that were opened before would go on for days: required means required (TRUST WW-7).
        _let_go(session, key, verified=False)
    session.flush()
    return shown(site)


def remove_site(session: Session, key: str) -> None:
    """Close a site: no page may use it, and who was talking there is let go. What was said is kept.

    Raises:
        SiteUnknown: no site has this key.
    """
    site = _access(session, key)
    session.execute(delete(VisitorSession).where(VisitorSession.site_key == key))
    session.execute(delete(SpentIdentity).where(SpentIdentity.site_key == key))
    session.delete(site)
    session.flush()


def add_host_key(session: Session, key: str, host_key: Mapping[str, Any]) -> ShownSite:
    """One more key for the host to sign with; both are believed until one is removed.

    Raises:
        SiteUnknown: no site has this key.
        SiteRefused: there are two already.
    """
    site = _access(session, key)
    if len(site.host_keys) >= MOST_HOST_KEYS:
        known = " and ".join(each["kid"] for each in site.host_keys)
        raise SiteRefused(f"it has two keys already ({known}); remove the old one first")
    site.host_keys = [*site.host_keys, dict(host_key)]
    session.flush()
    return shown(site)


def remove_host_key(session: Session, key: str, kid: str) -> ShownSite:
    """Believe a key no more, nor whoever came with it: a counter that is open asks its host anew.

    Raises:
        SiteUnknown: no site has this key.
        SiteRefused: the site's host has no such key.
    """
    site = _access(session, key)
    left = [each for each in site.host_keys if each["kid"] != kid]
    if len(left) == len(site.host_keys):
        known = ", ".join(each["kid"] for each in site.host_keys) or "none"
        raise SiteRefused(f"it has no key {kid!r}; it has: {known}")
    site.host_keys = left
    _let_go(session, key, verified=True)
    session.flush()
    return shown(site)


def _access(session: Session, key: str) -> Site:
    site = session.get(Site, key, with_for_update=True) if is_site_key(key) else None
    if site is None:
        raise SiteUnknown
    return site


def _let_go(session: Session, key: str, *, verified: bool) -> None:
    """End the sessions on a site of those for whom its host vouches, or of the others."""
    people = select(Person.id).where(Person.is_verified.is_(verified))
    session.execute(
        delete(VisitorSession).where(VisitorSession.site_key == key, VisitorSession.person_id.in_(people))
    )


def _new_key(session: Session, name: str, wanted: str | None, *, is_again: bool) -> str:
    if wanted is None:
        return key_from(name, _taken(session))
    if not is_site_key(wanted):
        raise SiteRefused("key: 1 to 64 of A-Z, a-z, 0-9, _ and - are expected")
    if session.get(Site, wanted) is not None:
        raise SiteRefused(f"key: there is a site {wanted!r} already")
    if wanted in _vouched(session) and not is_again:
        raise SiteRefused(
            f"key: {wanted!r} was that of a site that is gone, and who has it vouches for that site's people;"
            " choose another, or say --again if it is the same site"
        )
    return wanted


def _taken(session: Session) -> set[str]:
    """Keys of sites, also of those that are gone: a new host must not vouch for the people of an old one."""
    return _vouched(session) | set(session.scalars(select(Site.key)))


def _vouched(session: Session) -> set[str]:
    """Keys of the sites, there or gone, whose hosts have vouched for people."""
    issuers = session.scalars(select(PersonIdentity.issuer).distinct())
    return {issuer.split(":")[1] for issuer in issuers if issuer.startswith("site:")}


def _change(site: Site, changes: SiteChanges) -> None:
    _check(changes)
    if "name" in changes:
        site.name = changes["name"].strip()
    if "origins" in changes:
        site.origins = list(dict.fromkeys(changes["origins"]))
    if "is_identity_required" in changes:
        site.is_identity_required = changes["is_identity_required"]
    if "color" in changes:
        site.color = changes["color"].lower() if changes["color"] else None
    if "logo" in changes:
        logo = changes["logo"]
        site.logo, site.logo_version = (logo.png, logo.version) if logo else (None, None)
    if "privacy" in changes:
        site.privacy = kept(changes["privacy"]) if changes["privacy"] else None
    # Written anew: a JSON column does not notice what changes inside it.
    greeting = {**site.greeting, **changes.get("greeting", {})}
    site.greeting = {language: text.strip() for language, text in greeting.items() if text}
    requests = {**site.requests, **changes.get("requests", {})}
    site.requests = {
        language: [text.strip() for text in texts] for language, texts in requests.items() if texts
    }


def _check(changes: SiteChanges) -> None:
    if "origins" in changes and not changes["origins"]:
        raise SiteRefused("origin: at least one is needed, such as https://intranet.example")
    reasons = [("name", why_not_name(changes["name"]))] if "name" in changes else []
    reasons += [(f"origin {text!r}", why_not_origin(text)) for text in changes.get("origins", ())]
    if color := changes.get("color"):
        reasons.append((f"colour {color!r}", why_not_color(color)))
    reasons += [
        (f"greeting ({language})", why_not_greeting(text))
        for language, text in changes.get("greeting", {}).items()
        if text
    ]
    reasons += [
        (f"requests ({language})", why_not_requests(texts))
        for language, texts in changes.get("requests", {}).items()
    ]
    for what, why in reasons:
        if why:
            raise SiteRefused(f"{what}: {why}")
