"""What an administrator says of people: who is a VIP, and in which group of requesters somebody is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from identity.people.errors import PersonRefused, PersonUnknown
from identity.people.logic import why_not_requester_group
from identity.people.models import Person

MOST_FOUND = 50
LARGEST_ID = 2**31 - 1


@dataclass(frozen=True)
class ListedPerson:
    """Somebody who asks, as an administrator sees one."""

    id: int
    name: str | None
    email: str | None
    language: str
    is_verified: bool
    is_vip: bool
    requester_group: str | None


class PersonChanges(TypedDict, total=False):
    """What is to be different; None for `requester_group` takes somebody out of it."""

    is_vip: bool
    requester_group: str | None


def find_people(
    session: Session, text: str | None = None, *, vip_only: bool = False, requester_group: str | None = None
) -> tuple[ListedPerson, ...]:
    """People whose name or address has the text in it, by address; strangers without either are left out."""
    wanted = select(Person).where(or_(Person.name.is_not(None), Person.email.is_not(None)))
    if text and text.strip():
        name = text.strip().casefold()
        wanted = wanted.where(
            or_(
                func.lower(Person.name).contains(name, autoescape=True),
                func.lower(Person.email).contains(name, autoescape=True),
            )
        )
    if vip_only:
        wanted = wanted.where(Person.is_vip)
    if requester_group:
        wanted = wanted.where(Person.requester_group == requester_group)
    return tuple(map(_listed, session.scalars(wanted.order_by(Person.email, Person.id).limit(MOST_FOUND))))


def person_known_as(session: Session, who: str) -> ListedPerson:
    """The person with this number, or the only one with this address.

    Raises:
        PersonUnknown: there is nobody.
        PersonRefused: there are several with this address; only a site vouches for whose it is.
    """
    return _listed(_one(list(session.scalars(_known_as(who))), who))


def people_known_as(session: Session, who: str) -> tuple[ListedPerson, ...]:
    """The person with this number, or everybody with this address, by number; whoever says an address has it.

    Raises:
        PersonUnknown: there is nobody.
    """
    found = session.scalars(_known_as(who).order_by(Person.id)).all()
    if not found:
        raise PersonUnknown(who)
    return tuple(map(_listed, found))


def change_person(session: Session, who: str, changes: PersonChanges) -> ListedPerson:
    """Bring what is named to the new state; tickets that are open stay where they are.

    Raises:
        PersonUnknown, PersonRefused: nothing is changed.
    """
    person = _access(session, who)
    if "is_vip" in changes:
        person.is_vip = changes["is_vip"]
    if "requester_group" in changes:
        group = (changes["requester_group"] or "").strip().casefold() or None
        if group and (why := why_not_requester_group(group)):
            raise PersonRefused(why)
        person.requester_group = group
    session.flush()
    return _listed(person)


def _access(session: Session, who: str) -> Person:
    # Its key stays as it is, so rows that refer to the person are not held up.
    wanted = _known_as(who).with_for_update(key_share=True)
    return _one(list(session.scalars(wanted, execution_options={"populate_existing": True})), who)


def _known_as(who: str) -> Select[Person]:
    if who.isdecimal():
        return select(Person).where(Person.id == min(int(who), LARGEST_ID))
    return select(Person).where(func.lower(Person.email) == who.strip().lower())


def _one(found: Sequence[Person], who: str) -> Person:
    vouched = [person for person in found if person.is_verified]
    if len(found) > 1 and len(vouched) == 1:
        return vouched[0]
    if len(found) > 1:
        numbers = ", ".join(str(person.id) for person in found)
        raise PersonRefused(f"{len(found)} people have the address {who}; say which by its number: {numbers}")
    if not found:
        raise PersonUnknown(who)
    return found[0]


def _listed(person: Person) -> ListedPerson:
    return ListedPerson(
        id=person.id,
        name=person.name,
        email=person.email,
        language=person.language,
        is_verified=person.is_verified,
        is_vip=person.is_vip,
        requester_group=person.requester_group,
    )
