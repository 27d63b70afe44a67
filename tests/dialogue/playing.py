"""Plays conversations on a desk with the real Rasa, and says what was not as it should be."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.gateway.switchboard import Switchboard
from identity.visitors.logic import VisitorToken
from knowledge.articles.models import Article
from tests.desk.desks import HOST_KEY, ORIGIN, RunningDesk
from tests.dialogue.conversations import Conversation, GivenTicket, Step
from tests.dialogue.kinds import KINDS, WITH_ARTICLE
from ticketing.conversations.logic import Author
from ticketing.conversations.models import Conversation as ConversationRow
from ticketing.conversations.models import Message, OfferedButton
from ticketing.conversations.operations import Inbound
from ticketing.tickets.intake import Intake
from ticketing.tickets.logic import TicketType
from ticketing.tickets.operations import Team, open_ticket_for_turn
from ticketing.turns.logic import TurnState
from ticketing.turns.models import Turn

TEAM = Team("it-desk@example.org", "en")
PATIENCE = 40.0
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Said:
    """One reply: its kinds, its words, and the articles it comes from or offers."""

    key: str
    kinds: tuple[str, ...]
    text: str
    articles: tuple[str, ...]
    buttons: tuple[tuple[str, str, str], ...] = ()


@dataclass
class Played:
    """A conversation that was played: what was said, and the first thing that was wrong."""

    conversation: Conversation
    turns: list[list[Said]] = field(default_factory=list)
    wrong: str | None = None


@dataclass(frozen=True)
class _Visit:
    token: VisitorToken
    conversation: str


class Player:
    """Plays on a running desk; many conversations may be played at once."""

    def __init__(self, desk: RunningDesk) -> None:
        self._desk, self._switchboard = desk, desk.desk.switchboard
        self._translations = desk.database.read(_translations)

    async def play(self, conversation: Conversation) -> Played:
        """The whole conversation, or as far as it went right."""
        played = Played(conversation)
        visit = await self._visit(conversation)
        numbers = await self._put_on_file(conversation, visit)
        for at, step in enumerate(conversation.turns, start=1):
            try:
                replies = await self._take(visit, step, numbers)
            except _Wrong as wrong:
                played.wrong = f"turn {at}: {wrong}"
                return played
            played.turns.append(replies)
            if (wrong_text := _fault(step, replies, numbers)) is not None:
                played.wrong = f"turn {at} ({_input(step)}): {wrong_text}"
                return played
        return played

    async def _visit(self, conversation: Conversation) -> _Visit:
        number = next(_numbers)
        identity = _identity(f"colleague-{number}") if conversation.person == "known" else None
        session = await self._switchboard.open_session(
            site_key="demo", origin=ORIGIN, language=conversation.language, identity=identity
        )
        token = self._switchboard.read_token(session.token)
        return _Visit(token, await _open(self._switchboard, token))

    async def _put_on_file(self, conversation: Conversation, visit: _Visit) -> dict[str, str]:
        given = conversation.given
        numbers: dict[str, str] = {}
        for at, ticket in enumerate(given.tickets, start=1):
            elsewhere = await _open(self._switchboard, visit.token)
            numbers[f"T{at}"] = self._desk.database.write(_put_ticket, elsewhere, ticket)
        for at, ticket in enumerate(given.foreign_tickets, start=1):
            other = await self._visit(conversation)
            numbers[f"F{at}"] = self._desk.database.write(_put_ticket, other.conversation, ticket)
        return numbers

    async def _take(self, visit: _Visit, step: Step, numbers: dict[str, str]) -> list[Said]:
        seen = len(await asyncio.to_thread(self._desk.transcript, visit.conversation))
        if step.press is not None:
            lines = [Inbound(f"x{next(_numbers)}", button_id=self._button(visit, step.press, numbers))]
        else:
            lines = [Inbound(f"x{next(_numbers)}", _filled(line, numbers)) for line in step.lines]
        for line in lines:
            recorded = await self._switchboard.receive(visit.token, visit.conversation, line)
        await self._until_answered(visit.conversation, recorded.turn or 0)
        return await asyncio.to_thread(self._said_since, visit.conversation, seen)

    async def _until_answered(self, conversation: str, turn: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while not await self._desk.database.aread(_is_done, conversation, turn):
            if time.monotonic() > deadline:
                raise _Wrong("no answer in time")
            await asyncio.sleep(0.02)

    def _said_since(self, conversation: str, seen: int) -> list[Said]:
        buttons = self._desk.database.read(_buttons_of, conversation)
        rows = self._desk.transcript(conversation)[seen:]
        return [self._said(row.text, row.extras, buttons) for row in rows if row.author is Author.ASSISTANT]

    def _said(self, text: str, extras: dict[str, Any], payloads: dict[str, str]) -> Said:
        key = str(extras.get("says") or "")
        slugs = [source["slug"] for source in extras.get("sources", ())]
        buttons = tuple(
            (each["id"], each["title"], payloads.get(each["id"], "")) for each in extras.get("buttons", ())
        )
        for _, _, payload in buttons:
            if payload.startswith("/choose_article"):
                slugs.append(payload.split('"')[3])
        articles = tuple(self._translations.get(slug, slug) for slug in slugs)
        return Said(key, KINDS.get(key, (key,)), text, articles, buttons)

    def _button(self, visit: _Visit, wanted: str, numbers: dict[str, str]) -> str:
        for row in reversed(self._desk.transcript(visit.conversation)):
            payloads = self._desk.database.read(_buttons_of, visit.conversation)
            for button in row.extras.get("buttons", ()):
                payload = payloads[button["id"]]
                is_it = (
                    payload.startswith(wanted)
                    if wanted.startswith("/")
                    else _filled(wanted, numbers).casefold() in button["title"].casefold()
                )
                if is_it:
                    return str(button["id"])
        raise _Wrong(f"no button {wanted!r}")


class _Wrong(Exception):
    """The conversation cannot go on."""


def _fault(step: Step, replies: list[Said], numbers: dict[str, str]) -> str | None:
    kinds = {kind for said in replies for kind in said.kinds}
    got = [f"{said.key}{list(said.articles) or ''}" for said in replies]
    if not kinds & set(step.expected):
        return f"expected {' or '.join(step.expected)}, got {got}"
    if missing := set(step.also) - kinds:
        return f"expected also {sorted(missing)}, got {got}"
    text = "\n".join(said.text for said in replies)
    if step.articles and (kinds & WITH_ARTICLE & set(step.expected)):
        articles = {article for said in replies for article in said.articles}
        if not articles & set(step.articles):
            return f"expected an article of {step.articles}, got {got}"
    if step.says and not re.search(_filled(step.says, numbers), text, re.IGNORECASE):
        return f"expected to read {step.says!r}, got {text!r}"
    if step.never and re.search(_filled(step.never, numbers), text, re.IGNORECASE):
        return f"must not say {step.never!r}: {text!r}"
    return None


def _input(step: Step) -> str:
    return step.press or " / ".join(step.lines)


def _filled(text: str, numbers: dict[str, str]) -> str:
    return re.sub(r"\{([TF]\d)\}", lambda found: numbers[found[1]], text)


async def _open(switchboard: Switchboard, token: VisitorToken) -> str:
    entered = await switchboard.enter(
        token, origin=ORIGIN, conversation=None, is_new=True, since=0, epoch=None, language=None
    )
    return entered.conversation


def _identity(name: str) -> str:
    seconds = int(time.time())
    claims = {
        "sub": name,
        "iss": "intranet",
        "aud": "demo",
        "iat": seconds,
        "exp": seconds + 120,
        "jti": f"{name}-{time.monotonic_ns()}",
        "name": "Kim Example",
        "email": f"{name}@example.org",
    }
    return jwt.encode(claims, HOST_KEY, algorithm="HS256", headers={"kid": "host"})


def _translations(session: Session) -> dict[str, str]:
    return {row.slug: row.translation for row in session.execute(select(Article.slug, Article.translation))}


def _is_done(session: Session, conversation: str, number: int) -> bool:
    states = session.scalars(
        select(Turn.state)
        .join(ConversationRow, ConversationRow.id == Turn.conversation_id)
        .where(ConversationRow.public_id == conversation, Turn.number <= number)
    )
    return all(state is TurnState.DONE for state in states)


def _buttons_of(session: Session, conversation: str) -> dict[str, str]:
    rows = session.execute(
        select(OfferedButton.id, OfferedButton.payload)
        .join(ConversationRow, ConversationRow.id == OfferedButton.conversation_id)
        .where(ConversationRow.public_id == conversation)
    )
    return {row.id: row.payload for row in rows}


def _put_ticket(session: Session, conversation: str, given: GivenTicket) -> str:
    """A ticket out of another conversation of the same person."""
    now = _now()
    row = session.scalars(select(ConversationRow).where(ConversationRow.public_id == conversation)).one()
    row.last_turn += 1
    row.last_seq += 1
    turn = Turn(
        id=f"given-{next(_numbers)}-{row.id}",
        conversation_id=row.id,
        number=row.last_turn,
        state=TurnState.RUNNING,
        payload=None,
        attempts=1,
        owner="test",
        lease_until=None,
        received_at=now,
        ended_at=None,
        outcome=None,
    )
    session.add(turn)
    session.flush()
    session.add(
        Message(
            conversation_id=row.id,
            seq=row.last_seq,
            author=Author.PERSON,
            text=given.summary,
            extras={},
            channel="web",
            external_id=turn.id,
            turn_id=turn.id,
            at=now,
        )
    )
    session.flush()
    type_ = TicketType.INCIDENT if given.type == "incident" else TicketType.SERVICE_REQUEST
    intake = Intake(type=type_, description=given.summary)
    opened = open_ticket_for_turn(session, turn.id, intake=intake, team=TEAM, now=now)
    turn.state = TurnState.DONE
    return opened.number


def _now() -> datetime:
    return datetime.now(UTC)
