"""The last resort for a turn that nothing could answer: an honest apology, with a ticket."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from notices.texts.catalogue import say
from ticketing.conversations.ledger import lock_conversation_row
from ticketing.conversations.logic import Author, Reply
from ticketing.tickets.journal import DESK
from ticketing.tickets.operations import Team, open_ticket_for_turn
from ticketing.turns.logic import Claim, TurnOutcome
from ticketing.turns.models import Turn
from ticketing.turns.operations import finish_turn, may_answer


def settle_turn(session: Session, claim: Claim, *, team: Team, now: datetime) -> TurnOutcome:
    """Apologise, put the person's words on file, end the turn.

    Raises:
        TurnLost: another process answers the turn now.
    """
    turn = session.get_one(Turn, claim.turn_id)
    conversation = lock_conversation_row(session, turn.conversation_id)
    replies = []
    if may_answer(session, turn, conversation):
        opened = open_ticket_for_turn(session, claim.turn_id, team=team, now=now, actor=DESK)
        text = say("notice_apology", conversation.language, ticket=opened.number).text
        replies = [Reply(text, ticket=opened.number)]
    return finish_turn(session, claim, replies, now=now, author=Author.DESK, outcome=TurnOutcome.APOLOGISED)
