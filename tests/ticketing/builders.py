"""What the tests of the ledger start from, and how they look into it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from identity.people.operations import OutsideIdentity, add_anonymous_person, recognise_person
from storage.database import Database
from tests.databases import NOW
from ticketing.conversations.ledger import append_reply, lock_conversation
from ticketing.conversations.logic import Author, Button, Reply, Speaker
from ticketing.conversations.models import Conversation, Message, SpeakerChange
from ticketing.conversations.operations import (
    CHANNEL_WEB,
    Inbound,
    Recorded,
    open_conversation,
    receive_message,
)
from ticketing.tickets.operations import Team
from ticketing.turns.logic import Claim, TurnOutcome, TurnState
from ticketing.turns.models import Turn
from ticketing.turns.operations import finish_turn
from ticketing.turns.queue import ClaimedTurn, claim_turns

TEAM = Team(email="it-desk@example.org", language="en")
ANA = OutsideIdentity(issuer="site:demo:host", subject="ana", name="Ana", email="ana@example.org")

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Talk:
    """A conversation and whose it is."""

    public_id: str
    person_id: int


def a_conversation(db: Database, *, language: str = "en", identity: OutsideIdentity | None = None) -> Talk:
    """An open conversation with the assistant, of a new person or of somebody known."""

    def build(session: Session) -> Talk:
        if identity is None:
            person = add_anonymous_person(session, language=language, now=NOW)
        else:
            person = recognise_person(
                session, identity, language=language, default_language=language, now=NOW
            )
        public_id = open_conversation(
            session, person_id=person.id, site_key="demo", channel=CHANNEL_WEB, language=language, now=NOW
        )
        return Talk(public_id, person.id)

    return db.write(build)


def a_line(text: str = "the printer is on fire", external_id: str | None = None) -> Inbound:
    """A typed line with a client id of its own."""
    return Inbound(external_id or f"line-{next(_numbers)}", text)


def a_press(button_id: str, external_id: str | None = None) -> Inbound:
    """A pressed button with a client id of its own."""
    return Inbound(external_id or f"press-{next(_numbers)}", button_id=button_id)


def say_to(db: Database, talk: Talk, inbound: Inbound | str, *, now: datetime = NOW) -> Recorded:
    """The person of a conversation says something in it."""
    line = a_line(inbound) if isinstance(inbound, str) else inbound
    return db.write(receive_message, talk.public_id, line, person_id=talk.person_id, now=now)


def claim_one(db: Database, *, owner: str = "desk-1", now: datetime = NOW) -> ClaimedTurn:
    """The only turn that can be claimed."""
    [turn] = db.write(claim_turns, owner=owner, limit=8, now=now)
    return turn


def answer(db: Database, claim: Claim, text: str = "Pull the plug.", *, now: datetime = NOW) -> TurnOutcome:
    """The assistant's answer to a claimed turn."""
    return db.write(finish_turn, claim, [Reply(text)], now=now)


def a_button(db: Database, talk: Talk, title: str = "Leave a message", payload: str = "/open_ticket") -> str:
    """A button that the assistant has offered; returns its id."""

    def build(session: Session) -> str:
        conversation = lock_conversation(session, talk.public_id)
        reply = Reply("What now?", buttons=(Button(title, payload),))
        message = append_reply(session, conversation, reply, author=Author.ASSISTANT, now=NOW)
        return str(message.extras["buttons"][0]["id"])

    return db.write(build)


@dataclass(frozen=True)
class Said:
    """One message, with what tests ask of it."""

    seq: int
    author: Author
    text: str
    extras: dict[str, Any]
    turn_id: str | None


@dataclass(frozen=True)
class Queued:
    """One turn, with what tests ask of it."""

    id: str
    number: int
    state: TurnState
    outcome: TurnOutcome | None
    attempts: int


def transcript(db: Database, talk: Talk) -> list[Said]:
    """Everything said in a conversation, in order."""
    return ledger_of(db, talk)[0]


def turns(db: Database, talk: Talk) -> list[Queued]:
    """Every turn of a conversation, in order."""
    return ledger_of(db, talk)[1]


def ledger_of(db: Database, talk: Talk) -> tuple[list[Said], list[Queued]]:
    """Lines and turns of a conversation, each in order, in one snapshot."""

    def look(session: Session) -> tuple[list[Said], list[Queued]]:
        here = select(Conversation.id).where(Conversation.public_id == talk.public_id).scalar_subquery()
        lines = session.execute(
            select(Message.seq, Message.author, Message.text, Message.extras, Message.turn_id)
            .where(Message.conversation_id == here)
            .order_by(Message.seq)
        )
        queue = session.execute(
            select(Turn.id, Turn.number, Turn.state, Turn.outcome, Turn.attempts)
            .where(Turn.conversation_id == here)
            .order_by(Turn.number)
        )
        return [Said(*line) for line in lines], [Queued(*turn) for turn in queue]

    return db.read(look)


def count(db: Database, model: type[Any]) -> int:
    """How many rows a table has."""
    return db.read(lambda session: session.scalar(select(func.count()).select_from(model)) or 0)


def authors(said: Sequence[Said]) -> list[Author]:
    """Who spoke, in order."""
    return [line.author for line in said]


def seqs_within_agent_intervals(db: Database, talk: Talk) -> set[int]:
    """Sequence numbers given while an agent had the word, from the log of who spoke (TRUST RL-7)."""

    def look(session: Session) -> set[int]:
        conversation = lock_conversation(session, talk.public_id)
        changes = session.scalars(
            select(SpeakerChange)
            .where(SpeakerChange.conversation_id == conversation.id)
            .order_by(SpeakerChange.id)
        ).all()
        ends = [*(change.after_seq for change in changes[1:]), conversation.last_seq]
        within: set[int] = set()
        for change, end in zip(changes, ends, strict=False):
            if change.after is Speaker.AGENT:
                within |= set(range(change.after_seq + 1, end + 1))
        return within

    return db.read(look)
