"""The visitor token: who speaks is what it says, while it lives, and nothing else (TRUST WW-1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jwt
import pytest

from identity.people.operations import add_anonymous_person
from identity.sites.errors import VisitorRefused
from identity.visitors.logic import VisitorToken, read_visitor_token, sign_visitor_token
from identity.visitors.operations import (
    OpenedSession,
    SessionLife,
    Visitor,
    access_session,
    open_session,
    revoke_session,
    touch_session,
)
from storage.database import Database
from tests.databases import NOW, later
from tests.identity.hosts import a_site, segment, with_claims

KEY = "the-visitor-key-has-512-bits-so-that-the-longer-algorithms-would-take-it"
LIFE = SessionLife(idle=timedelta(hours=24), total=timedelta(days=7))
HOUR = 3600
TOKEN = VisitorToken("a" * 32, "demo")


def a_text(algorithm: str = "HS256", **changes: Any) -> str:
    claims = {"aud": "guichet:visitor", "sid": "a" * 32, "site": "demo", "exp": later(HOUR).timestamp()}
    said = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode(said, KEY, algorithm=algorithm)


@pytest.fixture
def opened(db: Database) -> OpenedSession:
    a_site(db)
    a_site(db, "other")
    person = db.write(add_anonymous_person, language="fr", now=NOW)
    return db.write(open_session, site_key="demo", person_id=person.id, life=LIFE, now=NOW)


def access(db: Database, token: VisitorToken, seconds: float = 0) -> Visitor:
    return db.read(access_session, token, life=LIFE, now=later(seconds))


def test_a_signed_token_says_what_was_signed() -> None:
    text = sign_visitor_token(TOKEN, key=KEY, expires_at=later(HOUR))

    assert read_visitor_token(text, key=KEY, now=NOW) == TOKEN


def test_a_token_ends_at_its_second() -> None:
    text = sign_visitor_token(TOKEN, key=KEY, expires_at=later(HOUR))

    assert read_visitor_token(text, key=KEY, now=later(HOUR - 1)) == TOKEN
    for seconds in (HOUR, HOUR + 1, 10**8):
        with pytest.raises(VisitorRefused):
            read_visitor_token(text, key=KEY, now=later(seconds))


def test_one_changed_character_anywhere_is_refused() -> None:
    text = sign_visitor_token(TOKEN, key=KEY, expires_at=later(HOUR))

    # Not the last one: four of its bits are no part of the signature.
    for at in range(len(text) - 1):
        altered = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        with pytest.raises(VisitorRefused):
            read_visitor_token(altered, key=KEY, now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "x.y.z",
        "é",
        "\ud800",
        "\x00",
        segment({"alg": "none"}) + "." + segment({"sid": "a" * 32, "site": "demo"}) + ".",
        segment(b"[" * 40_000) + ".e30.AAAA",
        a_text(aud="guichet:other"),
        a_text(aud=None),
        a_text(exp=None),
        a_text(sid=None),
        a_text(site=None),
        a_text(exp="never"),
        a_text(exp=[1]),
        with_claims(a_text(), site="other"),
        with_claims(a_text(), sid="b" * 32),
        a_text(algorithm="HS384"),
        a_text(algorithm="HS512"),
        sign_visitor_token(TOKEN, key="another-key-of-256-bits-or-more-of-chance", expires_at=later(HOUR)),
    ],
    ids=lambda text: repr(text[:16]),
)
def test_what_was_not_signed_here_is_refused(text: str) -> None:
    with pytest.raises(VisitorRefused):
        read_visitor_token(text, key=KEY, now=NOW)


def test_a_session_opens_with_an_id_of_its_own(db: Database, opened: OpenedSession) -> None:
    visitor = access(db, opened.token)
    again = db.write(open_session, site_key="demo", person_id=visitor.person.id, life=LIFE, now=NOW)

    assert visitor.person.language == "fr"
    assert again.token.session_id != opened.token.session_id
    assert len(opened.token.session_id) == 32, "128 random bits"


def test_a_session_nobody_opened_is_refused(db: Database, opened: OpenedSession) -> None:
    for guess in ("", "0" * 32, opened.token.session_id.upper() + "x", opened.token.session_id[:-1]):
        with pytest.raises(VisitorRefused):
            access(db, VisitorToken(guess, "demo"))


def test_a_session_of_another_site_is_refused(db: Database, opened: OpenedSession) -> None:
    with pytest.raises(VisitorRefused):
        access(db, VisitorToken(opened.token.session_id, "other"))


def test_a_revoked_session_is_refused_at_once_and_for_good(db: Database, opened: OpenedSession) -> None:
    db.write(revoke_session, opened.token.session_id, now=NOW)
    db.write(revoke_session, opened.token.session_id, now=later(5))

    with pytest.raises(VisitorRefused):
        access(db, opened.token, 1)


def test_revoking_what_is_not_there_is_no_error(db: Database) -> None:
    db.write(revoke_session, "nope", now=NOW)


def test_an_idle_session_ends_after_its_idle_time(db: Database, opened: OpenedSession) -> None:
    assert access(db, opened.token, 24 * HOUR)
    with pytest.raises(VisitorRefused):
        access(db, opened.token, 24 * HOUR + 1)


def test_a_session_in_use_lives_on_but_not_beyond_its_total(db: Database, opened: OpenedSession) -> None:
    for day in range(1, 7):
        assert access(db, opened.token, day * 23 * HOUR)
        db.write(touch_session, opened.token.session_id, now=later(day * 23 * HOUR))

    assert access(db, opened.token, 6 * 24 * HOUR)
    with pytest.raises(VisitorRefused):
        access(db, opened.token, 7 * 24 * HOUR)


def test_use_is_noted_every_ten_minutes_at_most(db: Database, opened: OpenedSession) -> None:
    from identity.visitors.models import VisitorSession

    def seen_after(seconds: float) -> object:
        db.write(touch_session, opened.token.session_id, now=later(seconds))
        return db.read(lambda session: session.get_one(VisitorSession, opened.token.session_id).last_seen_at)

    assert seen_after(600) == NOW
    assert seen_after(601) == later(601)
