"""People: known by what their issuer calls them, once each."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from identity.people.models import Person
from identity.people.operations import KnownPerson, OutsideIdentity, add_anonymous_person, recognise_person
from storage.database import Database
from tests.databases import NOW, at_once, values

ANA = OutsideIdentity("site:demo:intranet", "u-17", "Ana", "ana@example.org")


def recognise(db: Database, identity: OutsideIdentity, language: str | None = None) -> KnownPerson:
    return db.write(recognise_person, identity, language=language, default_language="en", now=NOW)


def people(db: Database) -> int:
    return db.read(lambda session: session.scalar(select(func.count()).select_from(Person)) or 0)


def test_somebody_recognised_again_is_the_same_person_with_the_latest_name(db: Database) -> None:
    first = recognise(db, ANA)

    again = recognise(db, OutsideIdentity(ANA.issuer, ANA.subject, "Ana Lopez", None))

    assert again.id == first.id
    assert (again.name, again.email) == ("Ana Lopez", None)
    assert again.is_verified


@pytest.mark.parametrize(
    "other", [OutsideIdentity("site:demo:extranet", "u-17"), OutsideIdentity("site:demo:intranet", "U-17")]
)
def test_another_issuer_or_subject_is_another_person(db: Database, other: OutsideIdentity) -> None:
    assert recognise(db, ANA).id != recognise(db, other).id


def test_two_people_with_one_address_stay_two(db: Database) -> None:
    assert recognise(db, ANA).id != recognise(db, OutsideIdentity(ANA.issuer, "u-18", "Bob", ANA.email)).id


def test_the_language_is_the_page_s_then_the_known_one_then_the_default(db: Database) -> None:
    assert recognise(db, ANA).language == "en"
    assert recognise(db, ANA, "fr").language == "fr"
    assert recognise(db, ANA).language == "fr"


def test_sixteen_first_sign_ins_at_once_make_one_person(db: Database) -> None:
    known = at_once(16, lambda _: recognise(db, ANA))

    assert len(values(known)) == 16
    assert len({person.id for person in values(known)}) == 1
    assert people(db) == 1


def test_anonymous_people_are_each_their_own(db: Database) -> None:
    one, other = (db.write(add_anonymous_person, language="fr", now=NOW) for _ in range(2))

    assert one.id != other.id
    assert not one.is_verified
