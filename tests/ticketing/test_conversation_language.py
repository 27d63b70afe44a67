"""The language of a conversation, and what a person is told first in it (TRUST GD-1, GD-2)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from identity.people.operations import add_anonymous_person, recognise_person
from storage.database import Database
from tests.databases import NOW, at_once, errors, later
from tests.ticketing.builders import (
    ANA,
    Talk,
    a_button,
    a_line,
    a_press,
    answer,
    claim_one,
    count,
    transcript,
)
from ticketing.conversations.language import choose_language_for_turn, set_language
from ticketing.conversations.ledger import lock_conversation
from ticketing.conversations.logic import Author
from ticketing.conversations.operations import (
    CHANNEL_WEB,
    Hearing,
    Inbound,
    Recorded,
    hand_back,
    open_conversation,
    receive_message,
    take_over,
)
from ticketing.first_contact.logic import FirstContact, Notice, NoticeKind
from ticketing.first_contact.models import NoticeShown
from ticketing.languages.logic import LanguageSource, Sighting
from ticketing.turns.errors import TurnLost

MACHINE = Notice(NoticeKind.MACHINE, "1", {"en": "a machine", "fr": "une machine"})
PRIVACY = Notice(NoticeKind.PRIVACY, "2026-11", {"en": "privacy", "fr": "vie privée"})
FIRST = FirstContact((MACHINE, PRIVACY))
FR_WORD, FR_SENTENCE = Sighting("fr", is_sentence=False), Sighting("fr", is_sentence=True)
EN_WORD, EN_SENTENCE = Sighting("en", is_sentence=False), Sighting("en", is_sentence=True)


def open_talk(
    db: Database,
    *,
    language: str = "en",
    first_contact: FirstContact | None = FIRST,
    is_ana: bool = True,
    channel: str = CHANNEL_WEB,
) -> Talk:
    def build(session: Session) -> Talk:
        if is_ana:
            person = recognise_person(session, ANA, language=None, default_language="en", now=NOW)
        else:
            person = add_anonymous_person(session, language=language, now=NOW)
        public_id = open_conversation(
            session,
            person_id=person.id,
            site_key="demo",
            channel=channel,
            language=language,
            now=NOW,
            first_contact=first_contact,
        )
        return Talk(public_id, person.id)

    return db.write(build)


def hear(
    db: Database,
    talk: Talk,
    inbound: str | Inbound,
    seen: Sighting | None = None,
    *,
    owner: str | None = None,
) -> Recorded:
    line = a_line(inbound) if isinstance(inbound, str) else inbound
    hearing = Hearing(seen, first_contact=FIRST)
    return db.write(
        receive_message,
        talk.public_id,
        line,
        person_id=talk.person_id,
        now=NOW,
        owner=owner,
        hearing=hearing,
    )


def language_of(db: Database, talk: Talk) -> tuple[str, LanguageSource]:
    def look(session: Session) -> tuple[str, LanguageSource]:
        conversation = lock_conversation(session, talk.public_id)
        return conversation.language, conversation.language_source

    return db.read(look)


def said(db: Database, talk: Talk) -> list[str]:
    return [line.text for line in transcript(db, talk)]


# First contact


def test_before_the_first_word_the_desk_says_what_answers_and_what_is_kept(db: Database) -> None:
    talk = open_talk(db)

    lines = transcript(db, talk)
    assert [(line.seq, line.author, line.text) for line in lines] == [
        (1, Author.DESK, "a machine"),
        (2, Author.DESK, "privacy"),
    ]
    assert [line.extras for line in lines] == [{"notice": "machine"}, {"notice": "privacy"}]
    assert hear(db, talk, "hello").seq == 3


def test_what_was_shown_is_on_file_with_its_version_language_channel_and_time(db: Database) -> None:
    talk = open_talk(db, language="fr")

    rows = db.read(
        lambda session: [
            (row.person_id, row.kind, row.version, row.language, row.channel, row.at)
            for row in session.scalars(select(NoticeShown).order_by(NoticeShown.id))
        ]
    )
    assert rows == [
        (talk.person_id, NoticeKind.MACHINE, "1", "fr", "web", NOW),
        (talk.person_id, NoticeKind.PRIVACY, "2026-11", "fr", "web", NOW),
    ]


def test_a_person_is_told_once_and_a_stranger_too(db: Database) -> None:
    first, again, stranger = open_talk(db), open_talk(db), open_talk(db, is_ana=False)

    assert [len(said(db, talk)) for talk in (first, again, stranger)] == [2, 0, 2]


def test_a_changed_version_is_shown_again_and_only_that(db: Database) -> None:
    open_talk(db)
    newer = FirstContact((MACHINE, replace(PRIVACY, version="2027-01", texts={"en": "new"})))

    assert said(db, open_talk(db, first_contact=newer)) == ["new"]
    assert said(db, open_talk(db, first_contact=newer)) == []


def test_another_channel_is_another_first_contact(db: Database) -> None:
    open_talk(db)

    assert len(said(db, open_talk(db, channel="slack"))) == 2


def test_conversations_opened_at_once_say_it_once(db: Database) -> None:
    open_talk(db, first_contact=None)

    results = at_once(8, lambda _: open_talk(db))

    assert errors(results) == []
    assert count(db, NoticeShown) == 2


def test_without_notices_the_conversation_begins_with_the_person(db: Database) -> None:
    assert said(db, open_talk(db, first_contact=None)) == []


def test_the_first_line_in_another_language_is_followed_by_the_notices_in_it(db: Database) -> None:
    talk = open_talk(db)
    hear(db, talk, "bonjour", FR_WORD)

    assert said(db, talk) == ["a machine", "privacy", "bonjour", "une machine", "vie privée"]
    hear(db, talk, "in English for once, please", EN_SENTENCE)
    hear(db, talk, "et de nouveau en français s'il vous plaît", FR_SENTENCE)
    assert len(said(db, talk)) == 7, "each language once"


# Which language


def test_the_answer_to_the_line_that_tells_the_language_is_in_it_already(db: Database) -> None:
    talk = open_talk(db)

    recorded = hear(db, talk, "bonjour", FR_WORD, owner="desk-1")

    assert recorded.claimed is not None
    assert recorded.claimed.language == "fr"
    assert language_of(db, talk) == ("fr", LanguageSource.DETECTED)


def test_what_a_page_is_set_to_counts_until_the_person_has_written(db: Database) -> None:
    talk = open_talk(db)

    def come_back(language: str) -> None:
        db.write(set_language, talk.public_id, language, person_id=talk.person_id, now=later(1), chosen=False)

    come_back("fr")
    assert language_of(db, talk) == ("fr", LanguageSource.DEFAULT)
    hear(db, talk, "my printer does not print", EN_SENTENCE)
    come_back("fr")
    assert language_of(db, talk) == ("en", LanguageSource.DETECTED)


def test_a_detected_language_stays_for_a_word_and_changes_for_a_sentence(db: Database) -> None:
    talk = open_talk(db)
    hear(db, talk, "mon imprimante ne marche pas", FR_SENTENCE)
    hear(db, talk, "outlook crash", EN_WORD)
    assert language_of(db, talk) == ("fr", LanguageSource.DETECTED)

    hear(db, talk, "sorry, I would rather write in English", EN_SENTENCE)
    assert language_of(db, talk) == ("en", LanguageSource.DETECTED)


def test_a_chosen_language_is_not_changed_by_what_is_written(db: Database) -> None:
    talk = open_talk(db)
    db.write(set_language, talk.public_id, "fr", person_id=talk.person_id, now=NOW)

    hear(db, talk, "my printer does not print", EN_SENTENCE)

    assert language_of(db, talk) == ("fr", LanguageSource.CHOSEN)


def test_choosing_the_language_that_is_spoken_keeps_it(db: Database) -> None:
    talk = open_talk(db)
    db.write(set_language, talk.public_id, "en", person_id=talk.person_id, now=NOW)

    hear(db, talk, "mon imprimante ne marche pas", FR_SENTENCE)

    assert language_of(db, talk) == ("en", LanguageSource.CHOSEN)


def test_a_turn_may_choose_the_language_of_its_conversation(db: Database) -> None:
    talk = open_talk(db)
    hear(db, talk, "in french please")
    turn = claim_one(db)

    def choose(language: str) -> bool:
        return db.write(choose_language_for_turn, turn.claim.turn_id, language, later(1), first_contact=FIRST)

    assert [choose("fr"), choose("fr")] == [True, False]
    assert language_of(db, talk) == ("fr", LanguageSource.CHOSEN)
    answer(db, turn.claim, "D’accord.")
    assert said(db, talk)[-3:] == ["une machine", "vie privée", "D’accord."]


def test_an_unknown_turn_chooses_nothing(db: Database) -> None:
    with pytest.raises(TurnLost):
        db.write(choose_language_for_turn, "0" * 32, "fr", NOW)


def test_a_pressed_button_is_no_evidence(db: Database) -> None:
    talk = open_talk(db)
    button = a_button(db, talk, title="Laisser un message")

    hear(db, talk, a_press(button))

    assert language_of(db, talk) == ("en", LanguageSource.DEFAULT)


def test_a_line_sent_again_changes_nothing(db: Database) -> None:
    talk = open_talk(db)
    hear(db, talk, a_line("bonjour", "x"), FR_WORD)
    db.write(set_language, talk.public_id, "en", person_id=talk.person_id, now=NOW)
    before = said(db, talk)

    hear(db, talk, a_line("bonjour", "x"), FR_SENTENCE)

    assert language_of(db, talk) == ("en", LanguageSource.CHOSEN)
    assert said(db, talk) == before


def test_while_an_agent_speaks_nothing_says_that_this_is_a_machine(db: Database) -> None:
    talk = open_talk(db)
    db.write(take_over, talk.public_id, agent_name="Bea", now=NOW)
    hear(db, talk, "mon imprimante ne marche pas", FR_SENTENCE)
    assert language_of(db, talk) == ("en", LanguageSource.DEFAULT)
    db.write(set_language, talk.public_id, "fr", person_id=talk.person_id, now=NOW, first_contact=FIRST)
    assert said(db, talk)[2:] == ["mon imprimante ne marche pas"]

    db.write(hand_back, talk.public_id, actor="Bea", now=NOW, first_contact=FIRST)

    assert said(db, talk)[3:] == ["une machine", "vie privée"]


def test_a_changed_language_is_a_changed_status(db: Database) -> None:
    talk = open_talk(db)

    def version() -> int:
        return db.read(lambda session: lock_conversation(session, talk.public_id).version)

    before = version()
    db.write(set_language, talk.public_id, "fr", person_id=talk.person_id, now=NOW)
    after = version()
    db.write(set_language, talk.public_id, "fr", person_id=talk.person_id, now=NOW)

    assert (after, version()) == (before + 1, before + 1)
