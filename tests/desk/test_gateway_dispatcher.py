"""What the outbox holds leaves after the commit, once, and one bad letter holds up no other (TRUST RL-11)."""

from __future__ import annotations

import asyncio
import mailbox
import re
from datetime import timedelta
from pathlib import Path

import pytest

from desk.gateway.dispatcher import AT_ONCE, Dispatcher
from desk.gateway.letter_links import LetterLinks
from notices.mail.composing import Sender
from notices.mail.port import Mail, MailRefused
from notices.mail.smtp import Encryption, SmtpMail, SmtpServer
from notices.outbox.logic import CLAIM
from notices.outbox.models import OutboxItem, OutboxState
from notices.outbox.operations import claim_parcels, put_in_outbox
from tests.desk.chats import a_socket
from tests.desk.desks import RunningDesk, a_desk, eventually, utc_now
from tests.notices.post import a_post_office
from ticketing.tickets.places import Place, path_to


def letters(desk: RunningDesk) -> list[mailbox.MaildirMessage]:
    folder = desk.desk.settings.var / "mail"
    return list(mailbox.Maildir(folder)) if folder.exists() else []


async def test_the_team_gets_one_letter_per_ticket(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk, a_socket(desk, await desk.visitor()) as chat:
        await chat.send("c-1", "zzz qqq the coffee machine in room 12")
        button = (await chat.until(lambda frame: "buttons" in frame))["buttons"][0]
        for _ in range(3):
            await chat.send("c-2", button=button["id"])
        await chat.until(lambda frame: "ticket" in frame)
        await eventually(lambda: letters(desk))
        await eventually(lambda: _states(desk) == [OutboxState.SENT])

        [letter] = letters(desk)
        assert letter["To"] == "it-desk@example.org"
        assert "INC-000001" in letter["Subject"]
        assert "coffee machine in room 12" in letter.as_string()


def _states(desk: RunningDesk) -> list[OutboxState]:
    return desk.database.read(lambda session: [item.state for item in session.query(OutboxItem)])


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk's own dispatcher looks once, when there is nothing yet."""
    monkeypatch.setattr("desk.gateway.dispatcher.EVERY_SECONDS", 600.0)


class Post:
    """A post office that loses its temper over one address."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.taken: list[str] = []

    async def send(self, mail: Mail) -> None:
        if mail.to == "bad@example.org":
            raise self.error
        self.taken.append(mail.key)


def _put(desk: RunningDesk, key: str, recipient: str, **payload: object) -> None:
    desk.database.write(
        put_in_outbox, key=key, port="mail", recipient=recipient, payload=payload, now=utc_now()
    )


@pytest.mark.usefixtures("by_hand")
async def test_a_letter_that_is_refused_or_breaks_the_sender_does_not_hold_up_the_others(
    tmp_path: Path,
) -> None:
    for number, error in enumerate((MailRefused("no"), ValueError("marker-words"), OSError("disk"))):
        async with a_desk(tmp_path / str(number), assistant="none") as desk:
            post = Post(error)
            _put(desk, "bad", "bad@example.org", subject="s", text="t")
            _put(desk, "malformed", "good@example.org", subject="s")
            _put(desk, "good", "good@example.org", subject="s", text="t")

            await Dispatcher(desk.database, post, utc_now).send_due()

            assert post.taken == ["good"]
            states = dict(
                desk.database.read(lambda session: [(i.key, i.state) for i in session.query(OutboxItem)])
            )
            assert states["good"] is OutboxState.SENT
            assert states["bad"] is states["malformed"] is OutboxState.WAITING
            errors = desk.database.read(lambda session: [i.error for i in session.query(OutboxItem)])
            assert not any("marker-words" in error for error in errors if error)


@pytest.mark.usefixtures("by_hand")
async def test_a_letter_that_is_never_taken_is_given_up_visibly(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        _put(desk, "bad", "bad@example.org", subject="s", text="t")
        now = utc_now()
        dispatcher = Dispatcher(desk.database, Post(MailRefused("no")), lambda: now)
        for _ in range(50):
            await dispatcher.send_due()
            now += timedelta(days=1)
        [state] = _states(desk)
        assert state is OutboxState.DEAD


@pytest.mark.usefixtures("by_hand")
async def test_two_dispatchers_send_each_letter_once(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        for number in range(10):
            _put(desk, f"letter {number}", "good@example.org", subject="s", text="t")
        posts = [Post(MailRefused("no")), Post(MailRefused("no"))]
        await asyncio.gather(*(Dispatcher(desk.database, post, utc_now).send_due() for post in posts))
        taken = sorted(posts[0].taken + posts[1].taken)
        assert len(taken) == len(set(taken)) == 10


class Slow:
    """A post office that takes its time, and counts how many letters it is handed at once."""

    def __init__(self) -> None:
        self.at_once = self.most_at_once = 0
        self.taken: list[str] = []

    async def send(self, mail: Mail) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.taken.append(mail.key)
        self.at_once -= 1


@pytest.mark.usefixtures("by_hand")
async def test_letters_leave_several_at_once_and_those_of_a_ticket_to_somebody_in_their_order(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        for number in range(30):
            who = f"p{number % 7}"
            _put(desk, f"{who} {number:02}", f"{who}@example.org", subject="s", text="t", ticket="INC-000001")
        post = Slow()

        await Dispatcher(desk.database, post, utc_now).send_due()

        assert 1 < post.most_at_once <= AT_ONCE
        assert len(post.taken) == 30
        for who in {key[:2] for key in post.taken}:
            mine = [key for key in post.taken if key.startswith(who)]
            assert mine == sorted(mine)


@pytest.mark.usefixtures("by_hand")
async def test_what_is_refused_for_good_is_given_up_at_once_and_what_follows_is_sent(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        post = Post(MailRefused("no such user", is_permanent=True))
        for key in ("bad", "worse"):
            _put(desk, key, "bad@example.org", subject="s", text="t", ticket="INC-000001")

        await Dispatcher(desk.database, post, utc_now).send_due()

        assert _states(desk) == [OutboxState.DEAD, OutboxState.DEAD]


@pytest.mark.usefixtures("by_hand")
async def test_a_desk_that_dies_before_its_note_sends_the_same_letter_again_under_the_same_id(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path, assistant="none") as desk, a_post_office() as office:
        _put(desk, "k", "ana@example.org", subject="s", text="t", ticket="INC-000001")
        server = SmtpServer("localhost", office.port, Encryption.NONE)
        smtp, now = SmtpMail(server, Sender("guichet@example.org")), utc_now()
        [parcel] = await desk.database.awrite(claim_parcels, now=now)
        # It was handed over; then the process was killed, and nobody noted it.
        await smtp.send(Dispatcher(desk.database, smtp, utc_now)._mail_of(parcel))

        await Dispatcher(desk.database, smtp, lambda: now + CLAIM).send_due()

        assert len(office.taken) == 2
        assert len({letter["Message-ID"] for letter in office.taken}) == 1
        assert len({letter["Date"] for letter in office.taken}) == 1
        assert _states(desk) == [OutboxState.SENT]


@pytest.mark.usefixtures("by_hand")
@pytest.mark.parametrize("url", ["https://desk.example.org", None])
async def test_links_lead_to_the_desk_s_public_address_or_are_not_there(
    tmp_path: Path, url: str | None
) -> None:
    async with a_desk(tmp_path, assistant="none") as desk, a_post_office() as office:
        place = {"ticket": 7, "person": 3}
        _put(desk, "k", "ana@example.org", subject="s", text="t", link="/rate/x", place=place, language="fr")
        server = SmtpServer("localhost", office.port, Encryption.NONE)
        smtp = SmtpMail(server, Sender("guichet@example.org"))

        await Dispatcher(desk.database, smtp, utc_now, links=LetterLinks(url, "k" * 43)).send_due()

        [letter] = office.taken
        html = letter.get_body(preferencelist=("html",))
        assert html is not None
        page = path_to(Place(7, 3), "ana@example.org", key="k" * 43)
        expected = [f"{url}{page}", f"{url}/rate/x"] if url else []
        assert re.findall(r'href="([^"]+)"', html.get_content()) == expected
        assert ("Êtes-vous satisfait" in html.get_content()) == bool(url)
        assert letter["Content-Language"] == "fr"
