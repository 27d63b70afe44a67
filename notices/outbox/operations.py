"""The outbox: written with the decision, sent at least once, with back-off, then a dead letter (RL-6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from notices.outbox.logic import CLAIM, KEPT, is_dead, next_delay
from notices.outbox.models import IS_KEPT, IS_WAITING, OutboxItem, OutboxState

FORGOTTEN_AT_ONCE = 500


@dataclass(frozen=True)
class Parcel:
    """One thing to send; `key` is the same at every try, so the other side can recognise a repeat."""

    id: int
    key: str
    port: str
    recipient: str
    payload: dict[str, Any]
    attempts: int
    created_at: datetime


def parcel_of(item: OutboxItem) -> Parcel:
    """The frozen value of a row."""
    return Parcel(item.id, item.key, item.port, item.recipient, item.payload, item.attempts, item.created_at)


def put_in_outbox(
    session: Session, *, key: str, port: str, recipient: str, payload: dict[str, Any], now: datetime
) -> None:
    """Decide to send something; writing the same key twice changes nothing."""
    item = OutboxItem(
        key=key,
        port=port,
        recipient=recipient,
        payload=payload,
        state=OutboxState.WAITING,
        attempts=0,
        next_attempt_at=now,
        error=None,
        created_at=now,
        sent_at=None,
    )
    try:
        with session.begin_nested():
            session.add(item)
    except IntegrityError:
        return


def has_waiting(session: Session, *, now: datetime) -> bool:
    """Whether anything is due; a read, so that an idle desk writes nothing."""
    due = select(OutboxItem.id).where(text(IS_WAITING), OutboxItem.next_attempt_at <= now)
    return session.scalar(due.limit(1)) is not None


def claim_parcels(session: Session, *, now: datetime, limit: int = 20) -> list[Parcel]:
    """Take what has been due longest, in the order in which it was written.

    If the taker dies, it is due again a little later, as often as any other failure.
    """
    longest_due = session.scalars(
        select(OutboxItem)
        .where(text(IS_WAITING), OutboxItem.next_attempt_at <= now)
        # Along the index. By number alone, SQLite would walk through all that was ever sent.
        .order_by(OutboxItem.next_attempt_at, OutboxItem.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    items = sorted(longest_due, key=lambda item: item.id)
    worn_out = [item for item in items if is_dead(item.attempts)]
    for item in worn_out:
        item.state, item.error = OutboxState.DEAD, item.error or "none of its senders came back"
    taken = [item for item in items if not is_dead(item.attempts)]
    for item in taken:
        item.attempts += 1
        item.next_attempt_at = now + CLAIM
    return [parcel_of(item) for item in taken]


def mark_sent(session: Session, parcel_id: int, *, now: datetime) -> None:
    """The other side has it."""
    item = session.get_one(OutboxItem, parcel_id, with_for_update=True)
    item.state, item.sent_at, item.error = OutboxState.SENT, now, None


def mark_failed(session: Session, parcel_id: int, *, why: str, now: datetime, is_final: bool = False) -> bool:
    """Try again later, or give up: after the last attempt, or when another one would be in vain (`is_final`).

    Returns whether it was given up.
    """
    item = session.get_one(OutboxItem, parcel_id, with_for_update=True)
    if item.state is not OutboxState.WAITING:
        return False  # a slow taker reports a failure after another one has sent it
    item.error = why[:200]
    if is_final or is_dead(item.attempts):
        item.state = OutboxState.DEAD
        return True
    item.next_attempt_at = now + next_delay(item.attempts)
    return False


def forget_old(session: Session, *, now: datetime, limit: int = FORGOTTEN_AT_ONCE) -> int:
    """Empty what was written long ago and does not wait: its words and whose address it was for.

    The row stays: its key is what keeps anything from being sent again. What was given up is dropped, as
    there is nothing left to send. Called until it returns 0; returns how many.
    """
    old = session.scalars(
        select(OutboxItem.id)
        .where(text(IS_KEPT), OutboxItem.created_at < now - KEPT)
        .order_by(OutboxItem.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    these = update(OutboxItem).where(OutboxItem.id.in_(old))
    session.execute(these.where(OutboxItem.state == OutboxState.DEAD).values(state=OutboxState.DROPPED))
    session.execute(these.values(payload={}, recipient=""))
    return len(old)


def outbox_trouble(session: Session) -> tuple[int, str] | None:
    """How many parcels wait because an attempt failed, and why the newest of them did; None if none does."""
    failing = (OutboxItem.state == OutboxState.WAITING, OutboxItem.error.is_not(None))
    newest = session.scalar(select(OutboxItem.error).where(*failing).order_by(OutboxItem.id.desc()).limit(1))
    if newest is None:
        return None
    return session.scalar(select(func.count()).select_from(OutboxItem).where(*failing)) or 0, newest


def outbox_counts(session: Session) -> dict[OutboxState, int]:
    """How many items are in each state."""
    rows = session.execute(select(OutboxItem.state, func.count()).group_by(OutboxItem.state))
    return dict.fromkeys(OutboxState, 0) | {row[0]: row[1] for row in rows}
