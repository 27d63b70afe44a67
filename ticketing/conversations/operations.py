"""What can be done in a conversation: open it, say something, change who speaks."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from notices.texts.catalogue import say
from ticketing.conversations.errors import ButtonRefused, SpeakerChangeRefused
from ticketing.conversations.language import follow_language
from ticketing.conversations.ledger import (
    append_message,
    append_reply,
    lock_conversation,
    mark_changed,
    record_line,
)
from ticketing.conversations.logic import MESSAGE_CHARACTERS, Author, Reply, Speaker
from ticketing.conversations.masking import Masked
from ticketing.conversations.models import Conversation, Message, OfferedButton, SpeakerChange
from ticketing.conversations.wording import storable, visible
from ticketing.first_contact.logic import FirstContact
from ticketing.first_contact.operations import introduce
from ticketing.languages.logic import LanguageSource, Sighting
from ticketing.pictures.operations import use_picture
from ticketing.turns.models import Turn
from ticketing.turns.queue import ClaimedTurn, QueuedLine, enqueue_line, hand_over_pending_turns

CHANNEL_WEB = "web"


@dataclass(frozen=True)
class Inbound:
    """One line from outside, with the id its sender gave it: a button, or a text, a picture or both."""

    external_id: str
    text: str = ""
    button_id: str | None = None
    picture_id: str | None = None


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
        waiting_since=None,
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

    The language that a line tells is that of its own answer already. A picture alone is no question: the
    desk says so, and nobody is asked for an answer.

    Args:
        owner: who claims the line's turn at once, if nothing of the conversation is before it.

    Raises:
        MessageEmpty, MessageTooLong, ButtonRefused, PictureNotFound, ConversationNotFound: nothing is
            recorded.
    """
    conversation = lock_conversation(session, public_id, person_id=person_id)
    if inbound.button_id is not None or inbound.picture_id is not None:
        # What is used up by the first delivery must not be missed at the second.
        earlier = _find_recorded(session, conversation, inbound)
        if earlier is not None:
            return earlier
    line = _read(session, conversation, inbound, character_limit, now)
    external_id = _external_id(conversation, inbound)
    with session.no_autoflush:
        message_id = record_line(
            session, conversation, line.masked.text, external_id=external_id, extras=line.extras, now=now
        )
        if message_id is None:
            return _recorded_before(session, conversation, inbound)
        recorded = Recorded(conversation.last_seq, None, False, line.masked.has_secret)
        heard_at, conversation.heard_at = conversation.heard_at, now
        if conversation.speaker is Speaker.ASSISTANT:
            if line.is_question:
                follow_language(session, conversation, hearing.sighting, hearing.first_contact, now)
                queued = QueuedLine(message_id, line.masked.text, line.payload, heard_at)
                put = enqueue_line(session, conversation, queued, owner=owner, now=now, window=hearing.window)
                recorded = replace(recorded, turn=put.number, ready_at=put.ready_at, claimed=put.claimed)
                mark_changed(conversation, now)
            else:
                _notify(session, conversation, "notice_picture_kept", now)
        if line.masked.has_secret:
            _notify(session, conversation, "notice_secret_masked", now)
    return recorded


@dataclass(frozen=True)
class _Line:
    """A line as it is kept, and whether it asks for an answer."""

    masked: Masked
    payload: str | None
    extras: dict[str, Any]
    is_question: bool


def _read(
    session: Session, conversation: Conversation, inbound: Inbound, character_limit: int, now: datetime
) -> _Line:
    if inbound.button_id is not None:
        payload, title = _press(session, conversation, inbound.button_id, now)
        # A button's title is what the desk itself has written.
        return _Line(Masked(visible(title, character_limit), has_secret=False), payload, {}, True)
    if inbound.picture_id is None:
        return _Line(storable(inbound.text, character_limit), None, {}, True)
    has_text = bool(inbound.text.strip())
    own = Masked(say("line_picture", conversation.language).text, has_secret=False)
    masked = storable(inbound.text, character_limit) if has_text else own
    file = use_picture(session, inbound.picture_id, conversation, seq=conversation.last_seq + 1)
    return _Line(masked, None, {"file": file}, has_text)


def _notify(session: Session, conversation: Conversation, key: str, now: datetime) -> None:
    notice = Reply(say(key, conversation.language).text)
    append_reply(session, conversation, notice, author=Author.DESK, now=now)


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
    conversation.waiting_since = now if speaker is Speaker.WAITING else None
    mark_changed(conversation, now)
    if speaker is not Speaker.ASSISTANT:
        hand_over_pending_turns(session, conversation, now=now)
