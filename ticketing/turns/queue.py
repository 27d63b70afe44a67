"""The queue of turns: a line is put in, a turn is claimed, kept alive, handed back or handed over."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, or_, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from identity.people.models import Person
from identity.people.operations import KnownPerson, known
from ticketing.conversations.logic import Author, neutralised
from ticketing.conversations.models import Conversation, Message
from ticketing.turns.logic import LEASE, Claim, TurnOutcome, TurnState
from ticketing.turns.models import Turn


@dataclass(frozen=True)
class ClaimedTurn:
    """A turn to answer, with everything needed to answer it."""

    claim: Claim
    conversation: str
    conversation_id: int
    number: int
    person: KnownPerson
    language: str
    text: str
    payload: str | None
    received_at: datetime


# Made once: these run with every line.
_UNFINISHED = (
    select(Turn)
    .where(Turn.conversation_id == bindparam("conversation"), Turn.state != TurnState.DONE)
    .order_by(Turn.number)
    .with_for_update()
)
_ASSIGN = update(Message).where(Message.id == bindparam("message")).values(turn_id=bindparam("turn"))


@dataclass(frozen=True)
class QueuedLine:
    """A person's recorded line that asks for an answer; a pressed button has a payload."""

    message_id: int
    text: str
    payload: str | None


def enqueue_line(
    session: Session, conversation: Conversation, line: QueuedLine, *, owner: str | None, now: datetime
) -> tuple[int, ClaimedTurn | None]:
    """Put a line into a turn; returns the turn's number, and the turn if it was claimed for the owner.

    A waiting turn takes further lines in (people write in fragments); a button stands alone. A turn that
    nothing of the conversation is before is claimed here, which saves it a transaction of its own.
    """
    unfinished = _lock_unfinished(session, conversation)
    turn = _waiting_turn(unfinished, conversation) if line.payload is None else None
    if turn is None:
        turn = _new_turn(session, conversation, line.payload, now)
        unfinished = [*unfinished, turn]
    if owner is not None and unfinished == [turn]:
        _take(turn, owner, now)
    # The turn first: the line refers to it.
    session.flush()
    session.connection().execute(_ASSIGN, {"message": line.message_id, "turn": turn.id})
    if turn.state is not TurnState.RUNNING:
        return turn.number, None
    return turn.number, _claimed(session, turn, conversation)


def _lock_unfinished(session: Session, conversation: Conversation) -> list[Turn]:
    # Locked: a claim that is being made right now must either see the new line or leave the turn to us.
    return list(session.scalars(_UNFINISHED, {"conversation": conversation.id}))


def _waiting_turn(unfinished: Sequence[Turn], conversation: Conversation) -> Turn | None:
    last = unfinished[-1] if unfinished else None
    if last is None or last.number != conversation.last_turn or last.payload is not None:
        return None
    return last if last.state is TurnState.PENDING else None


def _new_turn(session: Session, conversation: Conversation, payload: str | None, now: datetime) -> Turn:
    conversation.last_turn += 1
    turn = Turn(
        id=secrets.token_hex(16),
        conversation_id=conversation.id,
        number=conversation.last_turn,
        state=TurnState.PENDING,
        payload=payload,
        attempts=0,
        owner=None,
        lease_until=None,
        received_at=now,
        ended_at=None,
        outcome=None,
    )
    session.add(turn)
    return turn


def claim_turns(
    session: Session, *, owner: str, limit: int, now: datetime, received_before: datetime | None = None
) -> list[ClaimedTurn]:
    """Take up to `limit` turns that nobody works on, the longest waiting first, one per conversation.

    A turn whose owner gave no sign of life is taken again with the same id, so that Rasa and the effects
    recognise it.
    """
    other = aliased(Turn)
    earlier_unfinished = (
        select(other.id)
        .where(
            other.conversation_id == Turn.conversation_id,
            other.state != TurnState.DONE,
            other.number < Turn.number,
        )
        .exists()
    )
    candidates = session.scalars(
        select(Turn)
        .join(Conversation, Conversation.id == Turn.conversation_id)
        .where(
            Turn.state != TurnState.DONE,
            or_(Turn.state == TurnState.PENDING, Turn.lease_until <= now),
            ~earlier_unfinished,
            Turn.received_at < received_before if received_before is not None else true(),
        )
        .order_by(Turn.received_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Turn)
    ).all()
    return [claimed for turn in candidates if (claimed := _claim(session, turn, owner, now))]


def _claim(session: Session, turn: Turn, owner: str, now: datetime) -> ClaimedTurn | None:
    try:
        with session.begin_nested():
            _take(turn, owner, now)
    except IntegrityError:
        # Another process runs an earlier turn of this conversation.
        return None
    return _claimed(session, turn, session.get_one(Conversation, turn.conversation_id))


def _take(turn: Turn, owner: str, now: datetime) -> None:
    turn.state, turn.owner, turn.lease_until = TurnState.RUNNING, owner, now + LEASE
    turn.attempts += 1


def _claimed(session: Session, turn: Turn, conversation: Conversation) -> ClaimedTurn:
    person = session.get_one(Person, conversation.person_id)
    return ClaimedTurn(
        claim=Claim(turn.id, turn.owner or "", turn.attempts),
        conversation=conversation.public_id,
        conversation_id=conversation.id,
        number=turn.number,
        person=known(person),
        language=conversation.language,
        text=_text_of(session, turn),
        payload=turn.payload,
        received_at=turn.received_at,
    )


def _text_of(session: Session, turn: Turn) -> str:
    lines = session.scalars(
        select(Message.text)
        .where(Message.turn_id == turn.id, Message.author == Author.PERSON)
        .order_by(Message.seq)
    )
    return neutralised("\n".join(lines))


def renew_leases(
    session: Session, *, owner: str, now: datetime, turn_ids: Collection[str] | None = None
) -> int:
    """Sign of life for what this process works on, all of it or these turns; returns how many that is."""
    mine = true() if turn_ids is None else Turn.id.in_(turn_ids)
    renewed = session.execute(
        update(Turn)
        .where(Turn.owner == owner, Turn.state == TurnState.RUNNING, mine)
        .values(lease_until=now + LEASE)
        .execution_options(synchronize_session=False)
    )
    return int(renewed.rowcount)  # type: ignore[attr-defined]


def release_turns(session: Session, *, owner: str, now: datetime) -> None:
    """Hand back what this process works on, at an orderly stop: the next process need not wait."""
    session.execute(
        update(Turn).where(Turn.owner == owner, Turn.state == TurnState.RUNNING).values(lease_until=now)
    )


def hand_over_pending_turns(session: Session, conversation: Conversation, *, now: datetime) -> None:
    """What waits for the assistant is answered by a person now."""
    session.execute(
        update(Turn)
        .where(Turn.conversation_id == conversation.id, Turn.state == TurnState.PENDING)
        .values(state=TurnState.DONE, outcome=TurnOutcome.HANDED_OVER, ended_at=now)
    )
