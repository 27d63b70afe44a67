"""The identity of this database as a ledger: clients that resume against another one must start afresh."""

from __future__ import annotations

import secrets

from sqlalchemy import String, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base


class LedgerEpoch(Base):
    """One row: a random name, renewed when a backup is restored (TRUST WW-13)."""

    __tablename__ = "ledger_epoch"

    # Always 1: two processes at their first start cannot both make an epoch.
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    epoch: Mapped[str] = mapped_column(String(32))


def ledger_epoch(session: Session) -> str:
    """The epoch of this database, made at the first start."""
    epoch: str | None = session.scalar(select(LedgerEpoch.epoch))
    if epoch is not None:
        return epoch
    made = secrets.token_hex(8)
    try:
        with session.begin_nested():
            session.add(LedgerEpoch(id=1, epoch=made))
    except IntegrityError:
        theirs: str = session.scalars(select(LedgerEpoch.epoch)).one()
        return theirs
    return made
