"""What the desk says in a conversation on its own account, out of the outbox."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from notices.outbox.models import OutboxItem, OutboxState
from notices.outbox.operations import Parcel, mark_sent
from ticketing.conversations.ledger import append_reply, lock_conversation_row, mark_changed
from ticketing.conversations.logic import Author, Reply


def say_in_conversation(session: Session, parcel: Parcel, *, public_url: str, now: datetime) -> str | None:
    """Write the line and mark it as sent, both or neither. Returns the conversation's public id.

    None where somebody else has said it since the parcel was taken.
    """
    item = session.get_one(OutboxItem, parcel.id, with_for_update=True, populate_existing=True)
    if item.state is not OutboxState.WAITING:
        return None
    conversation = lock_conversation_row(session, int(parcel.recipient))
    link = parcel.payload.get("link")
    text = parcel.payload["text"] + (f"\n\n{public_url}{link}" if link else "")
    notice = Reply(text, ticket=parcel.payload["ticket"])
    append_reply(session, conversation, notice, author=Author.DESK, now=now)
    mark_changed(conversation, now)
    mark_sent(session, parcel.id, now=now)
    return conversation.public_id
