"""What a turn in the chat does with tickets: open one, ask for a person, add to one. Each once per turn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from ticketing.conversations.errors import SpeakerChangeRefused
from ticketing.conversations.ledger import lock_conversation_row, mark_changed
from ticketing.conversations.logic import Speaker
from ticketing.conversations.models import Conversation, SpeakerChange
from ticketing.effects.operations import EffectKey, once
from ticketing.tickets.access import access_own_ticket
from ticketing.tickets.adding import add_words, reopen
from ticketing.tickets.intake import Intake
from ticketing.tickets.journal import ASSISTANT, DESK
from ticketing.tickets.letters import Team as Team  # its callers know it from here
from ticketing.tickets.logic import REOPEN_WINDOW, Status, may_reopen, ticket_number
from ticketing.tickets.models import Ticket
from ticketing.tickets.opening import open_ticket
from ticketing.tickets.priority import Priority
from ticketing.turns.errors import TurnLost
from ticketing.turns.logic import TurnState
from ticketing.turns.models import Turn
from ticketing.turns.operations import may_answer

OPEN_TICKET = "open_ticket"
COMMENT = "comment"


@dataclass(frozen=True)
class Opened:
    """The ticket's number, what became of it, and whether an answer can reach the requester by mail.

    Args:
        group: its name in the conversation's language.
    """

    number: str
    email: str | None
    priority: Priority
    group: str


@dataclass(frozen=True)
class Commented:
    """The ticket that something was added to, where it stands, and whether that has reopened it."""

    number: str
    summary: str
    status: Status
    is_reopened: bool = False


def open_ticket_for_turn(
    session: Session,
    turn_id: str,
    *,
    intake: Intake | None = None,
    team: Team,
    now: datetime,
    actor: str = ASSISTANT,
) -> Opened:
    """Put on file what was asked for, or else what the person wrote, and tell the team: once per turn.

    Raises:
        TurnLost: the turn is not being answered; only a turn in flight may cause anything.
    """
    turn, conversation = _access_turn_in_flight(session, turn_id)
    request = intake or Intake()

    def deed() -> dict[str, Any]:
        return open_ticket(
            session, turn, conversation, request, team, actor=actor, asks_person=False, now=now
        )

    return _opened(once(session, EffectKey(turn_id, OPEN_TICKET), deed, now=now))


def hand_off_for_turn(
    session: Session, turn_id: str, *, intake: Intake | None = None, team: Team, now: datetime
) -> Opened:
    """Ask for a person. While no agent is online that is a ticket, and the assistant goes on: once per turn.

    The log of speakers shows both changes, marked with the turn: its answer is still said, and what waits for
    the assistant goes on waiting for it.

    Raises:
        TurnLost: the turn is not being answered.
        SpeakerChangeRefused: somebody has taken the conversation over since the turn began.
    """
    turn, conversation = _access_turn_in_flight(session, turn_id)
    request = intake or Intake()

    def deed() -> dict[str, Any]:
        if not may_answer(session, turn, conversation):
            raise SpeakerChangeRefused("the conversation has been taken over")
        _ask_for_agent(session, turn, conversation, now)
        return open_ticket(
            session, turn, conversation, request, team, actor=ASSISTANT, asks_person=True, now=now
        )

    return _opened(once(session, EffectKey(turn_id, OPEN_TICKET), deed, now=now))


def add_comment_for_turn(
    session: Session,
    turn_id: str,
    number_text: str,
    text: str,
    *,
    team: Team,
    now: datetime,
    window: timedelta = REOPEN_WINDOW,
) -> Commented:
    """Write what the person says on one of its own tickets and tell the team: once per turn.

    What is said of a finished one reopens it.

    Args:
        window: how long after its resolution it does.

    Raises:
        TurnLost: the turn is not being answered.
        TicketNotFound: no such ticket, or somebody else's.
        ReplyNotAllowed: nobody works on it any more, and it cannot be reopened.
        TextMissing: there is nothing to write.
    """
    _, conversation = _access_turn_in_flight(session, turn_id)

    def deed() -> dict[str, Any]:
        own = access_own_ticket(session, conversation.person_id, number_text)
        return _comment(session, own, text, team, window, now)

    result = once(session, EffectKey(turn_id, COMMENT), deed, now=now)
    # A turn that an older version has begun recorded less.
    is_reopened = result.get("is_reopened", False)
    return Commented(result["number"], result["summary"], Status(result["status"]), is_reopened)


def _access_turn_in_flight(session: Session, turn_id: str) -> tuple[Turn, Conversation]:
    turn = session.get(Turn, turn_id)
    if turn is None:
        raise TurnLost(turn_id)
    # The conversation first, as everywhere. An action that is still busy when its turn is settled would
    # otherwise wait for the settlement, and the settlement for it; and a ticket could appear after its turn
    # has ended, when nobody announces it any more.
    conversation = lock_conversation_row(session, turn.conversation_id)
    session.refresh(turn)
    if turn.state is not TurnState.RUNNING:
        raise TurnLost(turn_id)
    return turn, conversation


def _opened(result: dict[str, Any]) -> Opened:
    # A turn that an older version has begun recorded less.
    priority = Priority(result.get("priority", Priority.P4.value))
    return Opened(result["number"], result["email"], priority, result.get("group", ""))


def _ask_for_agent(session: Session, turn: Turn, conversation: Conversation, now: datetime) -> None:
    """The assistant asks for an agent, and the desk, where none is online, gives the word back at once."""
    steps = (
        (Speaker.ASSISTANT, Speaker.WAITING, ASSISTANT),
        (Speaker.WAITING, Speaker.ASSISTANT, DESK),
    )
    for before, after, actor in steps:
        session.add(
            SpeakerChange(
                conversation_id=conversation.id,
                after_seq=conversation.last_seq,
                before=before,
                after=after,
                actor=actor,
                turn_id=turn.id,
                at=now,
            )
        )
        session.flush()
    mark_changed(conversation, now)


def _comment(
    session: Session, own: Ticket, text: str, team: Team, window: timedelta, now: datetime
) -> dict[str, Any]:
    can_reopen = own.merged_into_id is None and may_reopen(
        own.status, resolved_at=own.resolved_at, now=now, window=window
    )
    if can_reopen:
        reopen(session, own, text, team=team, window=window, now=now)
    else:
        add_words(session, own, text, team=team, now=now)
    return {
        "number": ticket_number(own.type, own.id),
        "summary": own.summary,
        "status": own.status.value,
        "is_reopened": can_reopen,
    }
