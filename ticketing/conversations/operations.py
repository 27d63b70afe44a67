"""What can be done in a conversation: open it, say something, change who speaks."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from notices.texts.catalogue import say
from ticketing.conversations.errors import ButtonRefused, MessageEmpty, MessageTooLong, SpeakerChangeRefused
from ticketing.conversations.ledger import (
    append_message,
    append_reply,
    lock_conversation,
    lock_conversation_of_turn,
    mark_changed,
    record_line,
)
from ticketing.conversations.logic import MESSAGE_CHARACTERS, Author, Reply, Speaker, without_invisible
from ticketing.conversations.masking import Masked, mask_secrets
from ticketing.conversations.models import Conversation, Message, OfferedButton, SpeakerChange
from ticketing.first_contact.logic import FirstContact
from ticketing.first_contact.operations import introduce
from ticketing.languages.logic import LanguageSource, Sighting, language_after
from ticketing.turns.errors import TurnLost
from ticketing.turns.models import Turn
from ticketing.turns.queue import ClaimedTurn, QueuedLine, enqueue_line, hand_over_pending_turns

CHANNEL_WEB = "web"


@dataclass(frozen=True)
class Inbound:
    """One line from outside: a text or a pressed button, with the id its sender gave it."""

    external_id: str
    text: str = ""
    button_id: str | None = None


@dataclass(frozen=True)
class Hearing:
    """How a line is listened to: what it tells of its writer's language, and how long more is waited for."""

    sighting: Sighting | None = None
    window: timedelta = timedelta(0)
    first_contact: FirstContact | None = None


NOTHING_SPECIAL = Hearing()


@dataclass(frozen=True)
class Recorded:
    """What the sender is told: where the line stands, and which turn answers it (none while people speak)."""

    seq: int
    turn: int | None
    is_duplicate: bool
    has_secret: bool = False
    # Until when the turn waits for further lines.
    ready_at: datetime | None = field(default=None, compare=False)
    # For the caller that asked to claim: the turn it has to answer now.
    claimed: ClaimedTurn | None = field(default=None, compare=False)


def open_conversation(
    session: Session,
    *,
    person_id: int,
    site_key: str,
    channel: str,
    language: str,
    now: datetime,
    first_contact: FirstContact | None = None,
) -> str:
    """Start a conversation with the assistant as speaker; returns its public id (128 random bits).

    What the person must be told before the first word is said at once.
    """
    conversation = Conversation(
        public_id=secrets.token_hex(16),
        person_id=person_id,
        site_key=site_key,
        channel=channel,
        language=language,
        language_source=LanguageSource.DEFAULT,
        speaker=Speaker.ASSISTANT,
        agent_name=None,
        last_seq=0,
        last_turn=0,
        version=1,
        opened_at=now,
        changed_at=now,
        heard_at=None,
    )
    session.add(conversation)
    session.flush()
    introduce(session, conversation, first_contact, now=now)
    return conversation.public_id


def receive_message(
    session: Session,
    public_id: str,
    inbound: Inbound,
    *,
    person_id: int,
    now: datetime,
    character_limit: int = MESSAGE_CHARACTERS,
    owner: str | None = None,
    hearing: Hearing = NOTHING_SPECIAL,
) -> Recorded:
    """Record a line and what it asks for, once; the caller acknowledges after the commit and not before.

    The language that a line tells is that of its own answer already.

    Args:
        owner: who claims the line's turn at once, if nothing of the conversation is before it.

    Raises:
        MessageEmpty, MessageTooLong, ButtonRefused, ConversationNotFound: nothing is recorded.
    """
    conversation = lock_conversation(session, public_id, person_id=person_id)
    payload, text = None, inbound.text
    if inbound.button_id is not None:
        earlier = _find_recorded(session, conversation, inbound)
        if earlier is not None:
            return earlier
        payload, text = _press(session, conversation, inbound.button_id, now)
    masked = _storable(text, character_limit, is_typed=inbound.button_id is None)
    external_id = _external_id(conversation, inbound)
    with session.no_autoflush:
        message_id = record_line(session, conversation, masked.text, external_id=external_id, now=now)
        if message_id is None:
            return _recorded_before(session, conversation, inbound)
        recorded = Recorded(conversation.last_seq, None, is_duplicate=False, has_secret=masked.has_secret)
        heard_at, conversation.heard_at = conversation.heard_at, now
        if conversation.speaker is Speaker.ASSISTANT:
            _follow(session, conversation, hearing, now)
            line = QueuedLine(message_id, masked.text, payload, heard_at)
            put = enqueue_line(session, conversation, line, owner=owner, now=now, window=hearing.window)
            recorded = replace(recorded, turn=put.number, ready_at=put.ready_at, claimed=put.claimed)
            mark_changed(conversation, now)
        if masked.has_secret:
            notice = Reply(say("notice_secret_masked", conversation.language).text)
            append_reply(session, conversation, notice, author=Author.DESK, now=now)
    return recorded


def _storable(text: str, character_limit: int, *, is_typed: bool) -> Masked:
    visible = without_invisible(text).strip()
    if not visible:
        raise MessageEmpty
    if len(text) > character_limit:
        raise MessageTooLong(character_limit)
    # A button's title is what the desk itself has written.
    return mask_secrets(visible) if is_typed else Masked(visible, has_secret=False)


def _external_id(conversation: Conversation, inbound: Inbound) -> str:
    # A client's id is only unique within its conversation; another conversation must not be able to take it.
    return f"{conversation.public_id}:{inbound.external_id}"


def _find_recorded(session: Session, conversation: Conversation, inbound: Inbound) -> Recorded | None:
    found = session.execute(
        select(Message.seq, Turn.number)
        .outerjoin(Turn, Turn.id == Message.turn_id)
        .where(
            Message.channel == conversation.channel,
            Message.external_id == _external_id(conversation, inbound),
        )
    ).first()
    return Recorded(found.seq, found.number, is_duplicate=True) if found else None


def _recorded_before(session: Session, conversation: Conversation, inbound: Inbound) -> Recorded:
    found = _find_recorded(session, conversation, inbound)
    if found is None:
        raise RuntimeError("a unique key was violated by something else than a repeated line")
    return found


def _press(session: Session, conversation: Conversation, button_id: str, now: datetime) -> tuple[str, str]:
    """Use a button up; the condition in the update makes the second press lose, whoever else presses."""
    pressed = session.execute(
        update(OfferedButton)
        .where(
            OfferedButton.id == button_id,
            OfferedButton.conversation_id == conversation.id,
            OfferedButton.pressed_at.is_(None),
        )
        .values(pressed_at=now)
        .returning(OfferedButton.payload, OfferedButton.title)
    ).first()
    if pressed is None:
        raise ButtonRefused
    return pressed.payload, pressed.title


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


def _follow(session: Session, conversation: Conversation, hearing: Hearing, now: datetime) -> None:
    """Take up the language that a line tells."""
    language, source = language_after(conversation.language, conversation.language_source, hearing.sighting)
    _speak(session, conversation, language, source, hearing.first_contact, now)


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


def request_handoff(session: Session, public_id: str, *, actor: str, now: datetime) -> None:
    """The assistant, or the person, asks for an agent: from now on nobody answers automatically."""
    conversation = lock_conversation(session, public_id)
    if conversation.speaker is not Speaker.ASSISTANT:
        raise SpeakerChangeRefused("the assistant does not speak in this conversation")
    _change_speaker(session, conversation, Speaker.WAITING, actor=actor, agent_name=None, now=now)


def take_over(session: Session, public_id: str, *, agent_name: str, now: datetime) -> None:
    """An agent speaks from here on; a turn that is being answered will find that out before it commits."""
    conversation = lock_conversation(session, public_id)
    if conversation.speaker is Speaker.AGENT:
        raise SpeakerChangeRefused(f"{conversation.agent_name} has the conversation")
    _change_speaker(session, conversation, Speaker.AGENT, actor=agent_name, agent_name=agent_name, now=now)


def hand_back(
    session: Session,
    public_id: str,
    *,
    actor: str,
    now: datetime,
    first_contact: FirstContact | None = None,
) -> None:
    """The assistant speaks again; the person's next line gets an automatic answer."""
    conversation = lock_conversation(session, public_id)
    if conversation.speaker is Speaker.ASSISTANT:
        raise SpeakerChangeRefused("the assistant has the conversation already")
    _change_speaker(session, conversation, Speaker.ASSISTANT, actor=actor, agent_name=None, now=now)
    introduce(session, conversation, first_contact, now=now)


def write_as_agent(session: Session, public_id: str, text: str, *, agent_name: str, now: datetime) -> int:
    """An agent's line in a conversation that agent holds; returns its sequence number."""
    conversation = lock_conversation(session, public_id)
    if conversation.speaker is not Speaker.AGENT or conversation.agent_name != agent_name:
        raise SpeakerChangeRefused("take the conversation over before you write in it")
    extras = {"agent": agent_name}
    return append_message(session, conversation, author=Author.AGENT, text=text, extras=extras, now=now).seq


def _change_speaker(
    session: Session,
    conversation: Conversation,
    speaker: Speaker,
    *,
    actor: str,
    agent_name: str | None,
    now: datetime,
) -> None:
    session.add(
        SpeakerChange(
            conversation_id=conversation.id,
            after_seq=conversation.last_seq,
            before=conversation.speaker,
            after=speaker,
            actor=actor,
            at=now,
        )
    )
    conversation.speaker, conversation.agent_name = speaker, agent_name
    mark_changed(conversation, now)
    if speaker is not Speaker.ASSISTANT:
        hand_over_pending_turns(session, conversation, now=now)
