"""Sites as an administrator adds, changes and removes them; a refusal changes nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from sqlalchemy import select

from identity.people.models import PersonIdentity
from identity.people.operations import (
    KnownPerson,
    OutsideIdentity,
    add_anonymous_person,
    recognise_person,
)
from identity.sites.administration import (
    SiteChanges,
    add_host_key,
    add_site,
    change_site,
    remove_host_key,
    remove_site,
)
from identity.sites.errors import HostIdentityRefused, OriginRefused, SiteRefused, SiteUnknown, VisitorRefused
from identity.sites.keys import new_host_key
from identity.sites.logo import Logo
from identity.sites.models import Site
from identity.sites.operations import access_site, put_site, spend_host_identity
from identity.sites.queries import access_frame, all_sites, logo_of, privacy_of, shown_site
from identity.visitors.logic import VisitorToken
from identity.visitors.models import VisitorSession
from identity.visitors.operations import SessionLife, access_session, open_session
from notices.privacy.notice import from_kept, read_notice
from storage.database import Database
from tests.databases import NOW
from tests.identity.hosts import SITE, a_site, claims

ORIGIN = "https://intranet.example"
LOGO = Logo(b"\x89PNG...", "0123456789abcdef")
LIFE = SessionLife(timedelta(hours=1), timedelta(days=1))


def add(db: Database, name: str = "Intranet", **given: Any) -> Any:
    """A new site, as the command line adds one."""
    state: dict[str, Any] = {"origins": [ORIGIN], "host_key": new_host_key(NOW)} | given
    return db.write(add_site, name=name, now=NOW, **state)


def signed(key: dict[str, str], site: str, jti: str = "j") -> str:
    """An identity signed with a host key."""
    said = claims(aud=site, jti=jti)
    return jwt.encode(said, key["key"], algorithm=key["alg"], headers={"kid": key["kid"]})


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Intranet", "intranet"),
        ("Ville d’Albi", "ville-dalbi"),
        ("Réseau  « social » !", "reseau-social"),
        ("内部网", "site"),
        ("-", "site"),
        ("A very long name that goes on and on and on", "a-very-long-name-that-goes-on-an"),
    ],
)
def test_a_site_s_key_is_like_its_name(db: Database, name: str, key: str) -> None:
    assert add(db, name).key == key


def test_sites_of_one_name_have_different_keys(db: Database) -> None:
    assert [add(db).key for _ in range(3)] == ["intranet", "intranet-2", "intranet-3"]


def test_the_key_of_a_site_that_is_gone_is_not_made_again(db: Database) -> None:
    key = new_host_key(NOW)
    add(db, host_key=key)
    with db.engine.begin() as connection:
        person = db.write(add_anonymous_person, language="en", now=NOW)
        connection.execute(
            PersonIdentity.__table__.insert().values(  # type: ignore[attr-defined]
                person_id=person.id, issuer="site:intranet:host", subject="ana"
            )
        )
    db.write(remove_site, "intranet")

    assert add(db).key == "intranet-2", "a new host must not vouch for the people of the old one"
    with pytest.raises(SiteRefused, match=r"'intranet' was that of a site that is gone.* --again"):
        add(db, key="intranet")
    assert add(db, key="intranet", is_again=True).key == "intranet"


def test_the_key_of_a_site_that_is_gone_and_vouched_for_nobody_is_free(db: Database) -> None:
    add(db)
    db.write(remove_site, "intranet")

    assert add(db, key="intranet").key == "intranet"


def test_a_host_that_signs_with_the_new_key_is_believed(db: Database) -> None:
    key = new_host_key(NOW)
    site = add(db, host_key=key)

    assert len(key["key"].encode()) * 6 // 8 >= 32, "256 random bits"
    assert db.write(spend_host_identity, site.key, signed(key, site.key), now=NOW).subject == "u-17"


BAD: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name: a name is missing"),
    ({"name": "x" * 81}, "name: it is longer than 80"),
    ({"name": "a\nb"}, "name: it must be one line"),
    ({"origins": []}, "origin: at least one"),
    ({"origins": [ORIGIN, "https://b.example/"]}, "origin 'https://b.example/': it ends with a slash"),
    ({"key": "a b"}, "key: 1 to 64"),
    ({"key": SITE}, f"key: there is a site '{SITE}' already"),
    ({"changes": {"color": "red"}}, "colour 'red': a colour is written as #"),
    ({"changes": {"color": "#fff"}}, "colour '#fff'"),
    ({"changes": {"greeting": {"en": "x" * 301}}}, r"greeting \(en\): it is longer than 300"),
    ({"changes": {"greeting": {"fr": "a\x00b"}}}, r"greeting \(fr\): it must be one line"),
    ({"changes": {"requests": {"en": ["a", "a"]}}}, r"requests \(en\): one of them is there twice"),
    ({"changes": {"requests": {"en": ["x" * 61]}}}, "is longer than 60"),
    ({"changes": {"requests": {"en": ["a", " "]}}}, "one of them is empty"),
    ({"changes": {"requests": {"en": list("abcdefg")}}}, "there are 7 of them, and 6 have room"),
]


@pytest.mark.parametrize(("given", "why"), BAD)
def test_what_cannot_be_is_refused_and_nothing_is_added(
    db: Database, given: dict[str, Any], why: str
) -> None:
    a_site(db)

    with pytest.raises(SiteRefused, match=why):
        add(db, **{"name": "New", **given})

    assert [site.key for site in db.read(all_sites)] == [SITE]


@pytest.mark.parametrize(("given", "why"), [case for case in BAD if "key" not in case[0]])
def test_what_cannot_be_is_refused_and_nothing_is_changed(
    db: Database, given: dict[str, Any], why: str
) -> None:
    before = add(db, changes=SiteChanges(color="#0b5fff"))
    wanted: Any = {"is_identity_required": True, **(given.get("changes") or given)}

    with pytest.raises(SiteRefused, match=why):
        db.write(change_site, before.key, wanted)

    assert db.read(shown_site, before.key) == before


def test_a_site_has_the_look_and_the_words_it_was_given(db: Database, tmp_path: Path) -> None:
    own = tmp_path / "privacy.yml"
    own.write_text("version: 1\nlink: https://example.org/p\nen: ours {link}\nfr: la nôtre {link}\n")
    notice = read_notice(own)
    site = add(
        db,
        changes=SiteChanges(
            color="#0B5FFF",
            logo=LOGO,
            greeting={"fr": " Bonjour ! "},
            requests={"en": ["My badge", " My car "]},
            privacy=notice,
            is_identity_required=True,
        ),
    )

    assert (site.look.color, site.look.logo) == ("#0b5fff", LOGO.version)
    assert (site.look.greeting, site.look.requests) == ({"fr": "Bonjour !"}, {"en": ["My badge", "My car"]})
    assert site.is_identity_required
    assert db.read(logo_of, site.key) == (LOGO.png, LOGO.version)
    kept = db.read(privacy_of, site.key)
    assert kept is not None
    assert from_kept(kept) == notice


def test_only_what_is_named_changes(db: Database) -> None:
    site = add(db, changes=SiteChanges(color="#0b5fff", greeting={"en": "Hello", "fr": "Bonjour"}, logo=LOGO))

    changed = db.write(change_site, site.key, SiteChanges(greeting={"en": "Hi"}, name="New name"))

    assert (changed.name, changed.origins, changed.look.color) == ("New name", (ORIGIN,), "#0b5fff")
    assert changed.look.greeting == {"en": "Hi", "fr": "Bonjour"}
    assert changed.look.logo == LOGO.version


def test_what_was_set_can_be_taken_back(db: Database) -> None:
    site = add(
        db,
        changes=SiteChanges(color="#0b5fff", logo=LOGO, greeting={"en": "Hi"}, requests={"en": ["My badge"]}),
    )
    nothing = SiteChanges(color=None, logo=None, greeting={"en": None}, requests={"en": []}, privacy=None)

    look = db.write(change_site, site.key, nothing).look

    assert (look.color, look.logo, look.greeting, look.requests) == (None, None, {}, {})
    assert db.read(logo_of, site.key) is None


def test_putting_a_site_again_leaves_its_look_alone(db: Database) -> None:
    a_site(db)
    db.write(change_site, SITE, SiteChanges(color="#0b5fff", logo=LOGO))

    a_site(db, name="Again")

    assert db.read(shown_site, SITE).look.color == "#0b5fff"
    assert db.read(logo_of, SITE) is not None


def test_a_host_key_is_exchanged_while_both_are_believed(db: Database) -> None:
    old, new = new_host_key(NOW), new_host_key(NOW)
    key = add(db, host_key=old).key
    db.write(add_host_key, key, new)

    for number, each in enumerate((old, new)):
        db.write(spend_host_identity, key, signed(each, key, f"both-{number}"), now=NOW)
    with pytest.raises(SiteRefused, match="two keys already"):
        db.write(add_host_key, key, new_host_key(NOW))

    left = db.write(remove_host_key, key, old["kid"])

    assert [each.kid for each in left.host_keys] == [new["kid"]]
    db.write(spend_host_identity, key, signed(new, key, "new"), now=NOW)
    with pytest.raises(HostIdentityRefused, match="key id"):
        db.write(spend_host_identity, key, signed(old, key, "old"), now=NOW)


def test_with_a_host_key_go_the_sessions_of_those_it_vouched_for(db: Database) -> None:
    host = new_host_key(NOW)
    key = add(db, host_key=host).key
    anonymous = db.write(add_anonymous_person, language="en", now=NOW)
    ana = db.write(
        recognise_person, OutsideIdentity("site", "ana"), language="en", default_language="en", now=NOW
    )
    vouched, other = (
        db.write(open_session, site_key=key, person_id=each.id, life=LIFE, now=NOW).token
        for each in (ana, anonymous)
    )

    db.write(remove_host_key, key, host["kid"])

    with pytest.raises(VisitorRefused):
        db.read(access_session, vouched, life=LIFE, now=NOW)
    assert db.read(access_session, other, life=LIFE, now=NOW)


def test_a_host_key_that_is_not_there_cannot_be_removed(db: Database) -> None:
    key = add(db).key

    with pytest.raises(SiteRefused, match="it has no key 'nope'; it has: "):
        db.write(remove_host_key, key, "nope")


def test_nothing_that_is_shown_of_a_site_is_secret(db: Database) -> None:
    key = new_host_key(NOW)
    site = add(db, host_key=key)

    assert key["key"] not in repr(site) + repr(db.read(all_sites))


def test_a_removed_site_lets_nobody_in_and_lets_go_who_is_in(db: Database) -> None:
    host = new_host_key(NOW)
    key = add(db, host_key=host).key
    db.write(spend_host_identity, key, signed(host, key), now=NOW)
    person = db.write(add_anonymous_person, language="en", now=NOW)
    opened = db.write(open_session, site_key=key, person_id=person.id, life=LIFE, now=NOW)

    db.write(remove_site, key)

    with pytest.raises(SiteUnknown):
        db.read(access_site, key, ORIGIN)
    with pytest.raises(Exception, match="not valid any more"):
        db.read(access_session, opened.token, life=LIFE, now=NOW)
    assert db.read(lambda session: session.scalars(select(VisitorSession)).all()) == []
    assert db.read(lambda session: session.scalars(select(Site)).all()) == []


def test_where_identity_comes_to_be_required_who_has_none_is_let_go(db: Database) -> None:
    key, other = add(db).key, add(db).key
    anonymous = db.write(add_anonymous_person, language="en", now=NOW)
    ana = db.write(
        recognise_person, OutsideIdentity("site", "ana"), language="en", default_language="en", now=NOW
    )

    def opened(site: str, person: KnownPerson) -> VisitorToken:
        return db.write(open_session, site_key=site, person_id=person.id, life=LIFE, now=NOW).token

    ended, elsewhere, signed_in = opened(key, anonymous), opened(other, anonymous), opened(key, ana)

    db.write(change_site, key, SiteChanges(is_identity_required=True))

    with pytest.raises(VisitorRefused):
        db.read(access_session, ended, life=LIFE, now=NOW)
    for token in (elsewhere, signed_in):
        assert db.read(access_session, token, life=LIFE, now=NOW)


@pytest.mark.parametrize("key", ["nope", "", "a b", "x" * 100])
def test_a_site_that_is_not_there_cannot_be_changed(db: Database, key: str) -> None:
    with pytest.raises(SiteUnknown):
        db.write(change_site, key, SiteChanges(name="New"))
    with pytest.raises(SiteUnknown):
        db.write(remove_site, key)
    assert db.read(logo_of, key) is None


EVIL = [
    None,
    "",
    "null",
    "*",
    "https://intranet.example.evil.io",
    "https://evil-intranet.example",
    "https://intranet.exampl",
    "https://intranet.example:8443",
    "http://intranet.example",
    "https://intranet.example.",
    "https://INTRANET.example",
    "https://intranet.example/",
    "https://help.example",
]


@pytest.mark.parametrize("origin", EVIL)
def test_only_a_listed_page_may_embed(db: Database, origin: str | None) -> None:
    a_site(db)

    with pytest.raises(OriginRefused):
        db.read(access_frame, SITE, origin)
    assert db.read(access_frame, SITE, ORIGIN).key == SITE


@pytest.mark.parametrize("listed", ["null", "*", "https://a.example; script-src *", "https://a.example/"])
def test_a_listed_origin_that_no_browser_sends_embeds_nothing(db: Database, listed: str) -> None:
    db.write(put_site, SITE, name="Demo", origins=[listed], host_keys=[], is_identity_required=False, now=NOW)

    with pytest.raises(OriginRefused):
        db.read(access_frame, SITE, listed)
