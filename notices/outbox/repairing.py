"""What a person does about things that were not sent: try again, or let them go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from notices.outbox.errors import ParcelSettled, ParcelUnknown
from notices.outbox.models import OutboxItem, OutboxState

MAIL = "mail"
"""The port of letters."""

UNSETTLED = (OutboxState.WAITING, OutboxState.DEAD)


@dataclass(frozen=True)
class ShownParcel:
    """Something in the outbox, without what it says."""

    id: int
    key: str
    port: str
    recipient: str
    subject: str
    state: OutboxState
    attempts: int
    error: str | None
    created_at: datetime
    next_attempt_at: datetime | None
    sent_at: datetime | None


def list_parcels(
    session: Session, *, states: Sequence[OutboxState] = (), limit: int = 50
) -> tuple[ShownParcel, ...]:
    """The newest in these states (in all when none is named)."""
    wanted = select(OutboxItem).order_by(OutboxItem.id.desc()).limit(limit)
    if states:
        wanted = wanted.where(OutboxItem.state.in_(states))
    return tuple(_shown(item) for item in session.scalars(wanted))


def show_parcel(session: Session, parcel_id: int) -> tuple[ShownParcel, str]:
    """One, and its words.

    Raises:
        ParcelUnknown: there is none.
    """
    item = session.get(OutboxItem, parcel_id)
    if item is None:
        raise ParcelUnknown(parcel_id)
    return _shown(item), str(item.payload.get("text", ""))


def forget_words(session: Session, prefix: str, is_meant: Callable[[str], bool]) -> int:
    """Empty whatever has a key that begins so and is meant, whether it was sent or not; what waits is never
    sent. Returns how many.

    The rows stay: their keys are what keeps anything from being sent again.
    """
    wanted = select(OutboxItem).where(_begins(prefix)).with_for_update()
    meant = [item for item in session.scalars(wanted) if item.payload and is_meant(item.key)]
    for item in meant:
        item.payload = {}
        item.recipient = ""
        if item.state in UNSETTLED:
            item.state = OutboxState.DROPPED
    session.flush()
    return len(meant)


def mail_keys(session: Session, prefix: str, is_meant: Callable[[str], bool]) -> tuple[str, ...]:
    """The keys of letters that begin so and are meant, whether they have their words still or not."""
    keys = session.scalars(select(OutboxItem.key).where(_begins(prefix), OutboxItem.port == MAIL))
    return tuple(filter(is_meant, keys))


def resend_parcel(session: Session, parcel_id: int, *, now: datetime) -> ShownParcel:
    """Due at once, with all its attempts before it; under its old key, so a repeat can be recognised.

    Raises:
        ParcelUnknown: there is none.
        ParcelSettled: it was sent or dropped.
    """
    item = _unsettled(session, parcel_id)
    item.state, item.attempts, item.next_attempt_at = OutboxState.WAITING, 0, now
    return _shown(item)


def drop_parcel(session: Session, parcel_id: int) -> ShownParcel:
    """Never to be sent; its words and its recipient go, its key stays, so that it is not written again.

    Raises:
        ParcelUnknown: there is none.
        ParcelSettled: it was sent or dropped.
    """
    item = _unsettled(session, parcel_id)
    item.state, item.payload, item.recipient = OutboxState.DROPPED, {}, ""
    return _shown(item)


def _begins(prefix: str) -> ColumnElement[bool]:
    # A range of the key's index; LIKE would read every row.
    return and_(OutboxItem.key >= prefix, OutboxItem.key < prefix[:-1] + chr(ord(prefix[-1]) + 1))


def _unsettled(session: Session, parcel_id: int) -> OutboxItem:
    item = session.get(OutboxItem, parcel_id, with_for_update=True)
    if item is None:
        raise ParcelUnknown(parcel_id)
    if item.state not in UNSETTLED:
        raise ParcelSettled(parcel_id, item.state.value)
    return item


def _shown(item: OutboxItem) -> ShownParcel:
    return ShownParcel(
        id=item.id,
        key=item.key,
        port=item.port,
        recipient=item.recipient,
        subject=str(item.payload.get("subject", "")),
        state=item.state,
        attempts=item.attempts,
        error=item.error,
        created_at=item.created_at,
        next_attempt_at=item.next_attempt_at if item.state is OutboxState.WAITING else None,
        sent_at=item.sent_at,
    )
