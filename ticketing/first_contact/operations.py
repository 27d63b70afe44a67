"""Telling a person what must be told, once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from identity.sites.queries import privacy_of
from ticketing.conversations.ledger import append_message
from ticketing.conversations.logic import Author
from ticketing.conversations.models import Conversation
from ticketing.first_contact.logic import FirstContact, Notice
from ticketing.first_contact.models import NoticeShown

_SHOWN = NoticeShown.metadata.tables[NoticeShown.__tablename__]
_INSERT_ONCE = {
    dialect.__name__.rpartition(".")[2]: dialect.insert(_SHOWN)
    .on_conflict_do_nothing()
    .returning(_SHOWN.c.id)
    for dialect in (sqlite, postgresql)
}


def introduce(
    session: Session, conversation: Conversation, first_contact: FirstContact | None, *, now: datetime
) -> None:
    """Say in the conversation's language what this person has not been told in it on this channel.

    A site that has a privacy notice of its own has that one shown instead of the installation's.
    """
    if first_contact is None:
        return
    for notice in first_contact.on_site(conversation.site_key, privacy_of(session, conversation.site_key)):
        text = notice.texts.get(conversation.language)
        if text is not None and _is_first_time(session, conversation, notice, now):
            extras = {"notice": notice.kind.value}
            append_message(session, conversation, author=Author.DESK, text=text, extras=extras, now=now)


def _is_first_time(session: Session, conversation: Conversation, notice: Notice, now: datetime) -> bool:
    """Note that it is shown; the unique key decides between two conversations opened at once."""
    values = {
        "person_id": conversation.person_id,
        "kind": notice.kind,
        "version": notice.version,
        "language": conversation.language,
        "channel": conversation.channel,
        "conversation_id": conversation.id,
        "at": now,
    }
    insert = _INSERT_ONCE[session.get_bind().dialect.name]
    return session.connection().scalar(insert, values) is not None
