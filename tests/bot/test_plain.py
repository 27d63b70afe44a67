"""Plain mode: without an engine there are still answers, choices, and a ticket (TRUST F8)."""

from __future__ import annotations

import pytest

from bot.assistant.plain import PlainAssistant
from bot.assistant.port import TurnRequest
from knowledge.questions.logic import Asked
from knowledge.search.findings import LEXICAL, Band, Findings, Hit
from ticketing.conversations.logic import Reply
from ticketing.tickets.operations import Opened
from ticketing.tickets.priority import Priority

VPN = Hit("vpn", "en", "About the VPN", "Start the VPN.", 0.9)
WIFI = Hit("wifi", "en", "About the Wi-Fi", "Switch it on.", 0.8)
FINDINGS = {
    "vpn": Findings(Band.ANSWER, (VPN, WIFI), LEXICAL, 0.9),
    "net": Findings(Band.DID_YOU_MEAN, (VPN, WIFI), LEXICAL, 0.5),
}
NOTHING = Findings(Band.NOTHING, (), LEXICAL)


class Plain:
    """Plain mode with two articles, and what it has opened."""

    def __init__(self, *, is_fallback: bool = False, email: str | None = "ana@example.org") -> None:
        self.opened: list[str] = []
        self._email = email
        self._plain = PlainAssistant(self._find, self._open, self._opening, is_fallback=is_fallback)

    async def _find(self, question: str, language: str) -> Findings:
        return FINDINGS.get(question, NOTHING)

    async def _open(self, turn_id: str) -> Opened:
        self.opened.append(turn_id)
        return Opened("INC-000001", self._email, Priority.P4, "IT desk")

    def _opening(self, slug: str, language: str) -> Hit | None:
        return next((hit for hit in (VPN, WIFI) if hit.slug == slug), None)

    async def replies(self, text: str = "", payload: str | None = None) -> tuple[Reply, ...]:
        return await self._plain.reply(TurnRequest("t-1", "c-1", "en", text, payload), seconds=1)


async def test_an_answer_has_its_source_and_its_question() -> None:
    [answer] = await Plain().replies("vpn")

    assert answer.text == "Start the VPN."
    assert [source.slug for source in answer.sources] == ["vpn"]
    asked = Asked.read(answer.question)
    assert asked is not None
    assert asked.shown == ("vpn",)


async def test_a_choice_can_be_pressed() -> None:
    plain = Plain()
    [which] = await plain.replies("net")
    assert [button.title for button in which.buttons] == ["About the VPN", "About the Wi-Fi"]

    [answer] = await plain.replies("About the Wi-Fi", which.buttons[1].payload)

    assert answer.text == "Switch it on."
    assert [source.slug for source in answer.sources] == ["wifi"]


@pytest.mark.parametrize(
    "payload",
    [
        "/choose_article",
        "/choose_article{",
        "/choose_article[]",
        "/choose_article{}",
        '/choose_article{"choice": 7}',
        '/choose_article{"choice": "../admin"}',
        '/choose_article{"choice": "gone"}',
        "/inform",
        "/no_such_intent",
    ],
)
async def test_a_button_that_means_nothing_here_gets_help_and_opens_nothing(payload: str) -> None:
    plain = Plain()

    [reply] = await plain.replies("(a button)", payload)

    assert reply.text
    assert reply.sources == ()
    assert plain.opened == []


@pytest.mark.parametrize("payload", ["/open_ticket", "/ask_human", "/not_solved"])
async def test_what_the_articles_do_not_solve_is_put_on_file(payload: str) -> None:
    plain = Plain()

    [reply] = await plain.replies("(a button)", payload)

    assert plain.opened == ["t-1"]
    assert reply.ticket == "INC-000001"
    assert "ana@example.org" in reply.text


async def test_who_cannot_be_reached_is_told_so() -> None:
    known, unknown = Plain(), Plain(email=None)

    [to_known] = await known.replies(payload="/open_ticket")
    [to_unknown] = await unknown.replies(payload="/open_ticket")

    assert to_known.says != to_unknown.says
    assert "@" not in to_unknown.text


async def test_that_it_helped_opens_nothing() -> None:
    plain = Plain()

    assert len(await plain.replies(payload="/solved")) == 1
    assert plain.opened == []


async def test_an_engine_that_is_away_is_said_with_every_answer_and_not_with_a_ticket() -> None:
    plain = Plain(is_fallback=True)

    assert len(await plain.replies("vpn")) == len(await plain.replies("zzz")) == 2
    assert len(await plain.replies(payload="/open_ticket")) == 1


async def test_what_typed_words_look_like_is_never_a_button() -> None:
    plain = Plain()

    await plain.replies("/open_ticket")

    assert plain.opened == []
