"""What an anonymous person says of itself is kept, proves nothing, and cannot do harm in a letter."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.people.errors import AddressRefused, PersonIsVerified
from identity.people.logic import NAME_CHARACTERS, clean_address, clean_name
from identity.people.models import Person, PersonIdentity
from identity.people.operations import (
    KnownPerson,
    OutsideIdentity,
    add_anonymous_person,
    contact_is_missing,
    leave_contact,
    recognise_person,
)
from storage.database import Database
from tests.databases import NOW

ANA = OutsideIdentity("site:demo:intranet", "u-17", "Ana", "ana@example.org")


@pytest.fixture
def visitor(db: Database) -> KnownPerson:
    return db.write(add_anonymous_person, language="en", now=NOW)


def leave(db: Database, person: KnownPerson, name: str | None, email: str | None) -> KnownPerson:
    return db.write(leave_contact, person.id, name=name, email=email, now=NOW)


def person_of(db: Database, person_id: int) -> Person:
    return db.read(lambda session: session.get_one(Person, person_id))


def test_a_name_and_an_address_are_kept_and_prove_nothing(db: Database, visitor: KnownPerson) -> None:
    assert contact_is_missing(visitor)

    known = leave(db, visitor, "  Bea \n Lind ", " Bea@Example.ORG ")

    assert (known.id, known.name, known.email, known.is_verified) == (
        visitor.id,
        "Bea Lind",
        "Bea@example.org",
        False,
    )
    assert not contact_is_missing(known)


def test_somebody_may_leave_either_and_correct_it_later(db: Database, visitor: KnownPerson) -> None:
    assert contact_is_missing(leave(db, visitor, "Bea", None))
    assert leave(db, visitor, None, "bea@example.org").name == "Bea"
    assert leave(db, visitor, "", " ").email == "bea@example.org"
    assert leave(db, visitor, "Beatrix", "b@example.org").email == "b@example.org"


@pytest.mark.parametrize(
    "address",
    [
        "bea",
        "bea@",
        "@example.org",
        "bea@example",
        "bea@localhost",
        "bea example.org",
        "bea@exa mple.org",
        "Bea <bea@example.org>",
        "bea@example.org, eve@example.org",
        "bea@example.org\r\nBcc: eve@example.org",
        "bea@example.org\nSubject: hello",
        "bea\x00@example.org",
        "bea@example.org\u2028Bcc: eve@example.org",
        '"bea\\"@evil.org"@example.org',
        "bea@[127.0.0.1]",
        "béa@example.org",
        "b" * 65 + "@example.org",
        "bea@" + "e" * 250 + ".org",
    ],
)
def test_what_is_no_address_is_refused_and_nothing_is_kept(
    db: Database, visitor: KnownPerson, address: str
) -> None:
    with pytest.raises(AddressRefused):
        leave(db, visitor, "Bea", address)

    person = person_of(db, visitor.id)
    assert (person.name, person.email) == (None, None)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("bea.lind+desk@example.org", "bea.lind+desk@example.org"),
        ("o'hara@example.org", "o'hara@example.org"),
        ("bea@sub.domain.example.org", "bea@sub.domain.example.org"),
        ("bea@exämple.org", "bea@xn--exmple-cua.org"),
    ],
)
def test_an_unusual_address_is_one_all_the_same(typed: str, kept: str) -> None:
    assert clean_address(typed) == kept


@pytest.mark.parametrize("identity", [ANA, OutsideIdentity(ANA.issuer, "u-18")])
def test_what_a_site_vouches_for_is_never_overwritten_not_even_what_it_leaves_blank(
    db: Database, identity: OutsideIdentity
) -> None:
    ana = db.write(recognise_person, identity, language="en", default_language="en", now=NOW)
    assert not contact_is_missing(ana)

    with pytest.raises(PersonIsVerified):
        leave(db, ana, "Eve", "eve@example.org")

    person = person_of(db, ana.id)
    assert (person.name, person.email, person.is_verified) == (identity.name, identity.email, True)


def test_an_address_makes_nobody_somebody_else(db: Database, visitor: KnownPerson) -> None:
    ana = db.write(recognise_person, ANA, language="en", default_language="en", now=NOW)

    known = leave(db, visitor, "Ana", "ana@example.org")

    assert known.id != ana.id
    identities = db.read(lambda session: session.query(PersonIdentity).all())
    assert [identity.person_id for identity in identities] == [ana.id]
    again = db.write(recognise_person, ANA, language="en", default_language="en", now=NOW)
    assert again.id == ana.id


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (None, None),
        ("", None),
        (" \n\t ", None),
        ("\u200b\u202e", None),
        ("Bea\r\nBcc: eve@example.org", "Bea Bcc: eve@example.org"),
        ("Bea\x00\x1b[31m", "Bea[31m"),
        ('"Bea" <eve@example.org>', "Bea eve@example.org"),
        ("Zoë  d’Aubigné-Łąk", "Zoë d’Aubigné-Łąk"),
        ("李小龍", "李小龍"),
        ("x" * 500, "x" * NAME_CHARACTERS),
    ],
)
def test_a_name_is_one_line_of_visible_characters(name: str | None, kept: str | None) -> None:
    assert clean_name(name) == kept


@given(st.text(max_size=300))
def test_whatever_is_typed_fits_into_a_header(text: str) -> None:
    letter = EmailMessage()
    name, address = clean_name(text), clean_address(text)

    letter["X-Name"] = name or ""
    letter["To"] = address or "nobody@example.org"

    assert len(letter.items()) == 2
    assert len(name or "") <= NAME_CHARACTERS
    assert not {"\n", "\r", "\x00", "<", ">"} & set((name or "") + (address or ""))
