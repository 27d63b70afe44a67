"""Opening, checking and ending visitors' sessions."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy.orm import Session

from identity.people.models import Person
from identity.people.operations import KnownPerson, known
from identity.sites.errors import VisitorRefused
from identity.visitors.logic import VisitorToken
from identity.visitors.models import VisitorSession

_TOUCH_EVERY = timedelta(minutes=10)

# Made once: it runs with every line.
_SESSION_AND_PERSON = (
    select(VisitorSession, Person)
    .join(Person, Person.id == VisitorSession.person_id)
    .where(VisitorSession.id == bindparam("session"))
)


@dataclass(frozen=True)
class SessionLife:
    """How long a session lives without use, and at most."""

    idle: timedelta
    total: timedelta


@dataclass(frozen=True)
class OpenedSession:
    """A new session, ready to be signed."""

    token: VisitorToken
    expires_at: datetime


@dataclass(frozen=True)
class Visitor:
    """Who speaks: a live session, its site and its person."""

    session_id: str
    site_key: str
    person: KnownPerson


def open_session(
    session: Session, *, site_key: str, person_id: int, life: SessionLife, now: datetime
) -> OpenedSession:
    """Start a session with 128 random bits of its own; signing in starts a new one, so ids rotate."""
    row = VisitorSession(
        id=secrets.token_hex(16),
        site_key=site_key,
        person_id=person_id,
        created_at=now,
        last_seen_at=now,
        expires_at=now + life.total,
        revoked_at=None,
    )
    session.add(row)
    session.flush()
    return OpenedSession(VisitorToken(row.id, site_key), row.expires_at)


def access_session(session: Session, token: VisitorToken, *, life: SessionLife, now: datetime) -> Visitor:
    """The only door to a session: it exists, is of this site, lives, and was used not too long ago."""
    found = session.execute(_SESSION_AND_PERSON, {"session": token.session_id}).first()
    if found is None:
        raise VisitorRefused
    row, person = found
    if row.site_key != token.site_key or row.revoked_at is not None:
        raise VisitorRefused
    if now >= row.expires_at or now - row.last_seen_at > life.idle:
        raise VisitorRefused
    return Visitor(row.id, row.site_key, known(person))


def touch_session(session: Session, session_id: str, *, now: datetime) -> None:
    """Note that the session is in use; written at most every ten minutes."""
    row = session.get_one(VisitorSession, session_id)
    if now - row.last_seen_at > _TOUCH_EVERY:
        row.last_seen_at = now


def is_going_on(session_id: ColumnElement[str], now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """For a statement that reads on behalf of a session: whether it was neither revoked nor outlived."""
    return (
        select(VisitorSession.id)
        .where(
            VisitorSession.id == session_id,
            VisitorSession.revoked_at.is_(None),
            VisitorSession.expires_at > now,
        )
        .exists()
    )


def revoke_session(session: Session, session_id: str, *, now: datetime) -> int | None:
    """End a session at once; its token is refused from now on. Returns whose it was."""
    row = session.get(VisitorSession, session_id)
    if row is None:
        return None
    if row.revoked_at is None:
        row.revoked_at = now
    return row.person_id
