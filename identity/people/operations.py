"""Getting to know people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from identity.people.errors import AddressRefused, PersonIsVerified
from identity.people.logic import clean_address, clean_name
from identity.people.models import Person, PersonIdentity


@dataclass(frozen=True)
class KnownPerson:
    """A person as the rest of the desk sees one."""

    id: int
    name: str | None
    email: str | None
    language: str
    is_verified: bool


@dataclass(frozen=True)
class OutsideIdentity:
    """What an issuer that we trust says of one of its people; `subject` never changes, the rest may."""

    issuer: str
    subject: str
    name: str | None = None
    email: str | None = None


def add_anonymous_person(session: Session, *, language: str, now: datetime) -> KnownPerson:
    """Somebody of whom nothing is known but the language."""
    person = Person(name=None, email=None, language=language, is_verified=False, created_at=now)
    session.add(person)
    session.flush()
    return known(person)


def recognise_person(
    session: Session, identity: OutsideIdentity, *, language: str | None, default_language: str, now: datetime
) -> KnownPerson:
    """The person behind a vouched identity, made at the first meeting; name and address are refreshed."""
    person = _find(session, identity) or _add(session, identity, language or default_language, now)
    person.name, person.email = identity.name, identity.email
    person.language = language or person.language
    session.flush()
    return known(person)


def leave_contact(
    session: Session, person_id: int, *, name: str | None, email: str | None, now: datetime
) -> KnownPerson:
    """Keep what an anonymous person says of itself; what is None or empty stays as it was.

    It is where answers go and nothing more: it proves nothing, it opens nobody's tickets, and two people with
    one address stay two.

    Raises:
        AddressRefused: the address is none; nothing is kept.
        PersonIsVerified: a site vouches for the person; nothing is kept.
    """
    # Its key stays as it is, so rows that refer to the person are not held up.
    person = session.get_one(Person, person_id, with_for_update={"key_share": True}, populate_existing=True)
    if person.is_verified:
        raise PersonIsVerified
    if email and email.strip():
        address = clean_address(email)
        if address is None:
            raise AddressRefused
        person.email = address
    person.name = clean_name(name) or person.name
    session.flush()
    return known(person)


def contact_is_missing(person: KnownPerson) -> bool:
    """Whether no answer can reach somebody who could still say where."""
    return not person.is_verified and not person.email


def _find(session: Session, identity: OutsideIdentity) -> Person | None:
    return session.scalar(
        select(Person)
        .join(PersonIdentity, PersonIdentity.person_id == Person.id)
        .where(PersonIdentity.issuer == identity.issuer, PersonIdentity.subject == identity.subject)
    )


def _add(session: Session, identity: OutsideIdentity, language: str, now: datetime) -> Person:
    try:
        with session.begin_nested():
            person = Person(
                name=identity.name, email=identity.email, language=language, is_verified=True, created_at=now
            )
            session.add(person)
            session.flush()
            session.add(PersonIdentity(person_id=person.id, issuer=identity.issuer, subject=identity.subject))
    except IntegrityError:
        # Two first sign-ins at once: the other one made the person.
        found = _find(session, identity)
        if found is None:
            raise
        return found
    return person


def known(person: Person) -> KnownPerson:
    """The frozen value of a row."""
    return KnownPerson(person.id, person.name, person.email, person.language, person.is_verified)
