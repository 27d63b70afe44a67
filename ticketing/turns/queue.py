"""The queue of turns: a line is put in, a turn is claimed, kept alive, handed back or handed over."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, func, or_, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from identity.people.models import Person
from identity.people.operations import KnownPerson, known
from ticketing.conversations.logic import Author, neutralised
from ticketing.conversations.models import Conversation, Message
from ticketing.gathering.logic import Look, look_of, ready_at, ready_at_after_typing
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
_NEXT_READY = select(func.min(Turn.ready_at)).where(
    Turn.state == TurnState.PENDING, Turn.ready_at > bindparam("now", type_=Turn.ready_at.type)
)
_ASSIGN = update(Message).where(Message.id == bindparam("message")).values(turn_id=bindparam("turn"))


@dataclass(frozen=True)
class QueuedLine:
    """A person's recorded line that asks for an answer; a pressed button has a payload."""

    message_id: int
    text: str
    payload: str | None
    # When the person's line before this one came.
    heard_at: datetime | None = None


@dataclass(frozen=True)
class Enqueued:
    """The turn of a line: its number, until when it waits for more, and itself if it was claimed."""

    number: int
    ready_at: datetime | None
    claimed: ClaimedTurn | None


def enqueue_line(
    session: Session,
    conversation: Conversation,
    line: QueuedLine,
    *,
    owner: str | None,
    now: datetime,
    window: timedelta = timedelta(0),
) -> Enqueued:
    """Put a line into a turn, and claim the turn for the owner if it has nothing to wait for.

    A waiting turn takes further lines in (people write in fragments); a button stands alone. A turn that
    nothing of the conversation is before is claimed here, which saves it a transaction of its own.

    Args:
        window: how long a line that looks unfinished is waited after; 0 for not at all.
    """
    unfinished = _lock_unfinished(session, conversation)
    turn = _waiting_turn(unfinished, conversation) if line.payload is None else None
    if turn is None:
        _end_waiting(unfinished)
        turn = _new_turn(session, conversation, line.payload, now)
        unfinished = [*unfinished, turn]
    turn.ready_at = _ready_at(turn, line, now, window) if window else None
    if owner is not None and turn.ready_at is None and unfinished == [turn]:
        _take(turn, owner, now)
    # The turn first: the line refers to it.
    session.flush()
    session.connection().execute(_ASSIGN, {"message": line.message_id, "turn": turn.id})
    is_claimed = turn.state is TurnState.RUNNING
    claimed = _claimed(session, turn, conversation) if is_claimed else None
    return Enqueued(turn.number, turn.ready_at, claimed)


def _ready_at(turn: Turn, line: QueuedLine, now: datetime, window: timedelta) -> datetime | None:
    look = look_of(line.text) if line.payload is None else Look.FINISHED
    return ready_at(look, now=now, received_at=turn.received_at, heard_at=line.heard_at, window=window)


def _end_waiting(unfinished: Sequence[Turn]) -> None:
    """Whoever presses a button has finished what was said before it."""
    for turn in unfinished:
        turn.ready_at = None


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
        ready_at=None,
        ended_at=None,
        outcome=None,
    )
    session.add(turn)
    return turn


def claim_turns(
    session: Session,
    *,
    owner: str,
    limit: int,
    now: datetime,
    received_before: datetime | None = None,
    running: Collection[str] = (),
) -> list[ClaimedTurn]:
    """Take up to `limit` turns that nobody works on, the longest waiting first, one per conversation.

    A turn whose owner gave no sign of life is taken again with the same id, so that Rasa and the effects
    recognise it.

    Args:
        running: ids of turns that the owner knows it works on: after a standstill its own signs of life are
            late too, and it must not ask the same again beside itself.
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
            or_(
                and_(Turn.state == TurnState.PENDING, or_(Turn.ready_at.is_(None), Turn.ready_at <= now)),
                and_(Turn.lease_until <= now, or_(Turn.owner != owner, Turn.id.not_in(running))),
            ),
            ~earlier_unfinished,
            Turn.received_at < received_before if received_before is not None else true(),
        )
        .order_by(Turn.received_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Turn)
    ).all()
    return [claimed for turn in candidates if (claimed := _claim(session, turn, owner, now))]


def next_ready_at(session: Session, now: datetime) -> datetime | None:
    """When the next turn that waits for further lines has waited enough."""
    return session.scalar(_NEXT_READY, {"now": now})


def wait_while_typing(
    session: Session, public_id: str, *, now: datetime, window: timedelta
) -> datetime | None:
    """The person goes on typing: let the turn that waits wait on; returns until when, None if none waits."""
    turn = session.scalar(
        select(Turn)
        .join(Conversation, Conversation.id == Turn.conversation_id)
        .where(Conversation.public_id == public_id, Turn.state == TurnState.PENDING, Turn.ready_at > now)
        .with_for_update(of=Turn)
    )
    if turn is None or turn.ready_at is None:
        return None
    turn.ready_at = max(turn.ready_at, ready_at_after_typing(now, turn.received_at, window))
    return turn.ready_at


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
