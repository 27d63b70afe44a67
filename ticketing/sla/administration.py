"""What administrators do with service levels; open tickets follow every change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ticketing.calendars.queries import calendar_by_key
from ticketing.groups.logic import why_not_key
from ticketing.sla.asking import why_not_asked
from ticketing.sla.errors import LevelRefused, LevelUnknown
from ticketing.sla.logic import PAUSES, Agreement, Conditions, why_not_targets
from ticketing.sla.models import ServiceLevel
from ticketing.sla.upkeep import renew
from ticketing.tickets.logic import HoldReason


@dataclass(frozen=True)
class KnownLevel:
    """A service level as administrators see it; targets are business minutes."""

    key: str
    agreement: Agreement
    position: int
    is_active: bool
    calendar: str
    conditions: Mapping[str, Any]
    targets: Mapping[str, int]
    pauses: tuple[str, ...]


class LevelChanges(TypedDict, total=False):
    """What is to be different; what is not in it stays. A target of 0 minutes is promised no more."""

    position: int
    is_active: bool
    calendar: str
    conditions: Mapping[str, Any]
    targets: Mapping[str, int]
    pauses: Sequence[str]


def all_levels(session: Session) -> tuple[KnownLevel, ...]:
    """Every level in order; those switched off too."""
    rows = session.scalars(select(ServiceLevel).order_by(ServiceLevel.position, ServiceLevel.key))
    return tuple(_known(row) for row in rows)


def level_by_key(session: Session, key: str) -> KnownLevel:
    """The level with this key.

    Raises:
        LevelUnknown: there is none.
    """
    return _known(_access(session, key))


def add_level(session: Session, key: str, agreement: Agreement, changes: LevelChanges) -> KnownLevel:
    """A new level, after all others unless a position says otherwise.

    Raises:
        LevelRefused, CalendarUnknown: nothing is added.
    """
    if why := why_not_key(key):
        raise LevelRefused(f"{key!r}: {why}")
    if session.get(ServiceLevel, key) is not None:
        raise LevelRefused(f"there is a service level {key!r} already; `guichet sla change` changes it")
    last = session.scalar(select(func.max(ServiceLevel.position))) or 0
    row = ServiceLevel(
        key=key,
        agreement=agreement,
        position=last + 1,
        is_active=True,
        calendar_key="",
        conditions={},
        targets={},
        pauses=sorted(reason.value for reason in PAUSES[agreement]),
    )
    _change(session, row, changes)
    session.add(row)
    renew(session)
    return _known(row)


def change_level(session: Session, key: str, changes: LevelChanges) -> KnownLevel:
    """Bring what is named to the new state.

    Raises:
        LevelUnknown, LevelRefused, CalendarUnknown: nothing is changed.
    """
    row = _access(session, key)
    _change(session, row, changes)
    renew(session)
    return _known(row)


def remove_level(session: Session, key: str) -> KnownLevel:
    """Promise it no more; what was told of it stays on file.

    Raises:
        LevelUnknown: nothing is removed.
    """
    row = _access(session, key)
    known = _known(row)
    session.delete(row)
    renew(session)
    return known


def _access(session: Session, key: str) -> ServiceLevel:
    row = session.get(ServiceLevel, key, with_for_update=True, populate_existing=True)
    if row is None:
        raise LevelUnknown(key)
    return row


def _change(session: Session, row: ServiceLevel, changes: LevelChanges) -> None:
    if "calendar" in changes or not row.calendar_key:
        row.calendar_key = calendar_by_key(session, changes.get("calendar", "office")).key
    if "conditions" in changes:
        conditions = Conditions.read({**row.conditions, **changes["conditions"]})
        if why := why_not_asked(session, conditions):
            raise LevelRefused(why)
        row.conditions = conditions.kept()
    minutes = {**row.targets, **changes.get("targets", {})}
    row.targets = {target: length for target, length in minutes.items() if length}
    if why := why_not_targets(row.agreement, row.targets):
        raise LevelRefused(why)
    if "pauses" in changes:
        row.pauses = _pauses(changes["pauses"])
    row.position = changes.get("position", row.position)
    row.is_active = changes.get("is_active", row.is_active)


def _pauses(reasons: Sequence[str]) -> list[str]:
    possible = [reason.value for reason in HoldReason]
    if unknown := sorted(set(reasons) - set(possible)):
        raise LevelRefused(f"{unknown[0]!r} is no reason of a hold; there are {', '.join(possible)}")
    return sorted(set(reasons))


def _known(row: ServiceLevel) -> KnownLevel:
    return KnownLevel(
        key=row.key,
        agreement=row.agreement,
        position=row.position,
        is_active=row.is_active,
        calendar=row.calendar_key,
        conditions=dict(row.conditions),
        targets=dict(row.targets),
        pauses=tuple(row.pauses),
    )
