"""What every way of sending mail does, and what a mail server's refusals mean for a letter."""

from __future__ import annotations

import mailbox
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from notices.mail.composing import Sender
from notices.mail.maildir import MaildirMail
from notices.mail.port import Mail, MailLink, MailPort, MailRefused
from notices.mail.smtp import Encryption, SmtpMail, SmtpServer
from tests.databases import NOW
from tests.notices.post import PASSWORD, USER, PostOffice, a_certificate, a_post_office

SENDER = Sender("Guichet <guichet@desk.example.org>", "it-desk@example.org")
MAIL = Mail(
    key="ticket:INC-000001:replied:7:person:1",
    to="ana@example.org",
    subject="[INC-000001] Une réponse: écran 🖨️",
    text="L’équipe a répondu:\n\nEssayez ceci.",
    at=NOW,
    language="fr",
    links=(MailLink("https://desk.example.org/ticket/x", "Voir"),),
    thread="INC-000001",
)


class Way:
    """A port and a look at what arrived by it."""

    def __init__(self, port: MailPort, arrived: Callable[[], list[EmailMessage]]) -> None:
        self.port, self.arrived = port, arrived


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(params=["maildir", "starttls", "tls", "none"])
async def way(request: pytest.FixtureRequest, tmp_path: Path, certificate: Path) -> AsyncIterator[Way]:
    if request.param == "maildir":

        def kept() -> list[EmailMessage]:
            return [
                message_from_bytes(letter.as_bytes(), _class=EmailMessage, policy=policy.default)
                for letter in mailbox.Maildir(tmp_path / "mail")
            ]

        yield Way(MaildirMail(tmp_path / "mail", SENDER), kept)
        return
    encryption = Encryption(request.param)
    served = {"implicit": True} if encryption is Encryption.TLS else {}
    async with a_post_office(None if encryption is Encryption.NONE else certificate, **served) as office:
        yield Way(by_smtp(office, certificate, encryption), lambda: office.taken)


def by_smtp(
    office: PostOffice, certificate: Path | None, encryption: Encryption = Encryption.STARTTLS, **changes: Any
) -> SmtpMail:
    server = SmtpServer("localhost", office.port, encryption, authorities=certificate)
    if encryption is not Encryption.NONE:
        server = replace(server, user=USER, password=PASSWORD)
    return SmtpMail(replace(server, **changes), SENDER)


async def refusal(port: MailPort, mail: Mail = MAIL) -> MailRefused:
    with pytest.raises(MailRefused) as refused:
        await port.send(mail)
    assert "Essayez" not in str(refused.value)
    assert mail.to not in str(refused.value)
    return refused.value


async def test_a_letter_arrives_as_it_was_written_in_both_forms(way: Way) -> None:
    await way.port.send(MAIL)

    [letter] = way.arrived()
    plain, html = (letter.get_body(preferencelist=(kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    assert letter["Subject"] == MAIL.subject
    assert (letter["To"], letter["From"]) == (MAIL.to, SENDER.header)
    assert letter["Reply-To"] == SENDER.reply_to
    assert letter["Date"].datetime == NOW
    assert letter.get_content_type() == "multipart/alternative"
    assert "Essayez ceci.\n\nVoir\u00a0:\nhttps://desk.example.org/ticket/x" in plain.get_content().replace(
        "\r\n", "\n"
    )
    assert "Essayez ceci." in html.get_content()
    assert '<html lang="fr">' in html.get_content()


async def test_a_letter_says_that_nobody_wrote_it_so_that_no_machine_answers(way: Way) -> None:
    await way.port.send(MAIL)

    [letter] = way.arrived()
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["X-Auto-Response-Suppress"] == "All"


async def test_letters_of_a_ticket_to_somebody_hold_together_whichever_arrive(way: Way) -> None:
    for key, to, thread in (
        ("k1", "ana@example.org", "INC-000001"),
        ("k2", "Ana@example.org", "INC-000001"),
        ("k3", "bo@example.org", "INC-000001"),
        ("k4", "ana@example.org", "INC-000002"),
    ):
        await way.port.send(replace(MAIL, key=key, to=to, thread=thread))

    roots = [letter["References"] for letter in way.arrived()]
    assert len(roots) == 4
    assert len(set(roots)) == 3
    assert all(letter["In-Reply-To"] == letter["References"] for letter in way.arrived())


async def test_the_same_letter_again_has_the_same_id_so_a_repeat_can_be_told(way: Way) -> None:
    # As when the desk dies between the server's "OK" and its own note of it.
    await way.port.send(MAIL)
    await way.port.send(replace(MAIL, subject="[INC-000001] autrement"))

    assert len({letter["Message-ID"] for letter in way.arrived()}) == 1


@pytest.mark.parametrize(
    "to",
    [
        "guichet@desk.example.org",
        "GUICHET@desk.example.org",
        "it-desk@example.org",
        "nobody",
        "",
        "a@example.org, b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "Ana <ana@example.org>",
        "a b@example.org",
    ],
)
async def test_no_letter_goes_to_the_desk_itself_or_to_what_is_no_single_address(way: Way, to: str) -> None:
    with pytest.raises(MailRefused) as refused:
        await way.port.send(replace(MAIL, to=to))

    assert refused.value.is_permanent
    assert way.arrived() == []


async def test_an_international_domain_is_written_as_name_servers_know_it(way: Way) -> None:
    await way.port.send(replace(MAIL, to="ana@exämple.org"))

    assert [letter["To"] for letter in way.arrived()] == ["ana@xn--exmple-cua.org"]


async def test_the_server_is_told_who_sends_and_who_signs_in(certificate: Path) -> None:
    async with a_post_office(certificate) as office:
        await by_smtp(office, certificate).send(MAIL)

        assert (office.senders, office.users) == (["guichet@desk.example.org"], [USER])


@pytest.mark.parametrize(
    ("answer", "is_permanent"),
    [("550 no such user ana@example.org", True), ("450 mailbox busy", False), ("421 closing", False)],
)
async def test_a_recipient_refused_for_good_is_permanent_and_for_now_is_not(
    certificate: Path, answer: str, is_permanent: bool
) -> None:
    async with a_post_office(certificate) as office:
        office.at_recipient = answer

        refused = await refusal(by_smtp(office, certificate))

        assert refused.is_permanent is is_permanent
        assert answer[:3] in str(refused) or not is_permanent


@pytest.mark.parametrize(
    ("answer", "is_permanent"), [("554 looks like Essayez ceci", True), ("452 disk full", False)]
)
async def test_a_letter_refused_for_good_is_permanent_and_for_now_is_not(
    certificate: Path, answer: str, is_permanent: bool
) -> None:
    async with a_post_office(certificate) as office:
        office.at_letter = answer

        assert (await refusal(by_smtp(office, certificate))).is_permanent is is_permanent


async def test_a_wrong_password_waits_for_somebody_to_mend_it_and_is_not_shown(certificate: Path) -> None:
    async with a_post_office(certificate) as office:
        refused = await refusal(by_smtp(office, certificate, password="wrong-one"))

    assert not refused.is_permanent
    assert str(refused) == "the server refuses the user or the password (535)"


async def test_a_certificate_that_nobody_vouches_for_gets_no_letter_and_no_password(
    certificate: Path,
) -> None:
    for encryption in (Encryption.STARTTLS, Encryption.TLS):
        served = {"implicit": True} if encryption is Encryption.TLS else {}
        async with a_post_office(certificate, **served) as office:
            refused = await refusal(by_smtp(office, None, encryption))

            assert "certificate is not believed" in str(refused)
            assert not refused.is_permanent
            assert (office.taken, office.users) == ([], [])


async def test_a_certificate_for_another_name_is_not_believed(tmp_path: Path) -> None:
    other = a_certificate(tmp_path, "mail.elsewhere.example")
    async with a_post_office(other) as office:
        assert "certificate is not believed" in str(await refusal(by_smtp(office, other)))


async def test_a_server_without_starttls_is_given_nothing_in_the_clear(certificate: Path) -> None:
    async with a_post_office() as office:
        refused = await refusal(by_smtp(office, certificate))

        assert str(refused) == "the server offers no STARTTLS"
        assert office.taken == []


async def test_a_server_where_nobody_can_sign_in_is_not_said_to_lack_encryption() -> None:
    async with a_post_office() as office:
        refused = await refusal(by_smtp(office, None, Encryption.NONE, user="u", password="p"))

        assert str(refused).startswith("the server lets nobody sign in this way")
        assert office.taken == []


async def test_a_silent_server_is_left_after_the_time_it_has(certificate: Path) -> None:
    async with a_post_office(certificate) as office:
        office.is_silent = True

        refused = await refusal(by_smtp(office, certificate, seconds=0.5))

    assert (str(refused), refused.is_permanent) == ("the server was silent for 0.5 s", False)


async def test_a_server_that_is_not_there_is_tried_again_later(certificate: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nowhere = PostOffice(port=probe.getsockname()[1])

    refused = await refusal(by_smtp(nowhere, certificate))

    assert not refused.is_permanent


async def test_an_address_beyond_ascii_arrives_or_is_clearly_refused(certificate: Path) -> None:
    mail = replace(MAIL, to="zoé@example.org")
    async with a_post_office(certificate, enable_SMTPUTF8=True) as office:
        await by_smtp(office, certificate).send(mail)
        assert [letter["To"] for letter in office.taken] == ["zoé@example.org"]
    async with a_post_office(certificate, enable_SMTPUTF8=False) as office:
        refused = await refusal(by_smtp(office, certificate), mail)
        assert (str(refused), refused.is_permanent) == ("the server takes addresses in ASCII only", True)


def test_a_password_is_in_no_representation() -> None:
    assert "secret" not in repr(SmtpServer("localhost", 25, user="u", password="secret"))
