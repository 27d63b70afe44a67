"""The two things every write to a conversation does: lock it, and give a message its place."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ticketing.conversations.errors import ConversationNotFound
from ticketing.conversations.logic import Author, Button, Reply
from ticketing.conversations.models import Conversation, Message, OfferedButton
from ticketing.turns.models import Turn

# Made once: these run with every line, and making a statement costs as much as running it.
_LOCKED = select(Conversation).with_for_update().execution_options(populate_existing=True)
_BY_PUBLIC_ID = _LOCKED.where(Conversation.public_id == bindparam("public_id"))
_BY_ID = _LOCKED.where(Conversation.id == bindparam("id"))
_BY_TURN = _LOCKED.where(
    Conversation.id == select(Turn.conversation_id).where(Turn.id == bindparam("turn")).scalar_subquery()
)
_MESSAGES = Message.metadata.tables[Message.__tablename__]
_INSERT_ONCE = {
    dialect.__name__.rpartition(".")[2]: dialect.insert(_MESSAGES)
    .on_conflict_do_nothing()
    .returning(_MESSAGES.c.id)
    for dialect in (sqlite, postgresql)
}


def lock_conversation(session: Session, public_id: str, *, person_id: int | None = None) -> Conversation:
    """Load and lock a conversation, of this person if one is named: somebody else's does not exist."""
    conversation = session.scalar(_BY_PUBLIC_ID, {"public_id": public_id})
    if conversation is None or (person_id is not None and conversation.person_id != person_id):
        raise ConversationNotFound
    return conversation


def lock_conversation_row(session: Session, conversation_id: int) -> Conversation:
    """The same by its internal id."""
    return session.scalars(_BY_ID, {"id": conversation_id}).one()


def lock_conversation_of_turn(session: Session, turn_id: str) -> Conversation | None:
    """The same by one of its turns."""
    return session.scalar(_BY_TURN, {"turn": turn_id})


def append_message(
    session: Session,
    conversation: Conversation,
    *,
    author: Author,
    text: str,
    now: datetime,
    extras: dict[str, Any] | None = None,
    turn_id: str | None = None,
) -> Message:
    """Write the next message; its sequence number is given in this very transaction, so there are no gaps."""
    message = Message(
        conversation_id=conversation.id,
        seq=conversation.last_seq + 1,
        author=author,
        text=text,
        extras=extras or {},
        channel=conversation.channel,
        external_id=None,
        turn_id=turn_id,
        at=now,
    )
    session.add(message)
    conversation.last_seq = message.seq
    conversation.changed_at = now
    return message


def record_line(
    session: Session,
    conversation: Conversation,
    text: str,
    *,
    external_id: str,
    now: datetime,
    extras: dict[str, Any] | None = None,
) -> int | None:
    """Write a person's line as the next message, unless it is there already; returns its id, or None.

    The unique key on (channel, external id) decides, and nothing beside it is asked.
    """
    values = {
        "conversation_id": conversation.id,
        "seq": conversation.last_seq + 1,
        "author": Author.PERSON,
        "text": text,
        "extras": extras or {},
        "channel": conversation.channel,
        "external_id": external_id,
        "turn_id": None,
        "at": now,
    }
    insert = _INSERT_ONCE[session.get_bind().dialect.name]
    message_id: int | None = session.connection().scalar(insert, values)
    if message_id is not None:
        conversation.last_seq += 1
        conversation.changed_at = now
    return message_id


def append_reply(
    session: Session,
    conversation: Conversation,
    reply: Reply,
    *,
    author: Author,
    now: datetime,
    turn_id: str | None = None,
) -> Message:
    """Write what the assistant or the desk says, and remember what its buttons mean."""
    extras = reply.extras()
    if reply.buttons:
        extras["buttons"] = _offer(session, conversation, reply.buttons)
    return append_message(
        session, conversation, author=author, text=reply.text, extras=extras, turn_id=turn_id, now=now
    )


def mark_changed(conversation: Conversation, now: datetime) -> None:
    """Let every viewer know that the status is not what it was."""
    conversation.version += 1
    conversation.changed_at = now


def _offer(session: Session, conversation: Conversation, buttons: Sequence[Button]) -> list[dict[str, str]]:
    offered = []
    for button in buttons:
        row = OfferedButton(
            id=secrets.token_hex(8),
            conversation_id=conversation.id,
            title=button.title,
            payload=button.payload,
            pressed_at=None,
        )
        session.add(row)
        offered.append({"id": row.id, "title": row.title})
    return offered
