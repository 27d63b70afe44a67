"""Which language a conversation goes on in: the one its lines tell, until the person has chosen one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from ticketing.conversations.ledger import lock_conversation, lock_conversation_of_turn, mark_changed
from ticketing.conversations.logic import Speaker
from ticketing.conversations.models import Conversation
from ticketing.first_contact.logic import FirstContact
from ticketing.first_contact.operations import introduce
from ticketing.languages.logic import LanguageSource, Sighting, language_after
from ticketing.turns.errors import TurnLost


def set_language(
    session: Session,
    public_id: str,
    language: str,
    *,
    person_id: int,
    now: datetime,
    chosen: bool = True,
    first_contact: FirstContact | None = None,
) -> None:
    """Go on in another language.

    Args:
        chosen: the person has asked for it, and nothing that is written changes it any more; otherwise it is
            what a page or browser is set to, which counts until the person has written.
    """
    conversation = lock_conversation(session, public_id, person_id=person_id)
    if chosen:
        _speak(session, conversation, language, LanguageSource.CHOSEN, first_contact, now)
    elif conversation.language_source is LanguageSource.DEFAULT:
        _speak(session, conversation, language, LanguageSource.DEFAULT, first_contact, now)


def choose_language_for_turn(
    session: Session,
    turn_id: str,
    language: str,
    now: datetime,
    *,
    first_contact: FirstContact | None = None,
) -> bool:
    """Go on in the language that a turn's person has asked for; False if it was that one already.

    Raises:
        TurnLost: there is no such turn.
    """
    conversation = lock_conversation_of_turn(session, turn_id)
    if conversation is None:
        raise TurnLost(turn_id)
    has_changed = conversation.language != language
    _speak(session, conversation, language, LanguageSource.CHOSEN, first_contact, now)
    return has_changed


def follow_language(
    session: Session,
    conversation: Conversation,
    sighting: Sighting | None,
    first_contact: FirstContact | None,
    now: datetime,
) -> None:
    """Take up the language that a line tells."""
    language, source = language_after(conversation.language, conversation.language_source, sighting)
    _speak(session, conversation, language, source, first_contact, now)


def _speak(
    session: Session,
    conversation: Conversation,
    language: str,
    source: LanguageSource,
    first_contact: FirstContact | None,
    now: datetime,
) -> None:
    conversation.language_source = source
    if conversation.language == language:
        return
    conversation.language = language
    mark_changed(conversation, now)
    if conversation.speaker is Speaker.ASSISTANT:
        # While an agent speaks, "this is a machine" would be wrong.
        introduce(session, conversation, first_contact, now=now)
