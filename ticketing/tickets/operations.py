"""What a turn in the chat does with tickets: open one, ask for a person, add to one. Each once per turn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from identity.people.models import Person
from ticketing.conversations.errors import SpeakerChangeRefused
from ticketing.conversations.ledger import lock_conversation_row, mark_changed
from ticketing.conversations.logic import Speaker
from ticketing.conversations.models import Conversation, SpeakerChange
from ticketing.effects.operations import EffectKey, once
from ticketing.tickets.access import access_own_ticket
from ticketing.tickets.handling import reply
from ticketing.tickets.intake import Intake
from ticketing.tickets.journal import ASSISTANT, DESK, person
from ticketing.tickets.letters import Team as Team  # its callers know it from here
from ticketing.tickets.letters import tell_team_of_comment
from ticketing.tickets.logic import Status, ticket_number
from ticketing.tickets.merging import reply_to_merged
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
    """The ticket that something was added to, and where it stands."""

    number: str
    summary: str
    status: Status


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
    session: Session, turn_id: str, number_text: str, text: str, *, team: Team, now: datetime
) -> Commented:
    """Write what the person says on one of its own tickets and tell the team: once per turn.

    Raises:
        TurnLost: the turn is not being answered.
        TicketNotFound: no such ticket, or somebody else's.
        TextMissing: there is nothing to write.
    """
    turn, conversation = _access_turn_in_flight(session, turn_id)

    def deed() -> dict[str, Any]:
        return _comment(session, turn, conversation.person_id, number_text, text, team, now)

    result = once(session, EffectKey(turn_id, COMMENT), deed, now=now)
    return Commented(result["number"], result["summary"], Status(result["status"]))


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
    session: Session,
    turn: Turn,
    person_id: int,
    number_text: str,
    text: str,
    team: Team,
    now: datetime,
) -> dict[str, Any]:
    ticket = access_own_ticket(session, person_id, number_text)
    own, requester = ticket, session.get_one(Person, person_id)
    if there := reply_to_merged(session, ticket, text, actor=person(person_id), now=now):
        _, ticket, entry = there
    else:
        entry = reply(session, ticket, text, actor=person(person_id), now=now)
    tell_team_of_comment(session, ticket, requester, team, entry=entry.number, text=text, now=now)
    number = ticket_number(own.type, own.id)
    return {"number": number, "summary": own.summary, "status": own.status.value}
