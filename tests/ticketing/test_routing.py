"""From words to a category, from a category to a group, in both languages."""

from __future__ import annotations

import pytest
import yaml
from sqlalchemy.orm import Session

from notices.texts.catalogue import LANGUAGES
from storage.database import Database
from tests.databases import at_once, errors
from tests.requirements import ROOT
from ticketing.groups.logic import DEFAULT_GROUP, SHIPPED, name_in
from ticketing.groups.models import AssignmentGroup
from ticketing.groups.operations import group_for, ship_groups
from ticketing.routing.categories import shipped
from ticketing.routing.logic import OTHER, category_of, group_of

CATEGORIES = {
    *("access", "computer", "equipment", "files", "mail", "meetings", "network", "people", "phones"),
    *("printing", "security", "software", "other"),
}


def test_the_categories_are_those_of_the_articles_and_other() -> None:
    assert set(shipped()) == CATEGORIES


def test_every_category_has_words_in_each_language_and_a_shipped_group() -> None:
    for key, category in shipped().items():
        assert set(category.words) == set(LANGUAGES)
        assert all(category.words.values()) or key == OTHER
        assert group_of(key, shipped()) in SHIPPED
        assert set(category.names) == set(LANGUAGES)


def test_no_word_stands_twice_in_a_category() -> None:
    path = ROOT / "ticketing" / "routing" / "categories.yml"
    for row in yaml.safe_load(path.read_text(encoding="utf-8")).values():
        for words in row["words"].values():
            assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("text", "language", "category"),
    [
        ("I forgot my password", "en", "access"),
        ("my account is locked", "en", "access"),
        ("the vpn keeps disconnecting", "en", "network"),
        ("no wi-fi on the 3rd floor", "en", "network"),
        ("the whole floor has no internet", "en", "network"),
        ("the printer on floor 2 jams", "en", "printing"),
        ("outlook does not sync my calendar", "en", "mail"),
        ("I got a phishing mail and clicked on a link", "en", "security"),
        ("my laptop was stolen", "en", "security"),
        ("my laptop is very slow", "en", "computer"),
        ("blue screen at startup", "en", "computer"),
        ("I need a second screen", "en", "equipment"),
        ("can I get a new mouse and keyboard?", "en", "equipment"),
        ("please install Photoshop", "en", "software"),
        ("the S: network drive is missing", "en", "files"),
        ("my microphone does not work in Teams meetings", "en", "meetings"),
        ("no voicemail on my desk phone", "en", "phones"),
        ("a new colleague joins on Monday", "en", "people"),
        ("the coffee machine is empty", "en", "other"),
        ("", "en", "other"),
        ("j'ai oublié mon mot de passe", "fr", "access"),
        ("mon compte est verrouillé", "fr", "access"),
        ("LE VPN NE MARCHE PLUS", "fr", "network"),
        ("pas de wifi au 3e etage", "fr", "network"),
        ("plus d’Internet dans tout le bâtiment", "fr", "network"),
        ("l'imprimante fait des bourrages", "fr", "printing"),
        ("je n'arrive plus a imprimer", "fr", "printing"),
        ("ma boîte aux lettres est pleine", "fr", "mail"),
        ("j'ai reçu un message suspect, c'est de l'hameçonnage ?", "fr", "security"),
        ("on m'a volé mon portable", "fr", "security"),
        ("mon ordinateur rame", "fr", "computer"),
        ("il me faudrait un deuxième écran", "fr", "equipment"),
        ("j'ai besoin d'une licence Photoshop", "fr", "software"),
        ("le lecteur réseau S: a disparu", "fr", "files"),
        ("pas de son en visioconférence", "fr", "meetings"),
        ("mon téléphone fixe n'a plus de ligne", "fr", "phones"),
        ("un nouveau collègue arrive lundi", "fr", "people"),
        ("la machine à café est vide", "fr", "other"),
        ("my imprimante ne print plus", "fr", "printing"),
    ],
)
def test_a_request_has_the_category_of_its_words(text: str, language: str, category: str) -> None:
    assert category_of(text, language, shipped()) == category


def test_the_article_s_category_decides_where_the_words_do_not() -> None:
    assert category_of("it asks me for the code again", "en", shipped(), "access") == "access"
    assert category_of("rien ne va plus", "fr", shipped(), "network") == "network"
    assert category_of("the printer is broken", "en", shipped(), "mail") == "mail"
    assert category_of("paper jam in the printer, the toner is new", "en", shipped(), "mail") == "printing"


def test_a_category_nobody_knows_is_not_taken() -> None:
    assert category_of("hello", "en", shipped(), "gardening") == OTHER
    assert category_of("hello", "en", shipped(), OTHER) == OTHER
    assert group_of("gardening", shipped()) is None


def test_a_word_counts_once_however_often_it_is_said() -> None:
    assert category_of("printer printer printer, and outlook loses the mailbox", "en", shipped()) == "mail"


def test_there_is_always_a_group(db: Database) -> None:
    def keys(_: int) -> list[str]:
        return db.write(lambda session: [group_for(session, key).key for key in ("network", "gardening")])

    results = at_once(8, keys)

    assert errors(results) == []
    assert results == [["network", DEFAULT_GROUP]] * 8


def test_a_group_that_was_renamed_stays_renamed(db: Database) -> None:
    def rename(session: Session) -> None:
        group_for(session, "network").names = {"en": "Plumbers"}

    db.write(rename)
    db.write(ship_groups)

    names = db.read(lambda session: session.get_one(AssignmentGroup, "network").names)
    assert names == {"en": "Plumbers"}
    assert name_in(names, "fr", "network") == "Plumbers"


def test_every_shipped_group_has_a_name_in_each_language() -> None:
    assert all(set(names) == set(LANGUAGES) and all(names.values()) for names in SHIPPED.values())
    assert name_in({}, "en", "network") == "network"
