"""What viewers of a conversation read: messages since a position, and the status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Row, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from identity.sites.errors import VisitorRefused
from identity.visitors.models import VisitorSession
from identity.visitors.operations import is_going_on
from ticketing.conversations.errors import ConversationNotFound
from ticketing.conversations.logic import Author, Speaker
from ticketing.conversations.models import Conversation, Message
from ticketing.turns.logic import TurnState
from ticketing.turns.models import Turn


@dataclass(frozen=True)
class Line:
    """One message as viewers get it."""

    seq: int
    author: Author
    text: str
    extras: dict[str, Any]
    at: datetime
    # By which its sender knows it; of a person's own lines only.
    client_id: str | None = None


@dataclass(frozen=True)
class ConversationStatus:
    """What is true now beside the messages; `version` grows with every change."""

    version: int
    last_seq: int
    speaker: Speaker
    agent_name: str | None
    language: str
    is_thinking: bool
    # Every turn up to this number has ended.
    turns_done: int


@dataclass(frozen=True)
class News:
    """Everything a viewer at a position has not seen, read in one snapshot."""

    lines: tuple[Line, ...]
    status: ConversationStatus
    # In the queue, while the speaker is WAITING; 1 is next.
    place: int | None = None


# Made once: these two run with every change that anybody watches.
_LINES_SINCE = (
    select(Message.seq, Message.author, Message.text, Message.extras, Message.at, Message.external_id)
    .where(Message.conversation_id == bindparam("conversation"), Message.seq > bindparam("since"))
    .order_by(Message.seq)
    .limit(bindparam("limit", type_=Integer))
)
_FIRST_OPEN = select(func.min(Turn.number)).where(
    Turn.conversation_id == bindparam("conversation"), Turn.state != TurnState.DONE
)
_STATUS = select(
    Conversation.version,
    Conversation.last_seq,
    Conversation.speaker,
    Conversation.agent_name,
    Conversation.language,
    Conversation.last_turn,
    _FIRST_OPEN.scalar_subquery().label("first_open"),
).where(Conversation.id == bindparam("conversation"))
# The same for a visitor: whether it may still read is asked along with what it reads.
_STATUS_FOR_VISITOR = _STATUS.add_columns(
    is_going_on(
        bindparam("visitor", type_=VisitorSession.id.type),
        bindparam("now", type_=VisitorSession.expires_at.type),
    ).label("may_read")
)
_other = aliased(Conversation)
# Up to its own moment along the index, and of that moment itself those with a smaller id.
_PLACE = (
    select(func.count())
    .select_from(Conversation)
    .join(
        _other,
        and_(
            _other.waiting_since.is_not(None),
            _other.waiting_since <= Conversation.waiting_since,
            or_(_other.waiting_since < Conversation.waiting_since, _other.id <= Conversation.id),
        ),
    )
    .where(Conversation.id == bindparam("conversation"))
)


def access_conversation(session: Session, public_id: str, *, person_id: int) -> int:
    """The internal id of this person's conversation; somebody else's does not exist (TRUST WW-1)."""
    found = session.execute(
        select(Conversation.id, Conversation.person_id).where(Conversation.public_id == public_id)
    ).first()
    if found is None or found.person_id != person_id:
        raise ConversationNotFound
    return int(found.id)


def latest_conversation(session: Session, *, person_id: int, site_key: str) -> str | None:
    """Where this person was last, on this site."""
    return session.scalar(
        select(Conversation.public_id)
        .where(Conversation.person_id == person_id, Conversation.site_key == site_key)
        .order_by(Conversation.id.desc())
        .limit(1)
    )


def news_since(session: Session, conversation_id: int, since: int, *, limit: int = 100) -> News:
    """Messages after `since` in order, at most `limit`, the status, and the place of whoever waits."""
    lines = _lines_since(session, conversation_id, since, limit)
    return _news(session, conversation_id, lines, status_of(session, conversation_id))


def news_for_visitor(
    session: Session, conversation_id: int, since: int, *, visitor: str, now: datetime, limit: int = 100
) -> News:
    """The same on behalf of a visitor's session.

    Raises:
        VisitorRefused: the session was ended; nothing said since is for its eyes.
    """
    lines = _lines_since(session, conversation_id, since, limit)
    values = {"conversation": conversation_id, "visitor": visitor, "now": now}
    row = session.execute(_STATUS_FOR_VISITOR, values).one()
    if not row.may_read:
        raise VisitorRefused
    return _news(session, conversation_id, lines, _status(row))


def _lines_since(session: Session, conversation_id: int, since: int, limit: int) -> tuple[Line, ...]:
    values = {"conversation": conversation_id, "since": since, "limit": limit}
    rows = session.execute(_LINES_SINCE, values)
    return tuple(
        Line(seq, author, said, extras, at, _client_id(external_id))
        for seq, author, said, extras, at, external_id in rows
    )


def _news(
    session: Session, conversation_id: int, lines: tuple[Line, ...], status: ConversationStatus
) -> News:
    is_waiting = status.speaker is Speaker.WAITING
    return News(lines, status, queue_position(session, conversation_id) if is_waiting else None)


def _client_id(external_id: str | None) -> str | None:
    # It was recorded below its conversation, where alone it is unique.
    return external_id.partition(":")[2] if external_id else None


def queue_position(session: Session, conversation_id: int) -> int | None:
    """How manieth a waiting conversation is, by when each began to wait; None for one that does not."""
    place = session.scalar(_PLACE, {"conversation": conversation_id})
    return place or None


def status_of(session: Session, conversation_id: int) -> ConversationStatus:
    """The status of a conversation."""
    return _status(session.execute(_STATUS, {"conversation": conversation_id}).one())


def _status(row: Row[Any]) -> ConversationStatus:
    is_thinking = row.first_open is not None
    return ConversationStatus(
        version=row.version,
        last_seq=row.last_seq,
        speaker=row.speaker,
        agent_name=row.agent_name,
        language=row.language,
        is_thinking=is_thinking,
        turns_done=row.first_open - 1 if is_thinking else row.last_turn,
    )


def conversations_of(session: Session, *, person_id: int, site_key: str, limit: int = 100) -> list[str]:
    """Public ids of a person's latest conversations on a site."""
    return list(
        session.scalars(
            select(Conversation.public_id)
            .where(Conversation.person_id == person_id, Conversation.site_key == site_key)
            .order_by(Conversation.id.desc())
            .limit(limit)
        )
    )


def changed_since(session: Session, moment: datetime, *, limit: int = 5_000) -> list[str]:
    """Public ids of conversations that changed at or after a moment: the net under lost doorbells."""
    return list(
        session.scalars(select(Conversation.public_id).where(Conversation.changed_at >= moment).limit(limit))
    )
