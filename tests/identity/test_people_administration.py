"""What an administrator says of people, and how one is found."""

from __future__ import annotations

from typing import Any

import pytest

from identity.people.administration import change_person, find_people, person_known_as
from identity.people.errors import PersonRefused, PersonUnknown
from identity.people.operations import (
    OutsideIdentity,
    add_anonymous_person,
    leave_contact,
    recognise_person,
)
from storage.database import Database
from tests.databases import NOW

ANA = OutsideIdentity(issuer="site:demo:host", subject="ana", name="Ana Example", email="ana@example.org")


def known(db: Database, identity: OutsideIdentity = ANA) -> int:
    return db.write(recognise_person, identity, language="en", default_language="en", now=NOW).id


def stranger(db: Database, email: str | None = None) -> int:
    person = db.write(add_anonymous_person, language="en", now=NOW)
    if email:
        db.write(leave_contact, person.id, name=None, email=email, now=NOW)
    return person.id


def test_nobody_is_a_vip_or_in_a_group_until_somebody_says_so(db: Database) -> None:
    known(db)

    before = db.read(person_known_as, "ana@example.org")
    after = db.write(change_person, "ANA@example.org", {"is_vip": True, "requester_group": " Board "})

    assert (before.is_vip, before.requester_group) == (False, None)
    assert (after.is_vip, after.requester_group) == (True, "board")
    assert db.read(person_known_as, str(after.id)) == after


def test_only_what_is_named_changes_and_nothing_takes_out_of_the_group(db: Database) -> None:
    known(db)
    db.write(change_person, "ana@example.org", {"is_vip": True, "requester_group": "board"})

    assert db.write(change_person, "ana@example.org", {"requester_group": None}).requester_group is None
    assert db.read(person_known_as, "ana@example.org").is_vip


@pytest.mark.parametrize("group", ["x" * 65, "finances & co", "-", "Ünits"])
def test_a_group_of_requesters_has_a_plain_name(db: Database, group: str) -> None:
    known(db)

    with pytest.raises(PersonRefused, match="has a name of 1 to 64"):
        db.write(change_person, "ana@example.org", {"requester_group": group})


def test_an_address_that_a_stranger_left_does_not_stand_in_for_the_person_a_site_vouches_for(
    db: Database,
) -> None:
    first = stranger(db, "ana@example.org")
    ana = known(db)
    second = stranger(db, "ana@example.org")

    changed = db.write(change_person, "ana@example.org", {"is_vip": True})

    assert changed.id == ana
    assert not any(db.read(person_known_as, str(each)).is_vip for each in (first, second))


def test_of_several_strangers_with_one_address_the_number_is_asked(db: Database) -> None:
    first, second = stranger(db, "sam@example.org"), stranger(db, "sam@example.org")

    with pytest.raises(PersonRefused, match=f"2 people have the address sam@example.org.*{first}, {second}"):
        db.write(change_person, "sam@example.org", {"is_vip": True})

    assert db.write(change_person, str(second), {"is_vip": True}).id == second


@pytest.mark.parametrize("who", ["nobody@example.org", "4711", "9" * 30, ""])
def test_nobody_is_found_where_there_is_nobody(db: Database, who: str) -> None:
    with pytest.raises(PersonUnknown):
        db.read(person_known_as, who)


def test_people_are_found_by_parts_of_name_and_address_and_as_text(db: Database) -> None:
    known(db)
    known(db, OutsideIdentity("site:demo:host", "bea", "Bea 100%", "bea@example.org"))
    stranger(db)

    def found(text: str | None = None, **how: Any) -> list[str | None]:
        return [each.name for each in db.read(find_people, text, **how)]

    assert found() == ["Ana Example", "Bea 100%"]
    assert found("EXAMPLE.org") == ["Ana Example", "Bea 100%"]
    assert (found("ana e"), found("%"), found("_")) == (["Ana Example"], ["Bea 100%"], [])
    db.write(change_person, "bea@example.org", {"is_vip": True, "requester_group": "board"})
    assert (found(vip_only=True), found(requester_group="board")) == (["Bea 100%"], ["Bea 100%"])
    assert found("ana", requester_group="board") == []
