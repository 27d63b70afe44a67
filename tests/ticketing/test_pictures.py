"""Pictures: whose they are, which line shows them, how many there may be, and what becomes of the rest."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from identity.people.operations import OutsideIdentity
from notices.texts.catalogue import say
from storage.database import Database
from tests.databases import NOW, at_once, errors, later, values
from tests.ticketing.builders import (
    Talk,
    a_button,
    a_conversation,
    answer,
    authors,
    claim_one,
    count,
    say_to,
    transcript,
    turns,
)
from tests.ticketing.tickets import opened, team_letters, ticket_of
from ticketing.conversations.errors import MessageEmpty, MessageTooLong
from ticketing.conversations.logic import Author
from ticketing.conversations.operations import (
    Hearing,
    Inbound,
    Recorded,
    receive_message,
    request_handoff,
    take_over,
)
from ticketing.conversations.queries import access_conversation
from ticketing.first_contact.logic import NoticeKind
from ticketing.first_contact.models import NoticeShown
from ticketing.languages.logic import Sighting
from ticketing.pictures.errors import PictureNotFound, QuotaSpent
from ticketing.pictures.logic import (
    NAME_CHARACTERS,
    UNUSED_LIFE,
    PictureKind,
    PictureLimits,
    PictureState,
    clean_name,
    is_picture,
)
from ticketing.pictures.models import Picture
from ticketing.pictures.operations import NewPicture, forget_removed, give_up_unused, keep_picture
from ticketing.pictures.queries import ShownPicture, access_picture

WIDE = PictureLimits(
    bytes_each=10**6, per_day=1_000, bytes_per_day=10**9, bytes_in_all=10**12, bytes_anonymous=10**12
)
ANA, BEN = (OutsideIdentity("site:demo:host", subject) for subject in ("ana", "ben"))
DAY = timedelta(days=1).total_seconds()


@pytest.fixture
def talk(db: Database) -> Talk:
    return a_conversation(db)


def keeps(
    db: Database, talk: Talk, *, size: int = 100, limits: PictureLimits = WIDE, seconds: float = 0
) -> str:
    """The id of a picture that is kept for a conversation."""
    picture = NewPicture(secrets.token_hex(16), "error.png", PictureKind.PNG, 640, 480, size)
    conversation_id = db.read(access_conversation, talk.public_id, person_id=talk.person_id)
    db.write(
        keep_picture,
        picture,
        person_id=talk.person_id,
        conversation_id=conversation_id,
        limits=limits,
        now=later(seconds),
    )
    return picture.id


def sends(
    db: Database,
    talk: Talk,
    picture_id: str,
    text: str = "",
    *,
    client_id: str | None = None,
    seconds: float = 0,
    hearing: Hearing | None = None,
) -> Recorded:
    """The person shows a picture, with a text or without."""
    return db.write(
        receive_message,
        talk.public_id,
        Inbound(client_id or secrets.token_hex(4), text, None, picture_id),
        person_id=talk.person_id,
        now=later(seconds),
        character_limit=100,
        hearing=hearing or Hearing(),
    )


def state(db: Database, picture_id: str) -> tuple[PictureState, int | None] | None:
    row = db.read(lambda session: session.get(Picture, picture_id))
    return None if row is None else (row.state, row.seq)


# In a line


def test_a_picture_alone_is_no_question_and_the_desk_says_so(db: Database, talk: Talk) -> None:
    picture_id = keeps(db, talk)

    recorded = sends(db, talk, picture_id)

    line, notice = transcript(db, talk)
    assert (recorded.seq, recorded.turn, recorded.claimed) == (1, None, None)
    assert (line.author, line.text) == (Author.PERSON, "Screenshot")
    assert line.extras == {
        "file": {"id": picture_id, "name": "error.png", "width": 640, "height": 480, "bytes": 100}
    }
    assert (notice.author, notice.text) == (Author.DESK, say("notice_picture_kept", "en").text)
    assert turns(db, talk) == []
    assert state(db, picture_id) == (PictureState.USED, 1)


def test_the_desks_words_are_in_the_language_of_the_conversation(db: Database) -> None:
    talk = a_conversation(db, language="fr")

    sends(db, talk, keeps(db, talk))

    assert [line.text for line in transcript(db, talk)] == [
        "Capture d’écran",
        say("notice_picture_kept", "fr").text,
    ]


def test_with_a_picture_the_text_is_the_turn_as_always(db: Database, talk: Talk) -> None:
    picture_id = keeps(db, talk)

    recorded = sends(db, talk, picture_id, "what is this?")

    assert recorded.turn == 1
    assert claim_one(db).text == "what is this?"
    [line] = transcript(db, talk)
    assert (line.text, line.extras["file"]["id"]) == ("what is this?", picture_id)


def test_the_text_beside_a_picture_is_heard_and_masked_like_any_other(db: Database, talk: Talk) -> None:
    hearing = Hearing(Sighting("fr", is_sentence=True))

    recorded = sends(db, talk, keeps(db, talk), "mon mot de passe est hunter2!x", hearing=hearing)

    line, notice = transcript(db, talk)
    assert recorded.has_secret
    assert "hunter2" not in line.text
    assert notice.text == say("notice_secret_masked", "fr").text


@pytest.mark.parametrize("who", ["waiting", "agent"])
def test_while_people_speak_nothing_is_said_by_itself(db: Database, talk: Talk, who: str) -> None:
    picture_id = keeps(db, talk)
    if who == "waiting":
        db.write(request_handoff, talk.public_id, actor="person", now=NOW)
    else:
        db.write(take_over, talk.public_id, agent_name="Bea", now=NOW)

    recorded = sends(db, talk, picture_id)

    assert recorded.turn is None
    assert authors(transcript(db, talk)) == [Author.PERSON]


@pytest.mark.parametrize("text", ["", "look at this"])
def test_a_line_with_a_picture_that_is_sent_again_is_recorded_once(
    db: Database, talk: Talk, text: str
) -> None:
    picture_id = keeps(db, talk)
    first = sends(db, talk, picture_id, text, client_id="c-1")
    said = len(transcript(db, talk))

    again = sends(db, talk, picture_id, text, client_id="c-1")

    assert (again.seq, again.turn, again.is_duplicate) == (first.seq, first.turn, True)
    assert len(transcript(db, talk)) == said


def test_a_picture_is_shown_by_one_line_only(db: Database, talk: Talk) -> None:
    picture_id = keeps(db, talk)
    sends(db, talk, picture_id)

    with pytest.raises(PictureNotFound):
        sends(db, talk, picture_id)

    assert state(db, picture_id) == (PictureState.USED, 1)


def test_of_eight_lines_that_show_one_picture_at_once_one_does(db: Database, talk: Talk) -> None:
    picture_id = keeps(db, talk)

    results = at_once(8, lambda number: sends(db, talk, picture_id, client_id=f"c-{number}"))

    assert len(values(results)) == 1
    assert {type(error) for error in errors(results)} == {PictureNotFound}
    assert authors(transcript(db, talk)) == [Author.PERSON, Author.DESK]


def test_the_same_line_eight_times_at_once_shows_it_once(db: Database, talk: Talk) -> None:
    picture_id = keeps(db, talk)

    results = at_once(8, lambda _: sends(db, talk, picture_id, client_id="c-1"))

    assert errors(results) == []
    assert {recorded.seq for recorded in values(results)} == {1}
    assert len(transcript(db, talk)) == 2


def test_a_picture_of_somebody_else_or_of_another_conversation_does_not_exist(
    db: Database, talk: Talk
) -> None:
    other = a_conversation(db)
    theirs = keeps(db, other)

    for picture_id in (theirs, "0" * 32):
        with pytest.raises(PictureNotFound):
            sends(db, talk, picture_id, "look")

    assert transcript(db, talk) == []
    assert state(db, theirs) == (PictureState.UNUSED, None)


@pytest.mark.parametrize(("text", "refusal"), [("\u200b", MessageEmpty), ("x" * 101, MessageTooLong)])
def test_a_text_that_is_refused_leaves_the_picture_unused(
    db: Database, talk: Talk, text: str, refusal: type[Exception]
) -> None:
    picture_id = keeps(db, talk)

    with pytest.raises(refusal):
        sends(db, talk, picture_id, text)

    assert state(db, picture_id) == (PictureState.UNUSED, None)


def test_a_button_still_works_after_a_picture(db: Database, talk: Talk) -> None:
    button = a_button(db, talk)
    sends(db, talk, keeps(db, talk))

    assert say_to(db, talk, Inbound("press-1", button_id=button)).turn == 1


# Who may see one


def test_a_picture_is_its_senders_alone(db: Database, talk: Talk) -> None:
    picture_id = keeps(db, talk)
    other = a_conversation(db)

    shown = db.read(access_picture, picture_id, person_id=talk.person_id)
    assert shown == ShownPicture(picture_id, "error.png", PictureKind.PNG)
    assert db.read(access_picture, picture_id) == shown
    with pytest.raises(PictureNotFound):
        db.read(access_picture, picture_id, person_id=other.person_id)


# How many


def limits(**changes: int) -> PictureLimits:
    return PictureLimits(**(vars(WIDE) | changes))


def test_of_so_many_a_day_one_more_is_refused(db: Database, talk: Talk) -> None:
    for _ in range(3):
        keeps(db, talk, limits=limits(per_day=3))

    with pytest.raises(QuotaSpent):
        keeps(db, talk, limits=limits(per_day=3))

    assert count(db, Picture) == 3
    keeps(db, a_conversation(db), limits=limits(per_day=3))


def test_of_so_many_bytes_a_day_one_more_is_refused(db: Database, talk: Talk) -> None:
    keeps(db, talk, size=60, limits=limits(bytes_per_day=100))
    with pytest.raises(QuotaSpent):
        keeps(db, talk, size=41, limits=limits(bytes_per_day=100))

    keeps(db, talk, size=40, limits=limits(bytes_per_day=100))


def test_the_next_day_is_a_new_one(db: Database, talk: Talk) -> None:
    sends(db, talk, keeps(db, talk, limits=limits(per_day=1)))
    with pytest.raises(QuotaSpent):
        keeps(db, talk, limits=limits(per_day=1), seconds=DAY - 1)

    keeps(db, talk, limits=limits(per_day=1), seconds=DAY)


def test_everybodys_pictures_together_have_a_bound(db: Database, talk: Talk) -> None:
    keeps(db, talk, size=60, limits=limits(bytes_in_all=100))

    with pytest.raises(QuotaSpent):
        keeps(db, a_conversation(db), size=41, limits=limits(bytes_in_all=100))


def test_people_for_whom_nobody_vouches_share_a_room_of_their_own(db: Database, talk: Talk) -> None:
    known = a_conversation(db, identity=ANA)
    bounds = limits(bytes_in_all=1_000, bytes_anonymous=100)
    keeps(db, known, size=200, limits=bounds)
    keeps(db, talk, size=60, limits=bounds)

    with pytest.raises(QuotaSpent):
        keeps(db, a_conversation(db), size=41, limits=bounds)
    keeps(db, a_conversation(db), size=40, limits=bounds)


def test_what_nobody_vouches_for_leaves_room_for_people_a_site_vouches_for(db: Database, talk: Talk) -> None:
    bounds = limits(bytes_in_all=400, bytes_anonymous=100)
    keeps(db, talk, size=100, limits=bounds)

    keeps(db, a_conversation(db, identity=ANA), size=200, limits=bounds)
    with pytest.raises(QuotaSpent):
        keeps(db, a_conversation(db, identity=BEN), size=101, limits=bounds)
    keeps(db, a_conversation(db, identity=BEN), size=100, limits=bounds)


def test_pictures_that_arrive_together_are_counted_one_after_the_other(db: Database, talk: Talk) -> None:
    results = at_once(8, lambda _: keeps(db, talk, limits=limits(per_day=3)))

    assert len(values(results)) == 3
    assert {type(error) for error in errors(results)} == {QuotaSpent}
    assert count(db, Picture) == 3


# What becomes of the rest


@pytest.mark.requires("postgres")
def test_keeping_a_picture_does_not_wait_for_a_line_that_tells_its_person_something(
    postgres_tables: str,
) -> None:
    """The line has the conversation, for which the picture waits: the picture must not have the person."""
    database = Database(postgres_tables)
    try:
        talk = a_conversation(database)
        conversation_id = database.read(access_conversation, talk.public_id, person_id=talk.person_id)

        def tell_while_a_picture_comes(session: Session) -> str:
            session.add(
                NoticeShown(
                    person_id=talk.person_id,
                    kind=NoticeKind.MACHINE,
                    version="1",
                    language="fr",
                    channel="web",
                    conversation_id=conversation_id,
                    at=NOW,
                )
            )
            session.flush()
            return keeps(database, talk)

        assert database.write(tell_while_a_picture_comes)
    finally:
        database.close()


def test_a_picture_that_no_line_shows_is_let_go_after_a_day(db: Database, talk: Talk) -> None:
    unused, used = keeps(db, talk), keeps(db, talk)
    sends(db, talk, used)

    assert db.write(give_up_unused, now=NOW + UNUSED_LIFE - timedelta(seconds=1)) == []
    assert db.write(give_up_unused, now=NOW + UNUSED_LIFE) == [unused]

    assert state(db, unused) == (PictureState.REMOVED, None)
    with pytest.raises(PictureNotFound):
        db.read(access_picture, unused, person_id=talk.person_id)
    with pytest.raises(PictureNotFound):
        sends(db, talk, unused)
    db.write(forget_removed, [unused, used])
    assert state(db, unused) is None
    assert state(db, used) == (PictureState.USED, 1)


def test_a_sweep_that_was_interrupted_is_taken_up_again(db: Database, talk: Talk) -> None:
    unused = keeps(db, talk)
    for _ in range(2):
        assert db.write(give_up_unused, now=NOW + UNUSED_LIFE) == [unused]


def test_a_sweep_takes_a_bounded_number_the_oldest_first(db: Database, talk: Talk) -> None:
    kept = [keeps(db, talk, seconds=number) for number in range(5)]

    assert db.write(give_up_unused, now=later(2 * DAY), limit=2) == kept[:2]


# Behind a ticket


def test_the_ticket_mail_names_how_many_pictures_go_with_it(db: Database, talk: Talk) -> None:
    sends(db, talk, keeps(db, talk))
    sends(db, talk, keeps(db, talk), "it looks like this")
    answer(db, claim_one(db).claim)

    number = opened(db, talk, "my screen is black since the update of yesterday evening").number

    assert "Pictures in the conversation: 2" in team_letters(db)[0].payload["text"]
    ticket = ticket_of(db, int(number[4:]))
    assert ticket.first_seq == 1
    assert ticket.last_seq == len(transcript(db, talk)) - 1


def test_a_picture_goes_with_one_ticket(db: Database, talk: Talk) -> None:
    sends(db, talk, keeps(db, talk))
    opened(db, talk, "my screen is black since the update of yesterday evening")
    second = opened(db, talk, "and the telephone on my desk does not ring any more either")

    assert "Pictures in the conversation: –" in team_letters(db)[1].payload["text"]
    assert ticket_of(db, int(second.number[4:])).first_seq > 1


def test_an_old_picture_is_not_what_a_new_ticket_is_about(db: Database, talk: Talk) -> None:
    sends(db, talk, keeps(db, talk, seconds=-DAY), seconds=-DAY)

    opened(db, talk, "my screen is black since the update of yesterday evening")

    assert "Pictures in the conversation: –" in team_letters(db)[0].payload["text"]


def test_a_ticket_without_pictures_says_so(db: Database, talk: Talk) -> None:
    opened(db, talk)

    assert "Pictures in the conversation: –" in team_letters(db)[0].payload["text"]


# Names and kinds


@pytest.mark.parametrize(
    ("given", "kind", "name"),
    [
        ("error.png", PictureKind.PNG, "error.png"),
        ("photo.JPG", PictureKind.JPEG, "photo.jpg"),
        ("photo.jpeg", PictureKind.JPEG, "photo.jpg"),
        ("moving.gif", PictureKind.WEBP, "moving.webp"),
        ("a.php.jpg", PictureKind.JPEG, "a_php.jpg"),
        ("a.jpg.php", PictureKind.JPEG, "a_jpg_php.jpg"),
        ("../../x", PictureKind.PNG, "x.png"),
        ("..\\..\\windows\\x.png", PictureKind.PNG, "x.png"),
        ("/etc/passwd", PictureKind.PNG, "passwd.png"),
        (".htaccess", PictureKind.PNG, "htaccess.png"),
        ("..", PictureKind.PNG, "picture.png"),
        ("", PictureKind.WEBP, "picture.webp"),
        (".png", PictureKind.PNG, "picture.png"),
        ("Capture d’écran 2026-11-22 à 10.15.png", PictureKind.PNG, "Capture d’écran 2026-11-22 à 10_15.png"),
        ("a\r\nSet-Cookie: x=1.png", PictureKind.PNG, "aSet-Cookie_ x=1.png"),
        ('a"; filename="b.exe', PictureKind.PNG, "a__ filename=_b_exe.png"),
        ("photo\u202egnp.exe", PictureKind.PNG, "photognp_exe.png"),
        ("<script>.png", PictureKind.PNG, "script.png"),
        ("x" * 300, PictureKind.JPEG, "x" * 95 + ".jpg"),
        ("e\u0301.png", PictureKind.PNG, "é.png"),
        ("a\x00b.png", PictureKind.PNG, "ab.png"),
    ],
)
def test_a_name_is_one_in_every_system_and_has_the_ending_of_what_it_is(
    given: str, kind: PictureKind, name: str
) -> None:
    assert clean_name(given, kind) == name
    assert len(name) <= NAME_CHARACTERS


@pytest.mark.parametrize(
    ("head", "is_one"),
    [
        (b"\x89PNG\r\n\x1a\n....", True),
        (b"\xff\xd8\xff\xe0....", True),
        (b"GIF87a....", True),
        (b"GIF89a....", True),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", True),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", False),
        (b"<svg xmlns=", False),
        (b"%PDF-1.7", False),
        (b"PK\x03\x04", False),
        (b"MZ\x90\x00", False),
        (b"", False),
    ],
)
def test_what_a_file_is_stands_in_its_first_bytes(head: bytes, is_one: bool) -> None:
    assert is_picture(head) is is_one


def test_no_picture_is_without_its_person(db: Database, talk: Talk) -> None:
    keeps(db, talk)

    assert db.read(lambda session: session.scalars(select(Picture.person_id)).all()) == [talk.person_id]
