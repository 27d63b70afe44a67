"""How a turn ends: answered, if the assistant still has the word (TRUST RL-4, RL-7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from notices.texts.catalogue import say
from ticketing.conversations.ledger import append_reply, lock_conversation_of_turn, mark_changed
from ticketing.conversations.logic import Author, Reply, Speaker
from ticketing.conversations.models import Conversation, Message, SpeakerChange
from ticketing.effects.operations import effects_of
from ticketing.turns.errors import TurnLost
from ticketing.turns.logic import Claim, TurnOutcome, TurnState
from ticketing.turns.models import Turn

# Made once: these run with every answer.
_TURN = select(Turn).where(Turn.id == bindparam("turn")).execution_options(populate_existing=True)
_FIRST_LINE = select(func.min(Message.seq)).where(
    Message.turn_id == bindparam("turn"), Message.author == Author.PERSON
)
_TAKEN = (
    select(SpeakerChange.id)
    .where(
        SpeakerChange.conversation_id == bindparam("conversation"),
        SpeakerChange.after != Speaker.ASSISTANT,
        SpeakerChange.after_seq >= _FIRST_LINE.scalar_subquery(),
        # A turn that asks for a person takes the word from nobody; who comes then is logged apart.
        SpeakerChange.turn_id.is_(None),
    )
    .limit(1)
)


def finish_turn(
    session: Session,
    claim: Claim,
    replies: Sequence[Reply],
    *,
    now: datetime,
    author: Author = Author.ASSISTANT,
    outcome: TurnOutcome = TurnOutcome.ANSWERED,
) -> TurnOutcome:
    """Commit the answer, if the assistant still speaks.

    When a person has taken the conversation over meanwhile, nothing of the answer is said. Whatever the turn
    has caused and no reply speaks of (it was caused by an attempt whose answer got lost) the desk announces.

    Raises:
        TurnLost: another process answers this turn now; nothing is written.
    """
    turn, conversation = _access_turn(session, claim)
    caused = effects_of(session, turn.id)
    if may_answer(session, turn, conversation):
        for reply in replies:
            append_reply(session, conversation, reply, author=author, turn_id=turn.id, now=now)
        told = frozenset(reply.ticket for reply in replies)
    else:
        outcome, told = TurnOutcome.HANDED_OVER, frozenset()
    _announce(
        session,
        conversation,
        turn,
        [effect for effect in caused if effect[1].get("number") not in told],
        outcome,
        now,
    )
    _end(turn, conversation, outcome, now)
    return outcome


def has_next_turn(session: Session, claim: Claim) -> bool:
    """Whether the person has written on while the turn was answered."""
    turn = session.get_one(Turn, claim.turn_id)
    return session.get_one(Conversation, turn.conversation_id).last_turn > turn.number


def may_answer(session: Session, turn: Turn, conversation: Conversation) -> bool:
    """The one question before anything automatic is said: has the assistant had the word ever since?

    A takeover and its end may both fall within one turn; the agent has had the person's words then, and
    a late answer to them would only confuse.
    """
    if conversation.speaker is not Speaker.ASSISTANT:
        return False
    return session.scalar(_TAKEN, {"turn": turn.id, "conversation": conversation.id}) is None


def note_still_working(session: Session, claim: Claim, *, now: datetime) -> bool:
    """Tell the person that the answer takes longer; not while somebody else speaks."""
    turn, conversation = _access_turn(session, claim)
    if not may_answer(session, turn, conversation):
        return False
    notice = Reply(say("notice_still_working", conversation.language).text)
    append_reply(session, conversation, notice, author=Author.DESK, turn_id=turn.id, now=now)
    return True


def _access_turn(session: Session, claim: Claim) -> tuple[Turn, Conversation]:
    """Load and lock the turn and its conversation, if the claim still holds."""
    # The conversation first, as everywhere: two locks taken in one order cannot dead-lock.
    conversation = lock_conversation_of_turn(session, claim.turn_id)
    if conversation is None:
        raise TurnLost(claim.turn_id)
    turn = session.scalars(_TURN, {"turn": claim.turn_id}).one()
    is_ours = turn.owner == claim.owner and turn.attempts == claim.attempt
    if turn.state is not TurnState.RUNNING or not is_ours:
        raise TurnLost(claim.turn_id)
    return turn, conversation


def _announce(
    session: Session,
    conversation: Conversation,
    turn: Turn,
    untold: Sequence[tuple[str, dict[str, Any]]],
    outcome: TurnOutcome,
    now: datetime,
) -> None:
    for name, result in untold:
        key = _announcement(name, result, outcome)
        if key is None:
            continue
        values = {"ticket": result["number"], "email": result.get("email") or ""}
        notice = Reply(say(key, conversation.language, **values).text, ticket=result["number"])
        append_reply(session, conversation, notice, author=Author.DESK, turn_id=turn.id, now=now)


def _announcement(name: str, result: dict[str, Any], outcome: TurnOutcome) -> str | None:
    """The text by which the desk tells of an effect, or None for one that nobody needs to hear of."""
    is_meanwhile = outcome is TurnOutcome.HANDED_OVER
    if name == "comment":
        if result.get("is_reopened"):
            return "notice_ticket_reopened_meanwhile" if is_meanwhile else "utter_ticket_reopened"
        return "notice_comment_added_meanwhile" if is_meanwhile else "utter_comment_added"
    if name != "open_ticket":
        return None
    if is_meanwhile:
        return "notice_ticket_opened_meanwhile"
    key = "utter_handed_to_people" if result.get("asks_person") else "utter_ticket_opened"
    return key if result["email"] else f"{key}_anonymous"


def _end(turn: Turn, conversation: Conversation, outcome: TurnOutcome, now: datetime) -> None:
    turn.state, turn.outcome, turn.ended_at = TurnState.DONE, outcome, now
    turn.owner, turn.lease_until = None, None
    mark_changed(conversation, now)
