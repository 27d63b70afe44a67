"""First contact, the language of what is written, and the page of the privacy notice, over the gateway."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk.chats import TRANSPORTS, Transport, a_socket
from tests.desk.desks import a_desk, a_rasa
from ticketing.conversations.logic import Author
from ticketing.first_contact.models import NoticeShown


@pytest.fixture(params=TRANSPORTS)
def chat_with(request: pytest.FixtureRequest) -> Transport:
    """How the client talks to the desk."""
    return TRANSPORTS[request.param]


async def test_who_comes_in_reads_first_that_a_machine_answers_and_what_is_kept(
    tmp_path: Path, chat_with: Transport
) -> None:
    async with a_rasa() as rasa, a_desk(tmp_path, rasa, introduces=True) as desk:
        token = await desk.visitor(language="fr")
        async with chat_with(desk, token, new=True) as chat:
            await chat.until_seq(2)
            machine, privacy = chat.messages()
            await chat.send("c-1", "Mon écran est noir.")
            await chat.until_message("echo:")
        async with chat_with(desk, token, new=True) as later:
            await later.send("c-1", "Mon écran est noir.")
            await later.until_message("echo:")

        assert [(frame["author"], frame["notice"]) for frame in (machine, privacy)] == [
            ("desk", "machine"),
            ("desk", "privacy"),
        ]
        assert "automatique" in machine["text"]
        assert f"{desk.desk.settings.public_url}/privacy?lang=fr" in privacy["text"]
        assert [frame["author"] for frame in later.messages()] == ["person", "assistant"]
        assert desk.count(NoticeShown) == 2
        assert desk.outcome(chat.conversation) is not None, "notices ask for no answer"
        assert len(rasa.turns) == 2


async def test_the_first_french_word_is_answered_in_french_and_told_what_answers(
    tmp_path: Path, chat_with: Transport
) -> None:
    async with a_rasa() as rasa, a_desk(tmp_path, rasa, introduces=True) as desk:
        async with chat_with(desk, await desk.visitor(language="en"), new=True) as chat:
            await chat.send("c-1", "bonjour")
            await chat.until_message("echo: bonjour")
            status = await chat.until(lambda frame: frame["type"] == "status" and frame["language"] == "fr")

        said = [(frame["author"], frame.get("notice")) for frame in chat.messages()]
        assert said == [
            ("desk", "machine"),
            ("desk", "privacy"),
            ("person", None),
            ("desk", "machine"),
            ("desk", "privacy"),
            ("assistant", None),
        ]
        assert [turn["language"] for turn in rasa.turns] == ["fr"]
        assert status["last_seq"] <= 6


async def test_a_language_chosen_in_the_widget_stays_whatever_is_written(
    tmp_path: Path, chat_with: Transport
) -> None:
    async with (
        a_rasa() as rasa,
        a_desk(tmp_path, rasa) as desk,
        chat_with(desk, await desk.visitor(language="en")) as chat,
    ):
        await chat.tell({"type": "language", "language": "fr"})
        await chat.until(lambda frame: frame["type"] == "status" and frame["language"] == "fr")
        await chat.send("c-1", "my printer does not print anything today")
        await chat.until_message("echo:")

    assert [turn["language"] for turn in rasa.turns] == ["fr"]


async def test_a_client_that_comes_back_does_not_undo_the_language_of_the_conversation(
    tmp_path: Path,
) -> None:
    async with a_rasa() as rasa, a_desk(tmp_path, rasa) as desk:
        token = await desk.visitor(language="en")
        async with a_socket(desk, token, language="en") as chat:
            await chat.send("c-1", "mon imprimante ne marche plus du tout")
            await chat.until_message("echo:")
        async with a_socket(desk, token, conversation=chat.conversation, language="en") as again:
            await again.send("c-2", "outlook ?")
            await again.until_message("echo: outlook")

    assert [turn["language"] for turn in rasa.turns] == ["fr", "fr"]


async def test_a_desk_of_one_language_does_not_follow_another(tmp_path: Path) -> None:
    async with (
        a_rasa() as rasa,
        a_desk(tmp_path, rasa, languages="fr", default_language="fr") as desk,
        a_socket(desk, await desk.visitor()) as chat,
    ):
        await chat.send("c-1", "my printer does not print anything today")
        await chat.until_message("echo:")

    assert [turn["language"] for turn in rasa.turns] == ["fr"]


@pytest.mark.parametrize(("language", "words"), [("en", "Your rights"), ("fr", "Vos droits")])
async def test_the_whole_notice_has_a_page(tmp_path: Path, language: str, words: str) -> None:
    async with (
        a_desk(tmp_path, organisation="<b>Example</b>", team_email="dpo@example.org") as desk,
        desk.http.get(f"{desk.url}/privacy?lang={language}") as answer,
    ):
        page = await answer.text()

    assert answer.status == 200
    assert words in page
    assert "dpo@example.org" in page
    assert f'<html lang="{language}">' in page
    assert "<b>Example" not in page


async def test_an_organisation_s_own_notice_is_shown_and_linked(tmp_path: Path) -> None:
    own = tmp_path / "privacy.yml"
    own.write_text("version: 1\nlink: https://example.org/p\nen: ours {link}\nfr: la nôtre {link}\n")
    async with a_desk(tmp_path, introduces=True, privacy_notice=str(own)) as desk:
        async with a_socket(desk, await desk.visitor(), new=True) as chat:
            await chat.until_message("ours https://example.org/p")
        async with desk.http.get(f"{desk.url}/privacy", allow_redirects=False) as answer:
            pass

    assert (answer.status, answer.headers["Location"]) == (302, "https://example.org/p")
    assert desk.said(chat.conversation, Author.PERSON) == []
