"""Sites: exact origins, and host identities that are spent once."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from identity.sites.errors import HostIdentityRefused, OriginRefused, SiteUnknown
from identity.sites.models import SpentIdentity
from identity.sites.operations import access_site, put_site, spend_host_identity
from storage.database import Database
from tests.databases import NOW, at_once, errors, later, values
from tests.identity.hosts import HOST_KEYS, SITE, a_site, a_token

ORIGIN = "https://intranet.example"


def spent(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(SpentIdentity)) or 0


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        " ",
        "null",
        "NULL",
        "*",
        "https://evil.example",
        "https://intranet.example.evil.io",
        "https://evil-intranet.example",
        "https://sub.intranet.example",
        "https://intranet.example:443",
        "https://intranet.example:8443",
        "https://intranet.example/",
        "https://intranet.example/page",
        "https://intranet.example@evil.example",
        "http://intranet.example",
        "HTTPS://INTRANET.EXAMPLE",
        "https://Intranet.example",
        " https://intranet.example",
        "https://intranet.example\n",
        "https://intranet.example.",
        "https://intranet.examp1e",
        "https://іntranet.example",  # Cyrillic і
        "intranet.example",
        "//intranet.example",
        "file://",
        "https://intranet",
        "https://intranet.example, https://evil.example",
    ],
)
def test_a_page_with_another_origin_may_not_use_the_site(db: Database, origin: str | None) -> None:
    a_site(db)

    with pytest.raises(OriginRefused):
        db.read(access_site, SITE, origin)


def test_a_page_with_one_of_the_site_s_origins_may_use_it(db: Database) -> None:
    a_site(db, origins=["https://other.example", ORIGIN])

    assert db.read(access_site, SITE, ORIGIN).key == SITE


@pytest.mark.parametrize("origins", [[], ["null"], [""], ["*"]])
def test_no_list_of_origins_lets_a_page_without_one_in(db: Database, origins: list[str]) -> None:
    a_site(db, origins=origins)

    for origin in (None, "", "null", ORIGIN):
        with pytest.raises(OriginRefused):
            db.read(access_site, SITE, origin)


@pytest.mark.parametrize("key", ["", "Demo", "demo ", "nope", "x" * 400])
def test_a_key_that_no_site_has_is_refused(db: Database, key: str) -> None:
    a_site(db)

    with pytest.raises(SiteUnknown):
        db.read(access_site, key, ORIGIN)


def test_putting_a_site_again_brings_it_to_the_new_state(db: Database) -> None:
    a_site(db)

    changed = db.write(
        put_site,
        SITE,
        name="New",
        origins=["https://n.example"],
        host_keys=[],
        is_identity_required=True,
        now=NOW,
    )

    assert db.read(access_site, SITE, "https://n.example") == changed
    assert changed.is_identity_required
    with pytest.raises(OriginRefused):
        db.read(access_site, SITE, ORIGIN)


def test_an_identity_is_believed_once(db: Database) -> None:
    a_site(db)
    token = a_token()

    assert db.write(spend_host_identity, SITE, token, now=NOW).subject == "u-17"
    for moment in (NOW, later(60), later(149)):
        with pytest.raises(HostIdentityRefused, match="used before"):
            db.write(spend_host_identity, SITE, token, now=moment)


def test_an_identity_used_sixteen_times_at_once_is_believed_once(db: Database) -> None:
    a_site(db)
    token = a_token("ed")

    results = at_once(16, lambda _: db.write(spend_host_identity, SITE, token, now=NOW))

    assert len(values(results)) == 1
    assert {type(error) for error in errors(results)} == {HostIdentityRefused}


def test_the_same_jti_on_another_site_is_another_identity(db: Database) -> None:
    a_site(db)
    a_site(db, "other")

    db.write(spend_host_identity, SITE, a_token(), now=NOW)

    assert db.write(spend_host_identity, "other", a_token(aud="other"), now=NOW).jti == "j-1"


def test_a_refused_identity_spends_nothing(db: Database) -> None:
    a_site(db)

    with pytest.raises(HostIdentityRefused):
        db.write(spend_host_identity, SITE, a_token(aud="other"), now=NOW)

    assert db.read(spent) == 0


def test_a_spent_identity_is_remembered_for_as_long_as_it_would_be_believed(db: Database) -> None:
    a_site(db)
    token = a_token()
    db.write(spend_host_identity, SITE, token, now=NOW)

    for number, moment in enumerate((later(100), later(150), later(170))):
        fresh = a_token(jti=f"other-{number}", now=moment)
        db.write(spend_host_identity, SITE, fresh, now=moment)
        with pytest.raises(HostIdentityRefused):
            db.write(spend_host_identity, SITE, token, now=moment)


def test_spent_identities_are_forgotten_when_they_have_expired(db: Database) -> None:
    a_site(db)
    for number in range(5):
        db.write(spend_host_identity, SITE, a_token(jti=f"old-{number}"), now=NOW)

    db.write(spend_host_identity, SITE, a_token(now=later(600)), now=later(600))

    assert db.read(spent) == 1


def test_an_identity_for_a_site_that_is_not_there_is_refused(db: Database) -> None:
    with pytest.raises(SiteUnknown):
        db.write(spend_host_identity, "nope", a_token(), now=NOW)


def test_a_site_without_keys_believes_nobody(db: Database) -> None:
    a_site(db, host_keys=[])

    for kid in (key["kid"] for key in HOST_KEYS):
        with pytest.raises(HostIdentityRefused):
            db.write(spend_host_identity, SITE, a_token(kid), now=NOW)


@pytest.mark.parametrize("key", ["", "a\x00b", "a b", "x" * 65, "é", "demo\n"])
def test_what_cannot_be_a_site_s_key_is_unknown_without_asking_the_database(db: Database, key: str) -> None:
    with pytest.raises(SiteUnknown):
        db.read(access_site, key, "https://intranet.example")
